"""The sans-I/O session: what it takes in, confirms and syncs."""

import json
import random
from typing import Any

import pytest

from client.events import Message, Receipt
from client.inbox import State
from client.lanes import Request
from client.session import Session
from tests.unit.client_alice import CONVERSATION, Alice
from tests.unit.client_rig import BASE, SETTLE, error, live, message, place
from tests.unit.client_world import GROUP, event


def test_delivered_receipts_are_gathered_into_one_action_a_conversation():
    alice = Alice()
    alice.say(live(message(10, "m1"), message(20, "m2")))
    alice.say(live(message(15, "m0", arrival=40)))
    assert alice.frames() == []
    alice.wait(0.25)
    (ack,) = alice.frames()
    assert {k: ack[k] for k in ("action", "conversation", "kind")} == {
        "action": "ack",
        "conversation": CONVERSATION,
        "kind": "delivered",
    }
    assert ack["position"] == place(20)
    assert ack["taken_at"] == int(place(40)[:13])
    alice.answer(ack)
    alice.say(live(message(20, "m2")))
    alice.wait(1.0)
    assert alice.frames() == []


def test_receipts_travel_with_sends_and_read_includes_delivered():
    alice = Alice()
    alice.say(live(message(10, "m1")))
    assert alice.session.mark_read(CONVERSATION, None, alice.now)
    assert not alice.session.mark_read(CONVERSATION, None, alice.now)
    alice.send("answer")
    (batch,) = alice.frames()
    assert [(each["action"], each.get("kind")) for each in batch["actions"]] == [("send", None), ("ack", "read")]


def test_own_copies_are_shown_but_not_confirmed():
    alice = Alice()
    alice.say(live(message(10, "from my phone", sender="alice", to="bob")))
    assert [each.client_id for each in alice.events()] == ["from my phone"]
    alice.wait(1.0)
    assert alice.frames() == []


def test_an_acked_message_has_its_place_and_its_copy_is_no_news():
    alice = Alice()
    alice.say(live(message(0, "earlier")))
    alice.send("mine")
    alice.answer(*alice.frames())
    alice.events()
    shown = alice.session.inbox.display.messages(CONVERSATION)
    assert [each.client_id for each in shown] == ["earlier", "id-mine"]
    alice.say(live(message(1, "id-mine", sender="alice", to="bob")))
    assert alice.events() == []


def test_sync_goes_on_with_next_and_keeps_the_cursor():
    alice = Alice()
    alice.model.mailboxes["alice"] = [message(n, f"m{n}") for n in range(5)]
    alice.model.now = 50_000
    request = Request("sync", {})
    alice.session.submit(request, alice.now)
    pages = 0
    while frames := [frame for frame in alice.frames() if frame["action"] == "sync"]:
        pages += 1
        alice.answer(*frames)
    assert pages == 3
    assert alice.session.take_finished() == [request]
    states = [each for each in alice.session.take_events() if isinstance(each, State)]
    assert states[-1].cursor == alice.session.inbox.cursor == f"{BASE + 50_001 - SETTLE:013d}"
    assert states[-1].seen == tuple(("bob", f"m{n}") for n in range(5))


def sync_page(frame: dict[str, Any], numbers: range, following: str | None) -> str:
    """A page of a large group's log: the cursor to keep does not move before the end."""
    events = [message(n, f"m{n}") for n in numbers]
    page = {"type": "sync", "id": frame["id"], "events": events, "cursor": "c1.begin", "at": BASE}
    return json.dumps(page | ({"next": following} if following else {"cursor": "c1.end"}))


def syncs(session: Session) -> list[dict[str, Any]]:
    return [frame for frame in map(json.loads, session.take_frames()) if frame["action"] == "sync"]


@pytest.mark.parametrize("restart", [True, False])
def test_a_sync_that_was_interrupted_goes_on_where_it_was_and_another_follows(restart: bool):
    """However much it has brought: what began again would repeat all of it."""
    session = Session("alice", State("c1.begin"), rng=random.Random(1))
    session.opened(0.0)
    for part in range(60):
        (frame,) = syncs(session)
        session.received(sync_page(frame, range(100 * part, 100 * part + 100), f"n2.{part}"), 0.0)
    seen = session.take_events()
    states = [each for each in seen if isinstance(each, State)]
    session.closed()
    if restart:
        kept = State.from_json(json.loads(json.dumps(states[-1].as_json())))
        session = Session("alice", kept, rng=random.Random(1))
    session.opened(1.0)
    asked = Request("sync", {})
    session.submit(asked, 1.0)
    (again,) = syncs(session)
    assert (again.get("cursor"), again["next"]) == (None, "n2.59")
    session.received(sync_page(again, range(6_000, 6_050), None), 1.0)
    (fresh,) = syncs(session)
    assert (fresh["cursor"], fresh.get("next")) == ("c1.end", None)
    assert session.take_finished() == []
    session.received(sync_page(fresh, range(6_040, 6_060), None), 1.0)
    seen += session.take_events()
    assert [each.client_id for each in seen if isinstance(each, Message)] == [f"m{n}" for n in range(6_060)]
    assert session.take_finished() == [asked]
    assert session.inbox.state().following is None


def test_where_a_sync_was_and_the_server_no_longer_knows_is_forgotten_and_then_the_cursor():
    session = Session("alice", State("c1.old", following="n1.old"), rng=random.Random(1))
    session.opened(0.0)
    asked = []
    for _ in range(3):
        asked.append(json.loads(session.take_frames()[0]))
        session.received(json.dumps(error(asked[-1]["id"], "resync_required")), 0.0)
    assert [(each.get("next"), each.get("cursor")) for each in asked] == [
        ("n1.old", None),
        (None, "c1.old"),
        (None, None),
    ]


