"""Who joined after a message is not told what it says, nor who left before an edit what it says now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.made import position
from tests.unit.fanout.rig import GROUP
from tests.unit.life.rig import Rig
from tidings.domain.events import Edit, Message, Reaction
from tidings.domain.groups import Member, Seen, Stay
from tidings.services.edit import EditMessage
from tidings.services.facts import Sent
from tidings.services.react import React
from tidings.services.send import SendMessage
from tidings.services.unsend import UnsendMessage

NOW = 1_800_000_000_000


@pytest.fixture
def rig() -> Rig:
    return Rig()


def edited(rig: Rig, *, delivered: bool) -> Sent:
    """ann writes, dan joins, bob leaves, ann edits; the message's chunk is done before that, or after."""
    sent = rig.request("ann", SendMessage("c", None, "the text", GROUP))
    if delivered:
        rig.settle()
    rig.join("dan")
    rig.leave("bob")
    rig.clock.advance(rig.world.times.call)
    rig.request("ann", EditMessage("e", GROUP, sent.position, "edited"))
    rig.settle()
    return sent


@pytest.mark.parametrize(("history", "told"), [(Seen.JOIN, {"ann", "cid"}), (Seen.ALL, {"ann", "cid", "dan"})])
@pytest.mark.parametrize("delivered", [True, False])
def test_an_edit_goes_to_who_may_see_the_message(rig: Rig, history: Seen, told: set[str], delivered: bool) -> None:
    rig.world.groups.all[GROUP] = replace(rig.world.groups.all[GROUP], history=history)
    sent = edited(rig, delivered=delivered)
    assert {owner for owner, text in rig.texts(GROUP, sent.position) if text == "edited"} == told


def test_a_reaction_says_nothing_of_the_message(rig: Rig) -> None:
    sent = rig.request("ann", SendMessage("c", None, "the text", GROUP))
    rig.join("dan")
    rig.request("cid", React("r", GROUP, sent.position, "👍"))
    rig.settle()
    assert [type(event) for event in rig.mailboxes.boxes["dan"].values()] == [Reaction]


def test_what_a_member_gets() -> None:
    at = [position(NOW + second * 1_000) for second in range(6)]
    member = Member("ann", (Stay(at[1], NOW + 4_000),))

    def message(place: str, edit: str | None = None) -> Message:
        return Message(GROUP, place, "bob", "c", "text", edited=edit)

    def edit(place: str, target: str) -> Edit:
        return Edit(GROUP, place, "bob", "e", target, "text")

    for history, before in ((Seen.JOIN, False), (Seen.ALL, True)):
        assert [member.gets(message(place), history) for place in at] == [False, True, True, True, False, False]
        assert member.gets(message(at[2], at[3]), history)
        assert not member.gets(message(at[2], at[4]), history)
        assert member.gets(edit(at[3], at[2]), history)
        assert member.gets(edit(at[3], at[0]), history) is before
        assert not member.gets(edit(at[4], at[2]), history)


@pytest.mark.parametrize("history", list(Seen))
def test_an_unsend_takes_the_text_from_whoever_was_told_of_it(rig: Rig, history: Seen) -> None:
    rig.world.groups.all[GROUP] = replace(rig.world.groups.all[GROUP], history=history)
    sent = edited(rig, delivered=True)
    rig.request("ann", UnsendMessage("u", GROUP, sent.position))
    rig.settle()
    assert rig.texts(GROUP, sent.position) == []
