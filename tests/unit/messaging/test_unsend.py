"""`unsend`: one's own message, for a while; for everybody and for good."""

from dataclasses import replace

import pytest

from tests.unit.messaging.life import F, T, deaths, die_before, pair
from tests.unit.messaging.rig import UNSEND_WINDOW, Rig
from tidings.domain.errors import Conflict, Forbidden, NotFound, RetryLater, TooLate
from tidings.domain.events import Edit, Message, Path, Unsend
from tidings.domain.identity import Caller
from tidings.services.facts import Sent
from tidings.services.messaging import Use
from tidings.services.room import Room
from tidings.services.rooms import Rooms
from tidings.services.unsend import Unsender, UnsendMessage


@pytest.fixture
def sent(rig: Rig) -> Sent:
    sent = rig.send("ann", "bob")
    rig.clock.advance(100)
    return sent


def texts(rig: Rig) -> list[str]:
    """The texts that the log still holds."""
    events = [entry.event for entry in rig.world.log.entries.values()]
    return [event.text for event in events if isinstance(event, Message | Edit)]


def test_an_unsend_leaves_a_tombstone_and_is_an_event_of_its_own() -> None:
    rig = pair()
    sent = rig.send("ann", "bob")
    rig.clock.advance(100)
    edit = rig.edit("ann", sent, "HELLO")
    rig.clock.advance(100)
    unsend = rig.unsend("ann", sent, device="laptop")
    event = Unsend(sent.conversation_id, unsend.position, "ann", "u-1", sent.position, unsend.position)
    for owner in ("bob", "ann"):
        assert rig.box(owner)[-1] == event
    assert rig.world.sockets.seen("bob-phone")[-1] == event
    assert rig.history("bob", sent).events == ()
    assert texts(rig) == []
    entry = rig.entry(sent)
    assert (entry.path, entry.edits, entry.unsent) == (Path.INLINE, (edit.position,), unsend.position)


def test_the_order_of_writes_is_outbox_tombstones_log_mailboxes(rig: Rig, sent: Sent) -> None:
    rig.edit("ann", sent, "HELLO")
    calls: list[str] = []
    rig.before = calls.append
    rig.unsend("ann", sent)
    assert calls == ["get", "get", "claim", "tombstone", "erase", "append", "put", "lookup"]


def test_the_window_closes(rig: Rig) -> None:
    first, second = rig.send("ann", "bob"), rig.send("ann", "bob", client_id="c-2")
    rig.clock.advance(UNSEND_WINDOW)
    rig.unsend("ann", first)
    rig.clock.advance(1)
    with pytest.raises(TooLate):
        rig.unsend("ann", second, "u-2")
    assert texts(rig) == ["hello"]


@pytest.mark.parametrize("later", [0, UNSEND_WINDOW])
def test_only_whoever_wrote_it_may(rig: Rig, sent: Sent, later: int) -> None:
    rig.clock.advance(later)
    for user_id in ("bob", "eve"):
        with pytest.raises(Forbidden):
            rig.unsend(user_id, sent)
    assert texts(rig) == ["hello"]


@pytest.mark.parametrize("later", [0, UNSEND_WINDOW])
def test_nothing_to_unsend(rig: Rig, sent: Sent, later: int) -> None:
    reaction = rig.react("ann", sent, "👍")
    rig.clock.advance(later)
    for number, gone in enumerate((sent.position[:-1] + "9", reaction.position)):
        with pytest.raises(NotFound):
            rig.unsend("ann", Sent("", sent.conversation_id, gone), f"u-{number}")


def test_twice_is_not_found_but_a_resend_is_acked_alike(rig: Rig, sent: Sent) -> None:
    unsend = rig.unsend("ann", sent)
    with pytest.raises(NotFound):
        rig.unsend("ann", sent, "u-2")
    for later in (1, T + 1, UNSEND_WINDOW + 1):
        rig.clock.advance(later)
        assert rig.unsend("ann", sent) == unsend
    with pytest.raises(NotFound):
        rig.unsend("ann", sent, "u-3")
    with pytest.raises(Conflict):
        rig.unsend("ann", rig.send("ann", "bob", client_id="c-9"))
    assert len([event for event in rig.box("bob") if isinstance(event, Unsend)]) == 1


