"""What whoever is blocked changes is seen by nobody else, and looks to them as ever."""

from __future__ import annotations

import pytest

from tests.contract.made import position
from tests.unit.messaging.rig import Rig
from tidings.domain.errors import NotFound
from tidings.domain.events import Edit, Message, Reaction, Unsend
from tidings.services.facts import Sent
from tidings.services.tallies import Tally

PAIR = "dm#ann#bob"


@pytest.fixture
def sent(rig: Rig) -> Sent:
    """A message of bob's, whom ann has blocked since."""
    sent = rig.send("bob", "ann", "hello")
    rig.clock.advance(10)
    rig.world.memberships.set("ann", PAIR, {"blocked": True}, sent.position, rig.world.fence())
    return sent


def text(rig: Rig, reader: str, sent: Sent) -> str | None:
    """What history shows of a message."""
    shown = {event.position: event for event in rig.history(reader, sent).events}
    event = shown.get(sent.position)
    return event.text if isinstance(event, Message) else None


def test_an_edit_of_what_was_received_changes_nothing_for_the_reader(rig: Rig, sent: Sent) -> None:
    rig.edit("bob", sent, "read this")
    assert text(rig, "ann", sent) == "hello"
    assert not [event for event in rig.box("ann") if isinstance(event, Edit)]


def test_an_edit_of_what_was_received_looks_to_its_sender_as_ever(rig: Rig, sent: Sent) -> None:
    """On each of their devices: or else they would learn that they are blocked."""
    edits = [rig.edit("bob", sent, "read this")]
    rig.clock.advance(10)
    edits.append(rig.edit("bob", sent, "read that", "e-2"))
    (shown,) = rig.history("bob", sent).events
    assert isinstance(shown, Message)
    assert (shown.text, shown.edited) == ("read that", edits[1].position)
    (listed,) = rig.conversations.page(rig.caller("bob"), None, 20).conversations
    assert listed.last == shown
    (listed,) = rig.conversations.page(rig.caller("ann"), None, 20).conversations
    assert isinstance(listed.last, Message)
    assert (listed.last.text, listed.last.edited) == ("hello", None)


def test_an_edit_after_the_block_stands_for_both(rig: Rig, sent: Sent) -> None:
    rig.edit("bob", sent, "read this")
    at = rig.clock.advance(10)
    rig.world.memberships.set("ann", PAIR, {"blocked": False}, position(at), rig.world.fence())
    rig.edit("bob", sent, "peace", "e-2")
    assert text(rig, "ann", sent) == text(rig, "bob", sent) == "peace"


def test_an_edit_of_what_was_withheld_shows_to_its_sender(rig: Rig, sent: Sent) -> None:
    second = rig.send("bob", "ann", "are you there?", "c-2")
    rig.clock.advance(10)
    rig.edit("bob", second, "are you there??")
    assert text(rig, "bob", second) == "are you there??"
    assert text(rig, "ann", second) is None


def test_a_reaction_is_counted_for_its_sender_only(rig: Rig, sent: Sent) -> None:
    rig.react("bob", sent, "👍")
    assert rig.history("bob", sent).reactions.keys() == {sent.position}
    assert rig.history("ann", sent).reactions == {}
    assert not [event for event in rig.box("ann") if isinstance(event, Reaction)]


@pytest.mark.parametrize("emoji", ["❤️", ""])
def test_a_reaction_that_was_received_stays_for_the_reader(rig: Rig, emoji: str) -> None:
    """Whatever its author makes of it after the block: for the reader's devices are not told."""
    sent = rig.send("ann", "bob", "hello")
    rig.clock.advance(10)
    rig.react("bob", sent, "👍", "r-1")
    at = rig.clock.advance(10)
    rig.world.memberships.set("ann", PAIR, {"blocked": True}, position(at), rig.world.fence())
    rig.react("bob", sent, emoji, "r-2")
    assert [(each.emoji, each.mine) for each in tallies(rig, "ann", sent)] == [("👍", False)]
    assert [(each.emoji, each.mine) for each in tallies(rig, "bob", sent)] == ([(emoji, True)] if emoji else [])
    at = rig.clock.advance(10)
    rig.world.memberships.set("ann", PAIR, {"blocked": False}, position(at), rig.world.fence())
    rig.react("bob", sent, "", "r-3")
    assert tallies(rig, "ann", sent) == tallies(rig, "bob", sent) == ()


def tallies(rig: Rig, reader: str, sent: Sent) -> tuple[Tally, ...]:
    return rig.history(reader, sent).reactions.get(sent.position, ())


def test_an_unsend_of_what_was_received_is_told(rig: Rig, sent: Sent) -> None:
    """It leaves history and mailbox: or else the reader's devices would go on showing it."""
    rig.edit("bob", sent, "read this")
    rig.clock.advance(10)
    unsend = rig.unsend("bob", sent)
    assert text(rig, "ann", sent) is None
    assert [event.position for event in rig.box("ann") if isinstance(event, Unsend)] == [unsend.position]
    held = [entry.event for entry in rig.world.log.entries.values()]
    assert not [event for event in held if isinstance(event, Message | Edit)]


def test_an_unsend_of_what_was_withheld_is_not(rig: Rig, sent: Sent) -> None:
    second = rig.send("bob", "ann", "are you there?", "c-2")
    rig.clock.advance(10)
    rig.unsend("bob", second)
    assert text(rig, "bob", second) is None
    assert not [event for event in rig.box("ann") if isinstance(event, Unsend)]


def test_a_reply_to_what_was_withheld_is_to_nothing(rig: Rig, sent: Sent) -> None:
    second = rig.send("bob", "ann", "are you there?", "c-2")
    for act in (rig.hide, lambda user, of: rig.react(user, of, "👍")):
        with pytest.raises(NotFound):
            act("ann", second)
