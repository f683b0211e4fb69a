"""Property: whatever the line loses, repeats or delays, everything is stored once, in the order of the calls."""

import json
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from client.events import Message
from client.lanes import Request
from client.outgoing import Timing
from client.session import Session
from tests.unit.client_rig import Model, error, live

OWN = {"s": "send", "e": "edit", "g": "group.add"}
FAILURES = (
    error(None, "retry_later", True, after=200),
    error(None, "unavailable", True),
    error(None, "rate_limited", True, 90),
)

SCRIPTS = st.lists(st.sampled_from("ssssegs......mmcd"), min_size=10, max_size=80)
"""s: the user sends; e: edits; g: adds somebody to a group; m: somebody writes to the user; c: the line is cut;
d: old live frames repeat; . time passes."""


class Line:
    """A session and a model with dice between them, on a virtual clock."""

    def __init__(self, seed: int, loss: float, failures: float) -> None:
        self.dice = random.Random(seed)
        self.loss = loss
        self.model = Model(page=3)
        self.model.refuse = lambda _: self.dice.choice(FAILURES) if self.dice.random() < failures else None
        self.session = Session("alice", timing=Timing(ack=1.0, ack_cap=4.0), rng=random.Random(seed))
        self.now = 0.0
        self.shown: list[str] = []
        self.requests: list[Request] = []
        self.late: list[str] = []

    def step(self) -> None:
        """One moment: frames go out and may be lost, replies come back and may be lost, repeated or late."""
        for text in self.session.take_frames():
            if self.dice.random() < self.loss:
                continue
            replies = [
                json.dumps(self.model.answer("alice", text)) for _ in range(1 + (self.dice.random() < self.loss))
            ]
            self.late += [reply for reply in replies if self.dice.random() >= self.loss]
        self.dice.shuffle(self.late)
        while self.late and self.dice.random() < 0.8:
            self.session.received(self.late.pop(), self.now)
        self.shown += [each.client_id for each in self.session.take_events() if isinstance(each, Message)]
        if self.session.deadline is not None and not self.late:
            self.now = max(self.now + 0.001, min(self.session.deadline, self.now + 1.0))
            self.session.tick(self.now)
            # A deadline that `tick` does not clear would make the client spin.
            assert self.session.deadline is None or self.session.deadline > self.now

    def settle(self) -> Request:
        """Fair weather until nothing is pending and a last sync is answered."""
        self.loss, self.model.refuse = 0.0, lambda _: None
        last = Request("sync", {})
        self.session.submit(last, self.now)
        for _ in range(3_000):
            if last.reply is not None and not self.session.pending:
                break
            self.step()
        return last

    def cut(self) -> None:
        self.session.closed()
        self.late.clear()
        self.now += 1.0
        self.session.opened(self.now)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 0.5), st.floats(0, 0.4), SCRIPTS)
def test_all_is_stored_once_in_order_and_shown_once(seed: int, loss: float, failures: float, script: list[str]):
    line = Line(seed, loss, failures)
    line.session.opened(0.0)
    for n, what in enumerate(script):
        if what in OWN:
            request = Request(
                OWN[what], {"client_id": f"out{n}", "text": f"{n}"} | ({"to": "bob"} if what == "s" else {})
            )
            line.requests.append(request)
            line.session.submit(request, line.now)
        elif what == "m":
            line.model.refuse, kept = (lambda _: None), line.model.refuse
            line.model.answer(
                "bob", json.dumps({"action": "send", "id": "1", "client_id": f"in{n}", "to": "alice", "text": "x"})
            )
            line.model.refuse = kept
            if line.dice.random() < 0.5:
                line.session.received(live(line.model.mailboxes["alice"][-1]), line.now)
        elif what == "c":
            line.cut()
        elif what == "d":
            line.session.received(live(*line.model.mailboxes.get("alice", [])[-3:]), line.now)
        if what not in OWN:
            line.step()
    last = line.settle()
    assert last.reply is not None
    assert all(request.reply is not None for request in line.requests)
    assert [key for user, key, _ in line.model.log if user == "alice"] == [
        request.fields["client_id"] for request in line.requests
    ]
    expected = [event["client_id"] for event in line.model.mailboxes.get("alice", [])]
    assert sorted(line.shown) == sorted(expected)
    if expected:
        conversation = line.model.mailboxes["alice"][0]["conversation"]
        incoming = [each for each in line.session.inbox.display.messages(conversation) if each.sender == "bob"]
        assert [each.client_id for each in incoming] == expected
        newest = max(int(event["arrival"][:13]) for event in line.model.mailboxes["alice"])
        told = [frame for user, frame in line.model.receipts if user == "alice"]
        assert max(frame["taken_at"] for frame in told) == newest
