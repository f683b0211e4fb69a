"""Several actions in one frame: in order, each by its own rules, written and posted together."""

from typing import Any

import pytest

from tests.unit.messaging.rig import Crash, DieAt, Rig
from tidings.domain.errors import Conflict, NotAttempted, NotFound, RateLimited, RetryLater, Unavailable, UnknownUser
from tidings.domain.events import ReceiptKind
from tidings.domain.position import parse
from tidings.services.deliver import Deliverer
from tidings.services.messaging import Command, Messaging
from tidings.services.people import People
from tidings.services.receipts import Confirm, Confirmed
from tidings.services.send import SendMessage, Sent

F, T = 15_000, 30_000


def texts(count: int, to: str = "bob") -> list[Command]:
    return [SendMessage(f"c{number}", to, f"text {number}") for number in range(count)]


def positions(results: list[Any]) -> list[str]:
    return [result.position for result in results if isinstance(result, Sent)]


def test_positions_follow_the_place_in_the_batch(rig: Rig) -> None:
    results = rig.messaging.run(rig.caller("ann"), texts(25))
    assert positions(results) == sorted(positions(results))
    assert [parse(position).slot for position in positions(results)] == list(range(25))
    assert [message.text for message in rig.messages("bob")] == [f"text {number}" for number in range(25)]


def test_mailboxes_are_written_once_connections_looked_up_once_and_each_posted_to_once(rig: Rig) -> None:
    rig.person("carol")
    rig.online("bob")
    rig.online("carol")
    mark = rig.send("bob", "ann")
    rig.online("ann", "laptop")
    calls: list[str] = []
    rig.before = calls.append
    commands = [*texts(2), Confirm(mark.conversation_id, ReceiptKind.READ, mark.position), *texts(0)]
    commands.append(SendMessage("c9", "carol", "hi"))
    rig.messaging.run(rig.caller("ann"), commands)
    assert [calls.count(name) for name in ("put", "lookup", "post")] == [1, 1, 1]
    assert calls.index("put") > max(place for place, name in enumerate(calls) if name in ("append", "advance"))
    assert len([delivery for delivery in rig.world.sockets.posted if delivery.user_id == "bob"]) == 1
    assert [event.position for event in rig.world.sockets.seen("bob-phone")] == [
        event.position for event in rig.box("bob")
    ]


def test_a_failure_for_good_stops_nothing(rig: Rig) -> None:
    rig.send("ann", "bob", "another text", client_id="c1")
    commands = [*texts(3), SendMessage("x", "nobody", "?"), SendMessage("y", "bob", "last")]
    results = rig.messaging.run(rig.caller("ann"), commands)
    assert [type(result) for result in results] == [Sent, Conflict, Sent, UnknownUser, Sent]


def test_after_a_failure_that_may_pass_nothing_is_attempted(rig: Rig) -> None:
    appended: list[str] = []

    def busy(name: str) -> None:
        appended.append(name)
        if name == "append" and appended.count("append") == 3:
            raise Unavailable("The database is busy.")

    rig.before = busy
    results = rig.messaging.run(rig.caller("ann"), texts(5))
    assert [type(result) for result in results] == [Sent, Sent, Unavailable, NotAttempted, NotAttempted]
    assert len(rig.box("bob")) == len(rig.world.log.entries) == 2
    assert len(rig.world.outbox.entries) == 3
    rig.before = None
    rig.clock.advance(1)
    again = rig.messaging.run(rig.caller("ann"), texts(5)[2:])
    assert [message.text for message in rig.messages("bob")] == [f"text {number}" for number in range(5)]
    assert positions(results) + positions(again) == sorted(positions(results) + positions(again))


def test_mailboxes_that_cannot_be_written_are_acked_to_nobody(rig: Rig) -> None:
    rig.before = _busy_put
    results = rig.messaging.run(rig.caller("ann"), [*texts(2), SendMessage("x", "nobody", "?")])
    assert [type(result) for result in results] == [Unavailable, Unavailable, UnknownUser]
    assert rig.world.sockets.posted == []


def test_a_resend_among_new_messages_is_written_under_its_own_fence(rig: Rig) -> None:
    rig.before = _busy_put
    (failed,) = rig.messaging.run(rig.caller("ann"), texts(1))
    assert isinstance(failed, Unavailable)
    rig.before = None
    rig.clock.advance(F - 100)

    def slow(name: str) -> None:
        if name == "append":
            rig.clock.advance(60)

    rig.before = slow
    results = rig.messaging.run(rig.caller("ann"), texts(2))
    assert [type(result) for result in results] == [RetryLater, Sent]
    assert [message.text for message in rig.messages("bob")] == ["text 1"]


