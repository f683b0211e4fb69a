"""Whatever dies, waits, fails or is sent again, at whatever moment: nothing acked is lost, written twice or moved.

A phone sends its messages in order, one frame in flight, and resends what is not acked, while earlier invocations of
the same frames may still be running.  A reader syncs now and then and knows only what its cursors show it.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fakes import FakeWorld
from tests.unit.messaging.rig import RETENTION_MS, Rig
from tests.unit.messaging.schedule import Stage, Verdict, Worker
from tidings.domain.errors import TidingsError
from tidings.domain.events import Message
from tidings.ports import User
from tidings.services.claim import Claims
from tidings.services.deliver import Deliverer
from tidings.services.direct import Meetings
from tidings.services.facts import Facts
from tidings.services.group_rooms import GroupRooms
from tidings.services.late import LateArrivals
from tidings.services.live import Live
from tidings.services.messaging import Messaging
from tidings.services.metas import Metas
from tidings.services.own_rows import OwnRows
from tidings.services.people import People
from tidings.services.pulls import Pulls
from tidings.services.receipts import Receipts
from tidings.services.rooms import Rooms
from tidings.services.send import Sender, SendMessage, Sent
from tidings.services.sync import Syncs
from tidings.services.targets import Targets
from tidings.services.uses import messaging_uses

T = 30_000
MESSAGES = 4
STEPS = 60
OUTSIDE = ("send", "wait", "sync")
INSIDE = ("step", "step", "flight", "flight", "fault", "hurry", "hurry")
JUMPS = (40, 2_500, 7_000, 14_000, 30_001)


class Play:
    """One phone of ann's, one reader of bob's, and any number of invocations."""

    def __init__(self, messages: int = MESSAGES) -> None:
        self.messages = messages
        world = self.world = FakeWorld()
        self.stage = Stage(world.clock, world.times)
        for user_id, devices in (("ann", {"phone", "laptop"}), ("bob", {"phone"})):
            world.users.users[user_id] = User(user_id, devices=frozenset(devices))
        outbox, log = self.stage.staged(world.outbox), self.stage.staged(world.log)
        mailboxes = self.stage.staged(world.mailboxes)
        claims = Claims(outbox, world.clock, world.times)
        facts = Facts(claims, log, LateArrivals(claims, log, mailboxes))
        live = Live(self.stage.staged(world.registry), world.sockets, world.clock, world.meter)
        rows = OwnRows(world.groups, world.members, world.memberships)
        receipts = Receipts(claims, log, world.memberships, rows, world.tallies)
        memberships, people = self.stage.staged(world.memberships), People(self.stage.staged(world.users))
        groups = GroupRooms(Metas(world.groups, world.clock), world.members, world.clock, world.times)
        sender = Sender(facts, Rooms(Meetings(memberships, people), groups), Targets(log))
        uses = messaging_uses(sender, receipts)
        self.messaging = Messaging(people, Deliverer(mailboxes, live), uses)
        pulls = Pulls(world.log, world.groups, world.members, world.times, RETENTION_MS)
        self.syncs = Syncs(
            world.mailboxes, world.registry, world.users, world.clock, world.times, RETENTION_MS, 10, pulls
        )
        self.callers = Rig()
        self.callers.clock = world.clock
        self.frames: dict[Worker, list[SendMessage]] = {}
        self.acked: dict[str, str] = {}
        self.cursor: str | None = None
        self.seen: set[str] = set()

    def unacked(self) -> list[SendMessage]:
        every = [SendMessage(f"c{number}", "bob", f"text {number}") for number in range(self.messages)]
        return [command for command in every if command.client_id not in self.acked]

    def send(self, count: int) -> Worker:
        """A frame with the first of what is not acked."""
        commands = self.unacked()[:count]
        self.stage.wait(1)
        caller = self.callers.caller("ann")
        worker = self.stage.start(lambda: self.messaging.run(caller, commands))
        self.frames[worker] = commands
        return worker

    def hear(self, worker: Worker) -> None:
        """The phone gets the reply of an invocation."""
        for command, result in zip(self.frames[worker], worker.result or [], strict=False):
            if isinstance(result, Sent):
                assert self.acked.setdefault(command.client_id, result.position) == result.position

    def sync(self, limit: int) -> None:
        """The reader asks for all that is new."""
        caller, following = self.callers.caller("bob"), None
        while True:
            page = self.syncs.page(caller, None if following else self.cursor, following, limit)
            self.seen |= {event.client_id for event in page.events if isinstance(event, Message)}
            self.cursor, following = page.cursor, page.following
            if following is None:
                return

    def settle(self) -> None:
        """Everything that still runs ends, in time; then the phone resends until all is acked."""
        for worker in self.stage.running():
            worker.finish()
            self.hear(worker)
        for _ in range(20):
            if not self.unacked():
                break
            worker = self.send(self.messages)
            worker.finish()
            self.hear(worker)
            self.stage.wait(_patience(worker.result))
        self.stage.wait(T + 1)
        self.sync(3)


def _patience(results: list[Any]) -> int:
    """How long the phone waits before it resends."""
    errors = [result for result in results if isinstance(result, TidingsError)]
    assert all(error.retryable for error in errors)
    return max((error.retry_after_ms or 0 for error in errors), default=0) + 1


def act(play: Play, data: st.DataObject) -> None:
    """One thing that may happen."""
    running = play.stage.running()
    choice = data.draw(st.sampled_from([*OUTSIDE, *(INSIDE if running else ())]))
    if choice in INSIDE:
        move(running[data.draw(st.integers(0, len(running) - 1))], choice, data)
    elif choice == "send" and play.unacked() and len(running) < 4:
        play.send(data.draw(st.integers(1, MESSAGES)))
    elif choice == "wait":
        play.stage.wait(data.draw(st.sampled_from(JUMPS)))
    elif choice == "sync":
        play.sync(data.draw(st.integers(1, 3)))
    for worker in [each for each in play.frames if each.over]:
        if data.draw(st.integers(0, 3)):  # a reply may be lost on the way
            play.hear(worker)
        del play.frames[worker]


def move(worker: Worker, choice: str, data: st.DataObject) -> None:
    """One step of a worker, or to its next write in flight, or to its end, or a fault."""
    if choice == "hurry":
        worker.finish()
    elif choice == "flight":
        worker.step()
        while not worker.over and worker.deadline is None:
            worker.step()
    elif choice == "fault":
        verdicts: list[Verdict] = ["die", "fail", "fail_after"]
        worker.step(data.draw(st.sampled_from(verdicts)))
    else:
        worker.step()


@pytest.mark.parametrize("before", [0, 7_000, 14_000])
@pytest.mark.parametrize("steps", [0, 1, 2])
@pytest.mark.parametrize("after", [1, 2_500, 7_000, 16_500, 30_001])
def test_a_try_that_stands_still_at_any_call_and_goes_on_behind_its_resend(before: int, steps: int, after: int) -> None:
    """The first try stops at a call, for a while; makes `steps` more; stops again; is overtaken; and goes on."""
    stop = 0
    while True:
        stop += 1
        play = Play(messages=2)
        try:
            first = play.send(2)
            for _ in range(stop):
                first.step()
            if first.over:
                return
            play.stage.wait(before)
            for _ in range(steps):
                first.step()
            play.stage.wait(after)
            play.sync(3)
            play.send(2).finish()
            play.settle()
            check(play)
        finally:
            play.stage.close()


@settings(
    max_examples=100,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_nothing_acked_is_lost_repeated_moved_or_misordered(data: st.DataObject) -> None:
    play = Play()
    try:
        for _ in range(data.draw(st.integers(5, STEPS))):
            act(play, data)
        play.settle()
        check(play)
    finally:
        play.stage.close()


def check(play: Play) -> None:
    """The promises."""
    assert not play.unacked(), "whoever resends is acked in the end"
    names = [f"c{number}" for number in range(play.messages)]
    log = sorted(play.world.log.entries.values(), key=lambda entry: entry.position)
    assert [entry.client_id for entry in log] == names, "each once, in the order in which the phone sent them"
    assert {entry.client_id: entry.position for entry in log} == play.acked, "where the acks said"
    assert play.seen == set(names), "the reader's cursors stepped over none"
    for owner in ("ann", "bob"):
        held = [event for event in play.world.mailboxes.boxes[owner].values() if isinstance(event, Message)]
        assert {(event.client_id, event.text) for event in held} == {
            (f"c{n}", f"text {n}") for n in range(play.messages)
        }
        assert all(event.position == play.acked[event.client_id] for event in held)
