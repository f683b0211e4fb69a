"""Whose posts a reader may see."""

from __future__ import annotations

import pytest

from tests.contract.made import position
from tests.fakes import FakeWorld
from tidings.domain.profile import ProfileChange
from tidings.ports import Block
from tidings.services.visibility import Visibility


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


def private(world: FakeWorld, user: str, number: int, on: bool = True) -> None:
    world.profiles.set(user, ProfileChange(private=on), position(world.clock.now(), number), world.fence())


class TestVisibility:
    def test_everybody_is_seen_who_says_nothing(self, world: FakeWorld) -> None:
        sees = Visibility(world.users, world.graph, world.blocks)
        assert sees.hidden("ann", ["bob", "cid", "bob"]) == frozenset()
        assert sees.hidden("ann", []) == frozenset()

    def test_a_block_hides_both_ways(self, world: FakeWorld) -> None:
        sees = Visibility(world.users, world.graph, world.blocks)
        world.blocks.put("ann", Block("bob", position(world.clock.now())), world.fence())
        assert sees.hidden("ann", ["bob", "cid"]) == {"bob"}
        assert sees.hidden("bob", ["ann", "cid"]) == {"ann"}

    def test_a_private_author_is_seen_by_followers_only(self, world: FakeWorld) -> None:
        sees, now = Visibility(world.users, world.graph, world.blocks), world.clock.now()
        private(world, "ann", 1)
        world.graph.follow("bob", "ann", position(now, 1), world.fence())
        world.graph.follow("ann", "cid", position(now, 1), world.fence())
        assert sees.hidden("bob", ["ann"]) == frozenset()
        assert sees.hidden("cid", ["ann"]) == {"ann"}, "whom a private author follows sees nothing for that"
        world.graph.unfollow("bob", "ann", position(now, 2), world.fence())
        assert sees.hidden("bob", ["ann"]) == {"ann"}
        private(world, "ann", 2, on=False)
        assert sees.hidden("bob", ["ann"]) == frozenset()

    def test_a_block_goes_before_a_follow(self, world: FakeWorld) -> None:
        sees, now = Visibility(world.users, world.graph, world.blocks), world.clock.now()
        private(world, "ann", 1)
        world.graph.follow("bob", "ann", position(now, 1), world.fence())
        world.blocks.put("ann", Block("bob", position(now, 2)), world.fence())
        assert sees.hidden("bob", ["ann"]) == {"ann"}

    def test_nobody_is_hidden_from_themselves(self, world: FakeWorld) -> None:
        private(world, "ann", 1)
        assert Visibility(world.users, world.graph, world.blocks).hidden("ann", ["ann"]) == frozenset()
