"""`Graph`: mutes, and whom a home read does not show: named beside the registers, up to a most."""

from __future__ import annotations

from itertools import permutations
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.contract.engines import RETENTION_MS, DynamoStores, Stores
from tests.contract.made import position
from tidings.domain.errors import RetryLater
from tidings.ports import Block, Mute
from tidings.storage import keys
from tidings.storage.blocks import BlockStore, MuteStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def at(stores: Stores, number: int) -> str:
    return position(stores.clock.now(), number)


class TestMutes:
    def test_a_mute_and_its_end(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        assert stores.mutes.get(ann, bob) is None
        assert stores.mutes.put(ann, Mute(bob, at(stores, 1)), stores.fence())
        assert stores.mutes.get(ann, bob) == Mute(bob, at(stores, 1))
        assert stores.mutes.among(ann, [bob, ann]) == {bob}
        assert stores.mutes.among(bob, [ann]) == frozenset()
        assert (stores.graph.reader(ann).hidden, stores.graph.reader(bob).hidden) == ({bob}, frozenset())
        assert stores.mutes.put(ann, Mute(bob, at(stores, 2), muting=False), stores.fence())
        assert stores.mutes.get(ann, bob) == Mute(bob, at(stores, 2), muting=False)
        assert stores.mutes.among(ann, [bob]) == stores.graph.reader(ann).hidden == frozenset()

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_whatever_the_order_the_last_position_stands(self, stores: Stores, order: tuple[int, ...]) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        mutes = [Mute(bob, at(stores, number), number != 1) for number in order]
        stood = [stores.mutes.put(ann, mute, stores.fence()) for mute in mutes]
        assert stood == [number == max(order[: i + 1]) for i, number in enumerate(order)]
        assert stores.graph.reader(ann).hidden == {bob}

    def test_the_list_comes_in_pages_without_the_ended(self, stores: Stores) -> None:
        ann, crowd = stores.user("ann"), sorted(stores.user(f"u{n}") for n in range(9))
        for number, user in enumerate(crowd):
            stores.mutes.put(ann, Mute(user, at(stores, 1), number % 3 != 0), stores.fence())
        left = [user for number, user in enumerate(crowd) if number % 3]
        first, after = stores.mutes.page(ann, None, 4)
        assert first == left[:4]
        assert stores.mutes.page(ann, after, 4) == (left[4:], None)

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        with pytest.raises(RetryLater):
            stores.mutes.put(ann, Mute(bob, at(stores, 1)), stores.stale())
        assert stores.mutes.get(ann, bob) is None


class TestHidden:
    def test_a_block_hides_on_both_sides(self, stores: Stores) -> None:
        ann, bob, cid = (stores.user(name) for name in ("ann", "bob", "cid"))
        stores.blocks.put(ann, Block(bob, at(stores, 1)), stores.fence())
        stores.blocks.put(bob, Block(ann, at(stores, 1)), stores.fence())
        stores.blocks.put(cid, Block(ann, at(stores, 1)), stores.fence())
        assert stores.blocks.sides(ann, [bob, cid], strong=True) == ({bob}, {bob, cid})
        assert stores.graph.reader(ann).hidden == {bob, cid}
        assert stores.graph.reader(bob).hidden == stores.graph.reader(cid).hidden == {ann}
        stores.blocks.put(ann, Block(bob, at(stores, 2), blocking=False), stores.fence())
        assert stores.graph.reader(bob).hidden == {ann}, "the other block is still there"
        stores.blocks.put(bob, Block(ann, at(stores, 2), blocking=False), stores.fence())
        assert stores.graph.reader(ann).hidden == {cid}
        assert stores.graph.reader(bob).hidden == frozenset()

    def test_the_names_are_what_the_registers_say(self, stores: Stores) -> None:
        dice, people = Random(5), [stores.user(name) for name in ("ann", "bob", "cid")]
        for _ in range(60):
            owner, user = dice.sample(people, 2)
            where, on = position(stores.clock.now(), dice.randrange(90)), dice.random() < 0.6
            if dice.random() < 0.5:
                stores.blocks.put(owner, Block(user, where, on), stores.fence())
            else:
                stores.mutes.put(owner, Mute(user, where, on), stores.fence())
            stores.clock.advance(dice.randrange(2))
        for user in people:
            others = [each for each in people if each != user]
            expected = stores.blocks.between(user, others, strong=True) | stores.mutes.among(user, others)
            reader = stores.graph.reader(user)
            assert (reader.hidden, reader.more) == (expected, False)


class TestTooMany:
    """On DynamoDB only: the fakes' memory has no end."""

    def test_who_comes_later_is_not_named_and_the_reader_knows(self, table_engine: DynamoDBClient) -> None:
        stores = DynamoStores(table_engine)
        lists = BlockStore(table_engine, keys.GRAPH.name, stores.clock, RETENTION_MS, most=3)
        ann, crowd = stores.user("ann"), [stores.user(f"u{n}") for n in range(5)]
        for number, user in enumerate(crowd):
            assert lists.put(user, Block(ann, at(stores, 1)), stores.fence())
            assert stores.graph.reader(ann).more is (number >= 3)
        assert stores.graph.reader(ann).hidden == set(crowd[:3])
        assert lists.between(ann, crowd, strong=True) == set(crowd)
        for user in (crowd[4], crowd[0]):
            assert lists.put(user, Block(ann, at(stores, 2), blocking=False), stores.fence())
        assert stores.graph.reader(ann).hidden == set(crowd[1:3])
        assert lists.put(crowd[4], Block(ann, at(stores, 3)), stores.fence())
        reader = stores.graph.reader(ann)
        assert (reader.hidden, reader.more) == ({*crowd[1:3], crowd[4]}, True), "there is room again"
        assert stores.graph.reader(crowd[3]).hidden == {ann}, "the other side has room of its own"

    def test_mutes_likewise(self, table_engine: DynamoDBClient) -> None:
        stores = DynamoStores(table_engine)
        lists = MuteStore(table_engine, keys.GRAPH.name, stores.clock, RETENTION_MS, most=1)
        ann, bob, cid = (stores.user(name) for name in ("ann", "bob", "cid"))
        for user in (bob, cid):
            lists.put(ann, Mute(user, at(stores, 1)), stores.fence())
        reader = stores.graph.reader(ann)
        assert (reader.hidden, reader.more) == ({bob}, True)
        assert lists.among(ann, [bob, cid]) == {bob, cid}
        lists.put(ann, Mute(cid, at(stores, 2), muting=False), stores.fence())
        assert lists.among(ann, [bob, cid]) == stores.graph.reader(ann).hidden == {bob}
