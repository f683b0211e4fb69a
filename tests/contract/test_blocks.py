"""`Graph`, the blocks: a register by position in the partition of whoever blocks."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.contract.engines import Stores
from tests.contract.made import position
from tidings.domain.errors import RetryLater
from tidings.ports import Block


def at(stores: Stores, number: int) -> str:
    return position(stores.clock.now(), number)


def listed(stores: Stores, owner: str, limit: int) -> list[list[str]]:
    pages: list[list[str]] = []
    after: str | None = None
    while True:
        page, after = stores.blocks.page(owner, after, limit)
        pages.append(page)
        if after is None:
            return pages


class TestBlocks:
    def test_a_block_and_its_end(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        assert stores.blocks.get(ann, bob) is None
        assert stores.blocks.put(ann, Block(bob, at(stores, 1)), stores.fence())
        assert stores.blocks.get(ann, bob) == Block(bob, at(stores, 1))
        assert stores.blocks.get(bob, ann) is None
        assert stores.blocks.put(ann, Block(bob, at(stores, 2), blocking=False), stores.fence())
        assert stores.blocks.get(ann, bob) == Block(bob, at(stores, 2), blocking=False)

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_whatever_the_order_the_last_position_stands(self, stores: Stores, order: tuple[int, ...]) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        blocks = [Block(bob, at(stores, number), number != 1) for number in order]
        stood = [stores.blocks.put(ann, block, stores.fence()) for block in blocks]
        assert stood == [number == max(order[: i + 1]) for i, number in enumerate(order)]
        assert stores.blocks.get(ann, bob) == Block(bob, at(stores, 2))
        assert stores.blocks.put(ann, Block(bob, at(stores, 2)), stores.fence()), "the same once more stands, too"

    @pytest.mark.parametrize("strong", [True, False])
    def test_between_is_the_same_from_both_sides(self, stores: Stores, strong: bool) -> None:
        ann, bob, cid, dan = (stores.user(name) for name in ("ann", "bob", "cid", "dan"))
        stores.blocks.put(ann, Block(bob, at(stores, 1)), stores.fence())
        stores.blocks.put(cid, Block(ann, at(stores, 1)), stores.fence())
        stores.blocks.put(ann, Block(dan, at(stores, 1), blocking=False), stores.fence())
        assert stores.blocks.between(ann, [bob, cid, dan, bob], strong=strong) == {bob, cid}
        for other in (bob, cid):
            assert stores.blocks.between(other, [ann], strong=strong) == {ann}
        assert stores.blocks.between(dan, [ann], strong=strong) == frozenset()
        assert stores.blocks.between(bob, [cid], strong=strong) == frozenset()
        assert stores.blocks.between(bob, [], strong=strong) == frozenset()

    def test_the_list_in_order_of_user_ids_without_what_has_ended(self, stores: Stores) -> None:
        ann = stores.user("ann")
        names = [stores.user(f"u{number}") for number in range(9)]
        for name in reversed(names):
            stores.blocks.put(ann, Block(name, at(stores, 1)), stores.fence())
        for name in names[2:4]:
            stores.blocks.put(ann, Block(name, at(stores, 2), blocking=False), stores.fence())
        stores.graph.follow(ann, stores.user("author"), at(stores, 1), stores.fence())
        stores.graph.unfollow(ann, stores.user("author"), at(stores, 2), stores.fence())
        left = names[:2] + names[4:]
        for limit in (1, 3, 7, 20):
            pages = listed(stores, ann, limit)
            assert [name for page in pages for name in page] == left
            assert all(len(page) <= limit for page in pages)
        assert listed(stores, names[0], 5) == [[]]

    def test_odd_user_ids(self, stores: Stores) -> None:
        ann = stores.user("ann")
        odd = sorted(["~", "~~a", "!", "blocks", "edge", ":x", "a.b[0]"])
        for name in odd:
            stores.blocks.put(ann, Block(name, at(stores, 1)), stores.fence())
        assert listed(stores, ann, 3) == [odd[:3], odd[3:6], odd[6:]]

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        with pytest.raises(RetryLater):
            stores.blocks.put(ann, Block(bob, at(stores, 1)), stores.stale())
        assert stores.blocks.get(ann, bob) is None