class _Admins(Rooms):
    """Everybody is an admin."""

    def writing(self, caller: Caller, conversation_id: str, *, posts: bool = False) -> Room:
        return replace(super().writing(caller, conversation_id, posts=posts), admin=True)


def test_an_admin_may_unsend_what_others_wrote_at_any_time(rig: Rig, sent: Sent) -> None:
    edit = rig.edit("ann", sent, "HELLO")
    unsender = Unsender(rig.claims, rig.facts, _Admins(rig.meetings, rig.group_rooms), rig.world.log, UNSEND_WINDOW)
    rig.uses[UnsendMessage] = Use(unsender.prepare)
    rig.clock.advance(UNSEND_WINDOW + 1)
    unsend = rig.unsend("bob", sent)
    assert texts(rig) == []
    assert rig.entry(sent).sender == rig.world.log.entries[sent.conversation_id, edit.position].sender == "ann"
    assert [event.position for event in rig.box("ann")] == [unsend.position]


def test_one_that_died_is_finished_after_the_window(rig: Rig, sent: Sent) -> None:
    rig.clock.advance(UNSEND_WINDOW - 100)
    die_before(rig, "append", lambda: rig.unsend("ann", sent))
    rig.clock.advance(T + 1)
    unsend = rig.unsend("ann", sent)
    assert rig.entry(sent).unsent == unsend.position
    assert [event.position for event in rig.box("bob")] == [sent.position, unsend.position]


def test_one_that_died_is_taken_over_by_another_when_it_has_settled(rig: Rig, sent: Sent) -> None:
    rig.edit("ann", sent, "HELLO")
    die_before(rig, "erase", lambda: rig.unsend("ann", sent))
    assert rig.history("bob", sent).events == ()
    for later in (0, F + 1):
        rig.clock.advance(later)
        with pytest.raises(RetryLater):
            rig.unsend("ann", sent, "u-2", device="laptop")
    rig.clock.advance(T)
    second = rig.unsend("ann", sent, "u-2", device="laptop")
    assert rig.entry(sent).unsent == second.position
    assert texts(rig) == []
    with pytest.raises(NotFound):
        rig.unsend("ann", sent)


@pytest.mark.parametrize("later", [0, F + 1, T + 1, 40 * T])
@pytest.mark.parametrize("edge", ["before", "after"])
def test_a_worker_that_dies_at_any_call_loses_and_repeats_nothing(edge: str, later: int) -> None:
    count = 0
    for rig, sent, unsend in deaths(lambda rig, sent: rig.unsend("ann", sent), edge, later):
        count += 1
        assert texts(rig) == []
        assert rig.entry(sent).unsent == unsend.position
        for owner in ("ann", "bob"):
            (told,) = [event for event in rig.box(owner) if isinstance(event, Unsend)]
            assert (told.position, told.target, told.client_id) == (unsend.position, sent.position, "u-1")
    assert count >= 6


def test_what_the_reader_never_saw_is_unsent_without_a_word(rig: Rig, sent: Sent) -> None:
    entry = rig.entry(sent)
    rig.world.log.entries[sent.conversation_id, sent.position] = replace(entry, withheld=True)
    rig.world.mailboxes.boxes.clear()
    rig.edit("ann", sent, "HELLO")
    rig.react("ann", sent, "👍")
    with pytest.raises(NotFound):
        rig.react("bob", sent, "👍")
    assert rig.history("bob", sent).events == ()
    assert len(rig.history("ann", sent).events) == 1
    assert rig.history("ann", sent).reactions.keys() == {sent.position}
    rig.unsend("ann", sent)
    assert rig.box("bob") == []
    assert texts(rig) == []
