"""`edit`: one's own message, for a while; the later one wins; an unsend beats it."""

import pytest

from tests.unit.messaging.life import F, T, deaths, die_before, pair, until_acked
from tests.unit.messaging.rig import EDIT_WINDOW, Rig
from tidings.domain.errors import Conflict, Forbidden, InvalidRequest, NotFound, RetryLater, TooLate
from tidings.domain.events import Edit, Message
from tidings.services.edit import EditMessage
from tidings.services.facts import Sent


@pytest.fixture
def sent(rig: Rig) -> Sent:
    sent = rig.send("ann", "bob")
    rig.clock.advance(100)
    return sent


def text(rig: Rig, sent: Sent) -> str:
    event = rig.entry(sent).event
    assert isinstance(event, Message)
    return event.text


def test_an_edit_changes_the_message_and_is_an_event_of_its_own() -> None:
    rig = pair()
    sent = rig.send("ann", "bob")
    rig.clock.advance(100)
    edit = rig.edit("ann", sent, "HELLO")
    event = Edit(sent.conversation_id, edit.position, "ann", "e-1", sent.position, "HELLO", edit.position)
    for owner in ("bob", "ann"):
        assert rig.box(owner)[-1] == event
    assert rig.world.sockets.seen("bob-phone")[-1] == rig.world.sockets.seen("ann-laptop")[-1] == event
    (shown,) = rig.history("bob", sent).events
    assert isinstance(shown, Message)
    assert (shown.text, shown.edited, shown.position) == ("HELLO", edit.position, sent.position)


def test_the_order_of_writes_is_outbox_message_log_mailboxes(rig: Rig, sent: Sent) -> None:
    calls: list[str] = []
    rig.before = calls.append
    rig.edit("ann", sent, "HELLO")
    assert calls == ["get", "get", "claim", "edit", "append", "put", "lookup"]


def test_whoever_synced_or_not_ends_with_the_last_text(rig: Rig, sent: Sent) -> None:
    for number in range(3):
        rig.clock.advance(1)
        rig.edit("ann", sent, f"text {number}", f"e-{number}")
    assert text(rig, sent) == "text 2"
    edits = [event for event in rig.box("bob") if isinstance(event, Edit)]
    assert max(edits, key=lambda edit: edit.position).text == "text 2"
    assert rig.entry(sent).edits == tuple(edit.position for edit in edits)


def test_an_edit_that_comes_after_a_later_one_does_not_win(rig: Rig, sent: Sent) -> None:
    slow = rig.caller("ann")
    rig.clock.advance(50)
    rig.edit("ann", sent, "second", "e-2")
    rig.messaging.one(slow, EditMessage("e-1", sent.conversation_id, sent.position, "first"), Sent)
    assert text(rig, sent) == "second"
    assert len(rig.entry(sent).edits) == 2


def test_the_window_closes(rig: Rig, sent: Sent) -> None:
    rig.clock.advance(EDIT_WINDOW - 100)
    rig.edit("ann", sent, "just in time")
    rig.clock.advance(1)
    with pytest.raises(TooLate):
        rig.edit("ann", sent, "too late", "e-2")
    assert text(rig, sent) == "just in time"


@pytest.mark.parametrize("later", [0, EDIT_WINDOW])
def test_only_whoever_wrote_it_may(rig: Rig, sent: Sent, later: int) -> None:
    rig.clock.advance(later)
    with pytest.raises(Forbidden):
        rig.edit("bob", sent, "mine now")
    with pytest.raises(Forbidden):
        rig.edit("eve", sent, "mine now")
    assert text(rig, sent) == "hello"


@pytest.mark.parametrize("later", [0, EDIT_WINDOW])
def test_nothing_to_edit(rig: Rig, sent: Sent, later: int) -> None:
    rig.clock.advance(later)
    for client_id, gone in (("e-1", sent.position[:-1] + "9"), ("e-2", rig.react("bob", sent, "👍").position)):
        with pytest.raises((NotFound, Forbidden)):
            rig.edit("ann", Sent("", sent.conversation_id, gone), "?", client_id)
    with pytest.raises(InvalidRequest):
        rig.edit("ann", Sent("", sent.conversation_id, "yesterday"), "?", "e-3")


def test_a_message_that_was_unsent_is_not_found(rig: Rig, sent: Sent) -> None:
    rig.unsend("ann", sent)
    with pytest.raises(NotFound):
        rig.edit("ann", sent, "again")
    assert rig.entry(sent).event is None


