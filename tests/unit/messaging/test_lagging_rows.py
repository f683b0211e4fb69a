"""Rows are read eventually consistent: what has just begun is there all the same."""

from __future__ import annotations

import pytest

from tests.fakes.memberships import FakeMemberships
from tests.unit.messaging.rig import Rig
from tidings.domain.errors import NotFound
from tidings.ports import Membership

PAIR = "dm#ann#bob"


class Lagging(FakeMemberships):
    """An eventually consistent read sees nothing yet."""

    def get(self, user_id: str, conversation_id: str, *, strong: bool = False) -> Membership | None:
        return super().get(user_id, conversation_id, strong=strong) if strong else None


@pytest.fixture
def rig(rig: Rig) -> Rig:
    """Everybody reads rows that lag."""
    rig.world.memberships = Lagging()
    rig.build()
    return rig


def test_a_first_message_can_be_changed_and_answered_to_at_once(rig: Rig) -> None:
    sent = rig.send("ann", "bob")
    assert rig.edit("ann", sent, "HELLO").conversation_id == PAIR
    assert rig.react("bob", sent, "👍").conversation_id == PAIR
    assert rig.unsend("ann", sent).conversation_id == PAIR


def test_a_first_message_s_conversation_can_be_pinned_at_once(rig: Rig) -> None:
    rig.send("ann", "bob")
    rig.set("bob", PAIR, pinned=True)
    row = rig.world.memberships.get("bob", PAIR, strong=True)
    assert row is not None
    assert row.pinned


def test_what_has_not_begun_is_not_there(rig: Rig) -> None:
    with pytest.raises(NotFound):
        rig.rooms.of(rig.caller("ann"), PAIR)
    with pytest.raises(NotFound):
        rig.set("ann", PAIR, pinned=True)
