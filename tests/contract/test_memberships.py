"""`Memberships`: watermarks only move forward."""

from __future__ import annotations

import pytest

from tests.contract.engines import Stores
from tests.contract.made import position
from tidings.domain.errors import RetryLater
from tidings.domain.events import ReceiptKind
from tidings.domain.watermark import Watermark
from tidings.ports import Advance, Membership

DELIVERED, READ, SEEN = ReceiptKind.DELIVERED, ReceiptKind.READ, ReceiptKind.SEEN
CHAT = "dm#a#b"


def mark(stores: Stores, where: int, when: int) -> Watermark:
    return Watermark(position(stores.clock.now(), where), when)


class TestMemberships:
    def test_there_is_no_mark_at_first(self, stores: Stores) -> None:
        assert stores.memberships.watermarks(stores.user("bob"), CHAT) == {}

    def test_kinds_and_conversations_are_apart(self, stores: Stores) -> None:
        bob = stores.user("bob")
        first, second = mark(stores, 1, 10), mark(stores, 2, 20)
        assert stores.memberships.advance(bob, CHAT, DELIVERED, second, stores.fence()) == Advance(True, None)
        assert stores.memberships.advance(bob, CHAT, READ, first, stores.fence()).moved
        assert stores.memberships.advance(bob, "dm#a#c", READ, second, stores.fence()).moved
        assert stores.memberships.watermarks(bob, CHAT) == {READ: first, DELIVERED: second}

    @pytest.mark.parametrize(
        ("where", "when", "moves"),
        [
            (6, 50, True),
            (5, 60, True),
            (6, 60, True),
            (5, 50, False),
            (4, 50, False),
            (5, 40, False),
            (4, 60, False),
            (6, 40, False),
        ],
    )
    def test_marks_move_forward_in_both_parts_or_not_at_all(
        self, stores: Stores, where: int, when: int, moves: bool
    ) -> None:
        bob = stores.user("bob")
        standing, new = mark(stores, 5, 50), mark(stores, where, when)
        stores.memberships.advance(bob, CHAT, READ, standing, stores.fence())
        answer = stores.memberships.advance(bob, CHAT, READ, new, stores.fence())
        assert answer == Advance(moves, Membership(CHAT, marks={READ: standing}))
        assert stores.memberships.watermarks(bob, CHAT) == {READ: new if moves else standing}

    def test_times_are_compared_as_numbers(self, stores: Stores) -> None:
        bob = stores.user("bob")
        stores.memberships.advance(bob, CHAT, READ, mark(stores, 1, 9), stores.fence())
        assert stores.memberships.advance(bob, CHAT, READ, mark(stores, 1, 10), stores.fence()).moved

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        bob = stores.user("bob")
        with pytest.raises(RetryLater):
            stores.memberships.advance(bob, CHAT, READ, mark(stores, 1, 1), stores.stale())
        assert stores.memberships.watermarks(bob, CHAT) == {}

    def test_who_has_blocked_the_other_side_moves_nothing_but_what_is_hidden(self, stores: Stores) -> None:
        bob, to, now = stores.user("bob"), stores.memberships, stores.clock.now()
        old, new = mark(stores, 1, 10), mark(stores, 2, 20)
        to.advance(bob, CHAT, READ, old, stores.fence())
        to.set(bob, CHAT, {"blocked": True}, position(now, 50), stores.fence())
        blocked = Membership(CHAT, marks={READ: old}, blocked=True, blocked_at=position(now, 50))
        assert to.advance(bob, CHAT, READ, new, stores.fence()) == Advance(False, blocked)
        assert to.advance(bob, CHAT, DELIVERED, new, stores.fence()) == Advance(False, blocked)
        assert to.advance(bob, CHAT, SEEN, new, stores.fence()) == Advance(True, blocked)
        to.set(bob, CHAT, {"blocked": False}, position(now, 51), stores.fence())
        assert to.advance(bob, CHAT, READ, new, stores.fence()).moved
        open_again = Membership(CHAT, marks={READ: new, SEEN: new}, blocked_at=position(now, 51))
        assert to.get(bob, CHAT, strong=True) == open_again

    def test_where_a_row_must_have_been_begun(self, stores: Stores) -> None:
        bob, to, now = stores.user("bob"), stores.memberships, stores.clock.now()
        first, second = mark(stores, 1, 10), mark(stores, 2, 20)
        assert to.advance(bob, CHAT, READ, first, stores.fence(), begun=True) == Advance(False, None)
        assert to.get(bob, CHAT, strong=True) is None
        to.set(bob, CHAT, {"pinned": True}, position(now, 50), stores.fence())
        assert to.advance(bob, CHAT, READ, first, stores.fence(), begun=True) == Advance(
            False, Membership(CHAT, pinned=True)
        )
        to.begin(bob, CHAT, position(now, 51), stores.fence())
        assert to.advance(bob, CHAT, READ, first, stores.fence(), begun=True).moved
        to.end(bob, CHAT, position(now, 52), stores.fence())
        assert to.advance(bob, CHAT, READ, second, stores.fence(), begun=True).moved, "what was received is confirmed"

    def test_an_end_may_come_before_its_begin(self, stores: Stores) -> None:
        bob, to, now = stores.user("bob"), stores.memberships, stores.clock.now()
        to.end(bob, CHAT, position(now, 52), stores.fence())
        to.begin(bob, CHAT, position(now, 51), stores.fence())
        row = to.get(bob, CHAT)
        assert row is not None
        assert row.left
        assert row.since, "or else it would stand in no list of conversations"
        assert to.advance(bob, CHAT, READ, mark(stores, 1, 10), stores.fence(), begun=True).moved

    @pytest.mark.parametrize("strong", [False, True])
    def test_many_rows(self, stores: Stores, strong: bool) -> None:
        crowd, to = [stores.user(f"u{number}") for number in range(120)], stores.memberships
        for user_id in crowd[::2]:
            to.advance(user_id, CHAT, READ, mark(stores, 1, 10), stores.fence())
        found = to.many(((user_id, CHAT) for user_id in [*crowd, *crowd]), strong=strong)
        assert found == {(user_id, CHAT): Membership(CHAT, marks={READ: mark(stores, 1, 10)}) for user_id in crowd[::2]}

    def test_a_row_says_who_set_what_and_when_it_began_and_ended(self, stores: Stores) -> None:
        bob, to, now = stores.user("bob"), stores.memberships, stores.clock.now()
        places = [position(now, number) for number in range(8)]
        to.begin(bob, CHAT, places[1], stores.fence())
        to.set(bob, CHAT, {"pinned": True, "muted_until": 7}, places[2], stores.fence())
        to.set(bob, CHAT, {"pinned": False}, places[3], stores.fence())
        to.set(bob, CHAT, {"muted_until": 9}, places[0], stores.fence())
        row = to.get(bob, CHAT)
        assert row is not None
        assert (row.pinned, row.muted_until) == (False, 7)
        assert row.set_at == {"pinned": places[3], "muted_until": places[2]}
        assert (row.since, row.joined_at, row.left_at, row.left) == (places[1], places[1], "", False)
        to.end(bob, CHAT, places[4], stores.fence())
        to.begin(bob, CHAT, places[6], stores.fence())
        to.end(bob, CHAT, places[5], stores.fence())
        ([row], _) = to.page(bob, None, 10)
        assert (row.since, row.joined_at, row.left_at, row.left) == (places[1], places[6], "", False)
        to.end(bob, CHAT, places[7], stores.fence())
        row = to.many([(bob, CHAT)])[bob, CHAT]
        assert (row.since, row.joined_at, row.left_at, row.left) == (places[1], places[6], places[7], True)

    def test_all_that_is_hidden_by_conversation(self, stores: Stores) -> None:
        bob, to, now = stores.user("bob"), stores.memberships, stores.clock.now()
        assert to.all_hidden(bob) == {}
        wanted: dict[str, set[str]] = {}
        for number, chat in enumerate((CHAT, "dm#a#~x", "g#aaaaaaaaaaaaaaaa", CHAT)):
            to.hide(bob, chat, position(now, number), stores.fence())
            wanted.setdefault(chat, set()).add(position(now, number))
            to.begin(bob, chat, position(now, number), stores.fence())
        to.hide(stores.user("ann"), CHAT, position(now, 9), stores.fence())
        assert to.all_hidden(bob) == wanted
        assert len(to.page(bob, None, 10)[0]) == 3