def test_who_asks_while_a_sync_runs_gets_one_that_began_later():
    alice = Alice()
    one, other = Request("sync", {}), Request("sync", {})
    alice.session.submit(one, alice.now)
    (first,) = alice.frames()
    alice.session.submit(other, alice.now)
    assert alice.frames() == []
    alice.answer(first)
    assert alice.session.take_finished() == [one]
    alice.answer(*alice.frames())
    assert alice.session.take_finished() == [other]


def test_a_cursor_that_is_too_old_is_dropped():
    session = Session("alice", State("c1.old", (("bob", "m1"),)), rng=random.Random(1))
    session.opened(0.0)
    first = json.loads(session.take_frames()[0])
    assert first["cursor"] == "c1.old"
    session.received(json.dumps(error(first["id"], "resync_required")), 0.0)
    assert "cursor" not in json.loads(session.take_frames()[0])
    session.received(live(message(5, "m1"), message(6, "m2")), 0.0)
    assert [each.client_id for each in session.take_events() if isinstance(each, Message)] == ["m2"]


def test_the_keep_alive_is_a_sync_within_the_idle_limit():
    alice = Alice()
    assert alice.session.deadline is not None
    assert 0 < alice.session.deadline - alice.now < 600
    alice.now = alice.session.deadline
    alice.session.tick(alice.now)
    assert [frame["action"] for frame in alice.frames()] == ["sync"]


def test_receipts_are_news_only_when_they_move_forward():
    alice = Alice()
    receipt = {"kind": "receipt", "conversation": CONVERSATION, "reader": "bob", "receipt": "delivered"}
    for ms, taken in ((10, 10), (20, 20), (10, 10), (20, 20)):
        alice.say(live(receipt | {"position": place(ms), "arrival": place(taken + 1), "taken_at": taken}))
    assert [each.taken_at for each in alice.events() if isinstance(each, Receipt)] == [10, 20]


def test_a_receipt_covers_nothing_that_was_withheld():
    alice = Alice()
    receipt = {"kind": "receipt", "conversation": CONVERSATION, "reader": "bob", "receipt": "read", "taken_at": 40}
    alice.say(live(receipt | {"position": place(30), "arrival": place(41), "after": place(20)}))
    (event,) = [each for each in alice.events() if isinstance(each, Receipt)]
    assert [event.covers(place(ms)) for ms in (10, 20, 21, 30, 31)] == [False, False, True, True, False]


def test_unknown_kinds_and_garbage_are_skipped():
    alice = Alice()
    for text in ("", "[]", "{", '{"type": "news"}', live({"kind": "dance"}, {"kind": "message"}, message(1, "m"))):
        alice.say(text)
    assert [each.client_id for each in alice.events()] == ["m"]


def test_what_a_change_of_ours_has_become_is_looked_up_and_is_no_news():
    """Only the server knows who was added; where nobody was, something older stands in the log."""
    alice = Alice()
    change = event("group", 40, "alice", change="added", users=["bob"])
    older = event("group", 3, "bob", change="created", users=["alice"])
    for client_id, found in (("c40", change), ("c41", older)):
        position = place(int(client_id[1:]))
        alice.session.submit(Request("group.add", {"client_id": client_id, "conversation": GROUP}), alice.now)
        (asked,) = alice.frames()
        alice.say({"type": "ack", "id": asked["id"], "conversation": GROUP, "position": position})
        (query,) = alice.frames()
        assert (query["action"], query["before"]) == ("history", position[:-1] + "1")
        alice.say({"type": "history", "id": query["id"], "conversation": GROUP, "events": [found]})
    assert [each.position for each in alice.session.inbox.display.entries(GROUP)] == [place(40)]
    alice.say(live(change, older))
    assert [each.position for each in alice.events()] == [older["position"]]


def test_what_history_showed_can_be_marked_as_read_after_a_restart():
    alice = Alice(state=State(cursor=f"{BASE}"))
    assert alice.session.mark_read(CONVERSATION, None, alice.now) is False
    alice.session.submit(Request("history", {"conversation": CONVERSATION, "limit": 2}), alice.now)
    (asked,) = alice.frames()
    page = [message(9, "m9"), message(3, "m3", arrival=40)]
    alice.say({"type": "history", "id": asked["id"], "events": page})
    alice.wait(1.0)
    assert alice.frames() == []
    assert alice.session.mark_read(CONVERSATION, None, alice.now)
    alice.wait(1.0)
    (told,) = alice.frames()
    assert (told["kind"], told["position"], told["taken_at"]) == ("read", place(9), BASE + 40)


def test_a_receipt_that_was_told_is_not_told_again_after_a_restart():
    receipt = {
        "kind": "receipt",
        "conversation": CONVERSATION,
        "position": place(1),
        "arrival": place(5),
        "reader": "bob",
    }
    told, later = (receipt | {"receipt": kind, "taken_at": BASE + 5} for kind in ("delivered", "read"))
    later["arrival"] = place(6)
    alice = Alice()
    alice.say(live(told))
    assert len(alice.events()) == 1
    alice = Alice(state=State.from_json(alice.session.inbox.state().as_json()))
    alice.say(live(told, later))
    assert [event.kind for event in alice.events()] == ["read"]
