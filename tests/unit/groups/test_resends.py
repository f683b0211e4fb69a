"""A resend of what was carried out is acked, also where its sender may not write any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.groups.test_rooms import Party
from tests.unit.messaging.life import die_before, until_acked
from tidings.domain.errors import Forbidden, RetryLater
from tidings.domain.groups import INLINE_MAILBOXES
from tidings.services.edit import EditMessage
from tidings.services.react import React
from tidings.services.send import SendMessage, Sent
from tidings.services.unsend import UnsendMessage

LATER = (0, 15_001, 40_000)
ANN, BOB, *REST = (f"user-{n:02d}" for n in range(INLINE_MAILBOXES + 5))


@pytest.fixture(params=[3, INLINE_MAILBOXES + 2], ids=["small", "large"])
def chat(party: Party, request: pytest.FixtureRequest) -> str:
    """A group of Ann's, which Bob is in."""
    made = party.groups.create(ANN, BOB, *REST[: request.param - 2])
    party.clock.advance(1)
    return made


@pytest.fixture
def party() -> Party:
    return Party()


def removed(party: Party, chat: str) -> None:
    party.groups.remove(ANN, chat, BOB)


def silenced(party: Party, chat: str) -> None:
    party.groups.actions.update(party.groups.caller(ANN), "quiet", chat, (("who_posts", "admins"),))
    party.clock.advance(4_000)


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("refuse", [removed, silenced])
def test_a_message(party: Party, chat: str, later: int, refuse: Callable[[Party, str], None]) -> None:
    command = SendMessage("m", None, "hello", chat)
    sent = party.command(BOB, command)
    refuse(party, chat)
    party.clock.advance(later)
    assert until_acked(party.rig, lambda: party.command(BOB, command)) == sent
    with pytest.raises(Forbidden):
        party.send(BOB, chat, client_id="another")
    with pytest.raises(Forbidden):
        party.send(BOB, chat, "of other words", client_id="m")
    assert [text for texts in party.got(*REST) for text in texts if text != "hello"] == []


@pytest.mark.parametrize("later", LATER)
def test_one_that_had_reached_nobody_does_so_with_its_ack(party: Party, later: int) -> None:
    chat = party.groups.create(ANN, BOB, REST[0])
    party.clock.advance(1)
    command = SendMessage("m", None, "hello", chat)
    die_before(party.rig, "put", lambda: party.command(BOB, command))
    removed(party, chat)
    party.clock.advance(later)
    assert party.got(ANN, REST[0]) == [[], []]
    until_acked(party.rig, lambda: party.command(BOB, command))
    assert party.got(ANN, REST[0]) == [["hello"], ["hello"]]


def test_one_that_was_never_written_is_refused_once_that_is_certain(party: Party, chat: str) -> None:
    command = SendMessage("m", None, "hello", chat)
    die_before(party.rig, "append", lambda: party.command(BOB, command))
    removed(party, chat)
    for later in (0, 15_001):
        party.clock.advance(later)
        with pytest.raises(RetryLater):
            party.command(BOB, command)
    party.clock.advance(15_001)
    with pytest.raises(Forbidden):
        party.command(BOB, command)


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize(
    "make",
    [
        lambda sent: EditMessage("x", sent.conversation_id, sent.position, "HELLO"),
        lambda sent: React("x", sent.conversation_id, sent.position, "👍"),
        lambda sent: UnsendMessage("x", sent.conversation_id, sent.position),
    ],
    ids=["edit", "react", "unsend"],
)
def test_what_was_done_with_a_message(party: Party, chat: str, later: int, make: Callable[[Sent], object]) -> None:
    command = make(party.send(BOB, chat))
    party.clock.advance(1)
    done = party.command(BOB, command)
    removed(party, chat)
    party.clock.advance(later)
    assert until_acked(party.rig, lambda: party.command(BOB, command)) == done
