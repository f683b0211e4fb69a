"""`Memberships`: watermarks only move forward."""

from __future__ import annotations

import pytest

from tests.contract.engines import Stores
from tests.contract.made import position
from tidings.domain.errors import RetryLater
from tidings.domain.events import ReceiptKind
from tidings.domain.watermark import Watermark

READ, DELIVERED = ReceiptKind.READ, ReceiptKind.DELIVERED
CHAT = "dm#a#b"


def mark(stores: Stores, where: int, when: int) -> Watermark:
    return Watermark(position(stores.clock.now(), where), when)


class TestMemberships:
    def test_there_is_no_mark_at_first(self, stores: Stores) -> None:
        assert stores.memberships.watermarks(stores.user("bob"), CHAT) == {}

    def test_kinds_and_conversations_are_apart(self, stores: Stores) -> None:
        bob = stores.user("bob")
        first, second = mark(stores, 1, 10), mark(stores, 2, 20)
        assert stores.memberships.advance(bob, CHAT, DELIVERED, second, stores.fence()) is None
        assert stores.memberships.advance(bob, CHAT, READ, first, stores.fence()) is None
        assert stores.memberships.advance(bob, "dm#a#c", READ, second, stores.fence()) is None
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
        assert answer == (None if moves else standing)
        assert stores.memberships.watermarks(bob, CHAT) == {READ: new if moves else standing}

    def test_times_are_compared_as_numbers(self, stores: Stores) -> None:
        bob = stores.user("bob")
        stores.memberships.advance(bob, CHAT, READ, mark(stores, 1, 9), stores.fence())
        assert stores.memberships.advance(bob, CHAT, READ, mark(stores, 1, 10), stores.fence()) is None

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        bob = stores.user("bob")
        with pytest.raises(RetryLater):
            stores.memberships.advance(bob, CHAT, READ, mark(stores, 1, 1), stores.stale())
        assert stores.memberships.watermarks(bob, CHAT) == {}