def test_an_old_try_that_still_runs_does_not_place_the_rest_below_its_resend(rig: Rig) -> None:
    """The first frame stands still before it has claimed anything; its resend places one message and fails; then the
    first frame goes on."""
    old = rig.caller("ann")
    rig.clock.advance(2_000)
    (newer,) = rig.messaging.run(rig.caller("ann"), texts(1))
    results = rig.messaging.run(old, texts(3))
    assert [type(result) for result in results] == [Sent, RetryLater, NotAttempted]
    assert results[0] == newer
    assert len(rig.world.outbox.entries) == 1
    rig.clock.advance(1)
    again = rig.messaging.run(rig.caller("ann"), texts(3))
    assert positions(again) == sorted(positions(again))
    assert len(positions(again)) == 3


def test_receipts_and_messages_keep_their_order_and_their_answers(rig: Rig) -> None:
    first = rig.send("bob", "ann", client_id="b-1")
    rig.clock.advance(1)
    commands: list[Command] = [
        Confirm(first.conversation_id, ReceiptKind.READ, first.position),
        SendMessage("c", "bob", "got it"),
        Confirm("dm#bob#carol", ReceiptKind.READ, first.position),
        Confirm(first.conversation_id, ReceiptKind.READ, str(parse(first.position).at(5))),
    ]
    results = rig.messaging.run(rig.caller("ann"), commands)
    assert [type(result).__name__ for result in results] == ["Confirmed", "Sent", "Forbidden", "NotFound"]
    assert isinstance(results[0], Confirmed)
    assert isinstance(results[3], NotFound)
    assert [type(event).__name__ for event in rig.box("bob")] == ["Receipt", "Message"]


def test_each_recipient_is_asked_about_once_for_the_whole_batch(rig: Rig) -> None:
    rig.person("carol")
    asked: list[str] = []
    commands = [*texts(3), SendMessage("x", "carol", "hi"), *texts(1)]
    rig.before = lambda name: asked.append(name) if name in ("get", "begin") else None
    rig.messaging.run(rig.caller("ann"), commands)
    own, strangers, theirs = ["get"], ["get", "get"], ["begin", "begin"]
    assert asked == [*own, *strangers, *theirs, *strangers, *theirs]
    asked.clear()
    rig.messaging.run(rig.caller("ann"), texts(3))
    assert asked == ["get", "get"]


def test_the_same_message_twice_in_a_batch_is_one_message(rig: Rig) -> None:
    results = rig.messaging.run(rig.caller("ann"), [*texts(1), *texts(1)])
    assert len(set(positions(results))) == 1
    assert len(rig.box("bob")) == 1


@pytest.mark.parametrize("later", [1, F + 1, T + 1])
def test_a_batch_whose_worker_dies_at_any_call_is_finished_by_its_resend(later: int) -> None:
    number = 0
    while True:
        number += 1
        rig = Rig()
        rig.person("ann", "phone", "laptop")
        rig.person("bob")
        rig.online("bob")
        dying = rig.after = DieAt(number)
        try:
            rig.messaging.run(rig.caller("ann"), texts(3))
        except Crash:
            pass
        else:
            assert dying.calls == number - 1 >= 10
            return
        rig.after = None
        rig.clock.advance(later)
        rest = texts(3)
        while rest:
            results = rig.messaging.run(rig.caller("ann"), rest)
            rest = [command for command, result in zip(rest, results, strict=True) if not isinstance(result, Sent)]
            rig.clock.advance(T + 1)
        assert [entry.client_id for _, entry in sorted(rig.world.log.entries.items())] == ["c0", "c1", "c2"]
        for owner in ("ann", "bob"):
            assert sorted(message.client_id for message in rig.messages(owner)) == ["c0", "c1", "c2"]


def _busy_put(name: str) -> None:
    if name == "put":
        raise Unavailable("The database is busy.")


def test_a_batch_stops_where_its_sender_has_sent_enough(rig: Rig) -> None:
    """What came before is kept; receipts do not count."""
    mark = rig.send("bob", "ann")
    spent: list[str] = []

    def spend(user_id: str) -> None:
        if len(spent) == 3:
            raise RateLimited("Too fast.", retry_after_ms=500)
        spent.append(user_id)

    messaging = Messaging(People(rig.world.users), Deliverer(rig.world.mailboxes, rig.live), rig.uses, spend)
    read = Confirm(mark.conversation_id, ReceiptKind.READ, mark.position)
    results = messaging.run(rig.caller("ann"), [texts(1)[0], read, *texts(5)[1:]])
    assert [type(result) for result in results] == [Sent, Confirmed, Sent, Sent, RateLimited, NotAttempted]
    assert spent == ["ann"] * 3
    assert [message.client_id for message in rig.messages("bob")] == ["c0", "c1", "c2"]
    assert not any(client_id in ("c3", "c4") for _, client_id in rig.world.outbox.entries)
    with pytest.raises(RateLimited):
        messaging.one(rig.caller("ann"), texts(4)[3], Sent)
    spent.clear()
    rest = messaging.run(rig.caller("ann"), texts(5)[3:])
    assert positions(results) + positions(rest) == sorted(positions(results) + positions(rest))
    assert len(rig.messages("bob")) == 5