def test_the_same_client_id_for_another_text_is_a_conflict(rig: Rig, sent: Sent) -> None:
    rig.edit("ann", sent, "HELLO")
    with pytest.raises(Conflict):
        rig.edit("ann", sent, "HELLO!")
    assert text(rig, sent) == "HELLO"


@pytest.mark.parametrize("later", [1, F, T + 1, EDIT_WINDOW + 1])
def test_a_resend_is_acked_alike_also_when_the_message_is_gone_or_the_window_closed(
    rig: Rig, sent: Sent, later: int
) -> None:
    edit = rig.edit("ann", sent, "HELLO")
    if later < EDIT_WINDOW:
        rig.unsend("ann", sent)
    rig.clock.advance(later)
    assert rig.edit("ann", sent, "HELLO") == edit


def test_one_that_died_is_finished_after_the_window(rig: Rig, sent: Sent) -> None:
    rig.clock.advance(EDIT_WINDOW - 100)
    die_before(rig, "append", lambda: rig.edit("ann", sent, "HELLO"))
    assert text(rig, sent) == "HELLO"
    rig.clock.advance(T + 1)
    with pytest.raises(TooLate):
        rig.edit("ann", sent, "another", "e-2")
    edit = rig.edit("ann", sent, "HELLO")
    assert [event.position for event in rig.box("bob")] == [sent.position, edit.position]


@pytest.mark.parametrize("later", [0, F + 1, T + 1, 20 * T])
@pytest.mark.parametrize("edge", ["before", "after"])
def test_a_worker_that_dies_at_any_call_loses_and_repeats_nothing(edge: str, later: int) -> None:
    count = 0
    for rig, sent, edit in deaths(lambda rig, sent: rig.edit("ann", sent, "HELLO"), edge, later):
        count += 1
        assert text(rig, sent) == "HELLO"
        assert edit.position in rig.entry(sent).edits
        for owner in ("ann", "bob"):
            (told,) = [event for event in rig.box(owner) if isinstance(event, Edit)]
            assert (told.position, told.text, told.client_id) == (edit.position, "HELLO", "e-1")
    assert count >= 6


@pytest.mark.parametrize("name", ["claim", "edit", "append", "put"])
@pytest.mark.parametrize("edge", ["before", "after"])
def test_an_unsend_in_the_middle_of_it_wins(edge: str, name: str) -> None:
    rig = pair()
    sent = rig.send("ann", "bob")
    rig.clock.advance(100)

    def meanwhile(call: str) -> None:
        if call == name:
            rig.before = rig.after = None
            rig.unsend("ann", sent, device="laptop")

    setattr(rig, edge, meanwhile)
    try:
        until_acked(rig, lambda: rig.edit("ann", sent, "HELLO"))
    except NotFound:
        assert name != "put"
    assert rig.history("bob", sent).events == ()
    held = [entry.event for entry in rig.world.log.entries.values()]
    assert not [event for event in held if isinstance(event, Message | Edit)]


def test_an_edit_that_stands_between_message_and_log_finds_its_place_taken(rig: Rig, sent: Sent) -> None:
    die_before(rig, "append", lambda: rig.edit("ann", sent, "HELLO"))
    rig.unsend("ann", sent)
    with pytest.raises(NotFound):
        rig.edit("ann", sent, "HELLO")
    rig.clock.advance(T + 1)
    with pytest.raises(NotFound):
        rig.edit("ann", sent, "HELLO")


def test_a_batch_keeps_the_order_of_edits_and_messages(rig: Rig, sent: Sent) -> None:
    place = (sent.conversation_id, sent.position)
    results = rig.messaging.run(
        rig.caller("ann"), [EditMessage("e-1", *place, "one"), EditMessage("e-2", *place, "two")]
    )
    assert results[0].position < results[1].position
    assert text(rig, sent) == "two"


def test_nothing_is_written_with_a_stamp_past_its_fence(rig: Rig, sent: Sent) -> None:
    def throttled(call: str) -> None:
        if call == "edit":
            rig.clock.advance(F + 1)

    rig.before = throttled
    with pytest.raises(RetryLater):
        rig.edit("ann", sent, "HELLO")
    assert text(rig, sent) == "hello"


def test_a_late_copy_has_the_edited_text(rig: Rig) -> None:
    die_before(rig, "put", lambda: rig.send("ann", "bob"))
    ((_, position),) = rig.world.log.entries
    rig.edit("ann", Sent("", "dm#ann#bob", position), "HELLO")
    rig.clock.advance(T + 1)
    rig.send("ann", "bob")
    assert {event.text for event in rig.messages("bob")} == {"HELLO"}
