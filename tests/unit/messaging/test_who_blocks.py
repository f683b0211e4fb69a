"""Who has blocked whom, as presence, groups and typing ask."""

from tests.contract.made import position
from tests.fakes import FakeWorld, watched
from tidings.domain.conversation import direct_id
from tidings.services.blocks import Blocks

PEOPLE = ("ann", "bob", "cid", "dan")


def block(world: FakeWorld, who: str, whom: str, blocked: bool = True) -> None:
    at = position(world.clock.advance(1))
    world.memberships.set(who, direct_id(who, whom), {"blocked": blocked}, at, world.fence())


def test_against_is_one_way_and_either_is_both() -> None:
    world = FakeWorld()
    blocks = Blocks(world.memberships)
    block(world, "bob", "ann")
    block(world, "ann", "cid")
    block(world, "dan", "ann")
    block(world, "dan", "ann", blocked=False)
    assert blocks.against("ann", PEOPLE) == {"bob"}
    assert blocks.against("cid", PEOPLE) == {"ann"}
    assert blocks.either("ann", PEOPLE) == {"bob", "cid"}
    assert blocks.either("bob", PEOPLE) == {"ann"}
    assert blocks.either("dan", PEOPLE) == frozenset()


def test_only_those_who_are_asked_about_and_nobody_blocks_themselves() -> None:
    world = FakeWorld()
    blocks = Blocks(world.memberships)
    block(world, "bob", "ann")
    assert blocks.against("ann", ["cid"]) == blocks.either("ann", ["cid"]) == frozenset()
    assert blocks.against("ann", ["ann"]) == blocks.either("ann", ["ann"]) == frozenset()
    assert blocks.either("ann", (each for each in ["bob", "bob"])) == {"bob"}


def test_all_are_read_in_one_batch_one_row_a_pair_or_two() -> None:
    world = FakeWorld()
    asked: list[str] = []
    blocks = Blocks(watched(world.memberships, before=asked.append))
    blocks.against("ann", PEOPLE)
    blocks.either("ann", PEOPLE)
    assert asked == ["many", "many"]
