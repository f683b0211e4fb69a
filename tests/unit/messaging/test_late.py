"""Mailbox items that come late: an arrival of their own, agreed on the log item, and never after a delete."""

import pytest

from tests.unit.messaging.rig import Crash, Rig
from tidings.domain.errors import RetryLater
from tidings.domain.events import LogEntry, Path
from tidings.domain.position import ms_of, parse
from tidings.services.send import Sent

F, T = 15_000, 30_000


def die_before(rig: Rig, name: str) -> None:
    """Send, and die before the call `name`."""

    def hook(call: str) -> None:
        if call == name:
            raise Crash

    rig.before = hook
    with pytest.raises(Crash):
        rig.send("ann", "bob")
    rig.before = None


def entry(rig: Rig) -> LogEntry:
    """The only log entry."""
    (only,) = rig.world.log.entries.values()
    return only


def half_sent(rig: Rig) -> None:
    """A message in the log and in no mailbox, settled."""
    die_before(rig, "put")
    rig.clock.advance(T + 1)


def test_a_late_item_keeps_its_position_and_gets_a_new_arrival(rig: Rig) -> None:
    half_sent(rig)
    sent = rig.send("ann", "bob")
    (message,) = rig.messages("bob")
    assert message.position == sent.position == entry(rig).position
    assert ms_of(message.arrival) == rig.clock.now()
    assert parse(message.arrival)[1:] == parse(message.position)[1:]
    assert entry(rig).claims == (rig.clock.now(),)


def test_a_reader_who_synced_past_the_position_still_gets_it(rig: Rig) -> None:
    half_sent(rig)
    page = rig.syncs.page(rig.caller("bob"), None, None, 50)
    assert page.events == ()
    rig.clock.advance(T)
    sent = rig.send("ann", "bob")
    later = rig.syncs.page(rig.caller("bob"), page.cursor, None, 50)
    assert [event.position for event in later.events] == [sent.position]


def test_late_items_go_out_live_too(rig: Rig) -> None:
    half_sent(rig)
    rig.online("bob")
    rig.send("ann", "bob")
    assert rig.world.sockets.seen("bob-phone") == rig.box("bob")


def test_only_the_mailbox_that_lacks_it_is_written_late(rig: Rig) -> None:
    rig.person("ann", "phone", "laptop")
    sent = rig.send("ann", "bob")
    del rig.world.mailboxes.boxes["ann"]
    rig.clock.advance(T + 1)
    assert rig.send("ann", "bob") == sent
    assert [event.arrival == sent.position for event in rig.box("bob")] == [True]
    assert [event.arrival == sent.position for event in rig.box("ann")] == [False]


def test_a_claim_within_its_fence_is_written_with_by_whoever_finds_it(rig: Rig) -> None:
    half_sent(rig)
    claimed = rig.clock.now()
    die_before(rig, "put")
    rig.clock.advance(F)
    rig.send("ann", "bob")
    assert [ms_of(event.arrival) for event in rig.box("bob")] == [claimed]
    assert entry(rig).claims == (claimed,)


def test_a_claim_between_fence_and_settling_is_waited_for(rig: Rig) -> None:
    half_sent(rig)
    die_before(rig, "put")
    rig.clock.advance(F + 1)
    with pytest.raises(RetryLater) as caught:
        rig.send("ann", "bob")
    assert caught.value.retry_after_ms == T - F
    assert rig.box("bob") == []


def test_a_settled_claim_whose_claimer_died_is_replaced(rig: Rig) -> None:
    half_sent(rig)
    first = rig.clock.now()
    die_before(rig, "put")
    rig.clock.advance(T + 1)
    rig.send("ann", "bob")
    assert entry(rig).claims == (first, rig.clock.now())
    assert [ms_of(event.arrival) for event in rig.box("bob")] == [rig.clock.now()]


def test_a_settled_claim_that_was_written_is_not_repeated(rig: Rig) -> None:
    half_sent(rig)
    rig.send("ann", "bob")
    rig.clock.advance(T + 1)
    rig.send("ann", "bob")
    assert len(entry(rig).claims) == len(rig.box("bob")) == 1


def test_two_late_writers_agree_on_one_arrival(rig: Rig) -> None:
    half_sent(rig)
    inner: list[Sent] = []

    def meanwhile(call: str) -> None:
        if call == "claim_late" and not inner:
            rig.clock.advance(5)
            inner.append(Sent("", "", ""))
            inner[0] = rig.send("ann", "bob")

    rig.before = meanwhile
    outer = rig.send("ann", "bob")
    assert outer == inner[0]
    assert len(rig.box("bob")) == len(entry(rig).claims) == 1


@pytest.mark.parametrize("name", ["read", "claim_late"])
def test_a_delete_beats_a_late_write(rig: Rig, name: str) -> None:
    half_sent(rig)

    def deleted(call: str) -> None:
        if call == name:
            rig.bury(entry(rig).position)

    rig.before = deleted
    assert rig.send("ann", "bob").position == entry(rig).position
    assert rig.box("bob") == []


def test_what_chunks_deliver_is_not_delivered_by_the_sender(rig: Rig) -> None:
    half_sent(rig)
    ((key, found),) = rig.world.log.entries.items()
    rig.world.log.entries[key] = LogEntry(found.position, "ann", "c-1", Path.CHUNK, found.event)
    rig.send("ann", "bob")
    assert rig.box("bob") == []
    assert entry(rig).claims == ()


def test_an_arrival_next_to_ours_in_the_same_frame_is_not_taken_for_it(rig: Rig) -> None:
    half_sent(rig)
    stands = entry(rig).event
    assert stands is not None
    position = parse(stands.position)
    for slot in (1, 2):
        neighbour = stands.arriving(str(position._replace(slot=slot)))
        rig.world.mailboxes.boxes.setdefault("bob", {})[neighbour.arrival] = neighbour
    rig.send("ann", "bob")
    assert len(rig.box("bob")) == 3
