"""Reactions: one a (message, user), the later one stands, and they are read for a page of messages at once."""

from __future__ import annotations

import pytest

from tests.contract.engines import Stores
from tests.contract.made import position
from tidings.domain.conversation import direct_id
from tidings.domain.errors import RetryLater
from tidings.domain.events import Reaction
from tidings.ports import StandingReaction


def reaction(stores: Stores, message: int, user: str, emoji: str, seconds: int = 60) -> Reaction:
    """A reaction to message number `message`."""
    chat = direct_id(stores.user("ann"), stores.user("bob"))
    now = stores.clock.now()
    place = position(now + seconds * 1_000)
    return Reaction(chat, place, stores.user(user), "r", position(now, message), emoji)


def page(
    stores: Stores, low: int, high: int, limit: int = 100
) -> tuple[list[tuple[str, str, str]], StandingReaction | str | None]:
    """Targets, users and emojis; none of what was taken back."""
    now = stores.clock.now()
    chat = direct_id(stores.user("ann"), stores.user("bob"))
    found, further = stores.reactions.page(chat, position(now, low), position(now, high), limit)
    return [(each.target, each.user_id, each.emoji) for each in found if each.emoji], further


def row(made: Reaction) -> tuple[str, str, str]:
    return made.target, made.sender, made.emoji


def test_a_page_has_those_of_its_messages_newest_first(stores: Stores) -> None:
    made = [reaction(stores, number, user, "👍") for number in range(5) for user in ("ann", "bob")]
    for each in made:
        stores.reactions.put(each, stores.fence())
    assert page(stores, 1, 3) == ([row(each) for each in reversed(made[2:8])], None)
    assert page(stores, 7, 9) == ([], None)


def test_a_page_that_is_cut_says_where(stores: Stores) -> None:
    made = [reaction(stores, number, user, "👍") for number in range(3) for user in ("ann", "bob")]
    for each in made:
        stores.reactions.put(each, stores.fence())
    found, further = page(stores, 0, 2, limit=3)
    assert (found, further) == ([row(each) for each in reversed(made[3:])], made[3].target)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_the_later_one_stands(stores: Stores, order: tuple[int, int]) -> None:
    for seconds in order:
        stores.reactions.put(reaction(stores, 0, "ann", f"{seconds}\u20e3", seconds), stores.fence())
    assert page(stores, 0, 0)[0] == [row(reaction(stores, 0, "ann", "2\u20e3"))]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_one_that_was_taken_back_is_gone_for_good(stores: Stores, order: tuple[int, int]) -> None:
    stores.reactions.put(reaction(stores, 0, "bob", "👍"), stores.fence())
    for seconds in order:
        stores.reactions.put(reaction(stores, 0, "ann", "👍" if seconds == 1 else "", seconds), stores.fence())
    assert page(stores, 0, 0)[0] == [row(reaction(stores, 0, "bob", "👍"))]
    stores.reactions.put(reaction(stores, 0, "ann", "❤️", 3), stores.fence())
    assert len(page(stores, 0, 0)[0]) == 2


def test_ones_own(stores: Stores) -> None:
    made = reaction(stores, 0, "ann", "👍")
    where = (made.conversation_id, made.target, made.sender)
    assert stores.reactions.of(*where) is None
    stores.reactions.put(made, stores.fence(), withheld=True)
    assert stores.reactions.of(*where) == StandingReaction(made.target, made.sender, made.position, "👍", withheld=True)
    found, _ = stores.reactions.page(made.conversation_id, made.target, made.target, 9)
    assert found == [stores.reactions.of(*where)]
    stores.reactions.put(reaction(stores, 0, "ann", "", 61), stores.fence())
    assert stores.reactions.of(*where) is None


@pytest.mark.parametrize("emoji", ["❤️", ""])
@pytest.mark.parametrize("order", [(False, True), (True, False)])
def test_a_withheld_one_stands_beside_what_is_shown(stores: Stores, emoji: str, order: tuple[bool, bool]) -> None:
    shown, withheld = reaction(stores, 0, "ann", "👍", 1), reaction(stores, 0, "ann", emoji, 2)
    for hidden in order:
        stores.reactions.put(withheld if hidden else shown, stores.fence(), withheld=hidden)
    found, _ = stores.reactions.page(shown.conversation_id, shown.target, shown.target, 9)
    assert {(each.position, each.emoji, each.withheld) for each in found} == {
        (shown.position, "👍", False),
        (withheld.position, emoji, True),
    }
    own = stores.reactions.of(shown.conversation_id, shown.target, shown.sender)
    assert (own.emoji if own else "") == emoji, "the later one is its author's"
    stores.reactions.put(reaction(stores, 0, "ann", "🎉", 3), stores.fence())
    own = stores.reactions.of(shown.conversation_id, shown.target, shown.sender)
    assert own is not None
    assert own.emoji == "🎉"


def test_a_passed_fence_writes_nothing(stores: Stores) -> None:
    with pytest.raises(RetryLater):
        stores.reactions.put(reaction(stores, 0, "ann", "👍"), stores.stale())
    assert page(stores, 0, 0) == ([], None)
