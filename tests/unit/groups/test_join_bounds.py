"""Who is full, or has come and gone too often, is not added; and leaves all the same."""

from __future__ import annotations

import pytest

from tests.contract.made import position
from tests.unit.groups.rig import EVERYBODY, HOUR, Rig
from tidings.domain.errors import Forbidden
from tidings.domain.events import Change
from tidings.domain.groups import STAYS, Member, Stay
from tidings.domain.pulled import OWN_ROOM, ROOM, Marks

OLD = "g#oooooooooooooooo"


@pytest.fixture
def rig() -> Rig:
    return Rig(*EVERYBODY)


def fill(rig: Rig, user_id: str, notes: int) -> None:
    """Let somebody have so many notes."""
    now = rig.clock.now()
    stays = {position(now - HOUR - n): now for n in range(notes)}
    rig.world.mailboxes.marks[user_id] = {OLD: Marks(OLD, stays)}


def test_who_is_full_is_left_out_of_a_new_group(rig: Rig) -> None:
    fill(rig, "bob", ROOM)
    done = rig.actions.create(rig.caller("ann"), "c", ["bob", "cid"], (("title", "Team"),))
    assert done.not_added == ("bob",)
    assert set(rig.roles(done.conversation_id)) == {"ann", "cid"}
    assert rig.told(done.conversation_id)[-1].users == ("ann", "cid")
    assert set(rig.world.mailboxes.marks["bob"]) == {OLD}


def test_who_is_full_is_not_added_and_the_others_are(rig: Rig) -> None:
    chat = rig.create("ann")
    fill(rig, "bob", ROOM)
    assert rig.add("ann", chat, "bob", "cid").not_added == ("bob",)
    assert set(rig.roles(chat)) == {"ann", "cid"}
    assert (rig.group(chat).members, rig.told(chat)[-1].users) == (2, ("cid",))


def test_where_only_they_were_asked_nothing_is_told(rig: Rig) -> None:
    chat = rig.create("ann")
    fill(rig, "bob", ROOM)
    done = rig.add("ann", chat, "bob")
    assert done.not_added == ("bob",)
    assert [event.change for event in rig.told(chat)] == [Change.CREATED]
    assert rig.world.log.entries[chat, done.position].event is None
    assert set(rig.world.mailboxes.marks["bob"]) == {OLD}


def test_who_is_full_comes_into_a_group_of_their_own(rig: Rig) -> None:
    fill(rig, "ann", OWN_ROOM - 1)
    assert set(rig.roles(rig.create("ann", "bob"))) == {"ann", "bob"}


def test_and_at_last_into_none_of_which_nothing_is_left(rig: Rig) -> None:
    fill(rig, "ann", OWN_ROOM)
    for _ in range(2):
        with pytest.raises(Forbidden):
            rig.actions.create(rig.caller("ann"), "c", ["bob"], (("title", "Team"),))
    assert not rig.world.groups.all
    assert not rig.world.log.entries
    assert "bob" not in rig.world.mailboxes.marks


def test_who_is_over_full_leaves_and_is_removed(rig: Rig) -> None:
    chat = rig.create("ann", "bob", "cid")
    for name in ("bob", "cid"):
        fill(rig, name, 2 * ROOM)
    rig.leave("bob", chat)
    rig.remove("ann", chat, "cid")
    assert set(rig.roles(chat)) == {"ann"}
    for name in ("bob", "cid"):
        assert list(rig.noted(chat, name).values()) == [rig.member(chat, name).stays[-1].left]


@pytest.mark.parametrize("stays", [STAYS, STAYS + 20])
def test_who_has_come_and_gone_too_often_is_not_added_again(rig: Rig, stays: int) -> None:
    chat = rig.create("ann", "bob")
    first = rig.clock.now() - HOUR
    before = tuple(
        Stay(position(first + 10 * n), first + 10 * n + 5, position(first + 10 * n + 4)) for n in range(stays)
    )
    rig.world.members.all[chat]["bob"] = Member("bob", before[1:])
    came = rig.add("ann", chat, "bob")
    assert came.not_added == (("bob",) if stays > STAYS else ())
    if stays == STAYS:
        rig.leave("bob", chat)
        assert rig.add("ann", chat, "bob").not_added == ("bob",)
    assert not rig.member(chat, "bob").present


def test_who_is_in_it_more_often_than_that_leaves(rig: Rig) -> None:
    chat = rig.create("ann", "bob")
    first = rig.clock.now() - HOUR
    past = tuple(
        Stay(position(first + 10 * n), first + 10 * n + 5, position(first + 10 * n + 4)) for n in range(STAYS + 9)
    )
    rig.world.members.all[chat]["bob"] = Member("bob", (*past, *rig.member(chat, "bob").stays))
    rig.leave("bob", chat)
    assert not rig.member(chat, "bob").present
