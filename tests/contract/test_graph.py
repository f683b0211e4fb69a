"""`Graph`: an edge is a register by position; both halves and the removal filter change together."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.contract.engines import Stores
from tests.contract.made import position
from tidings.domain.errors import RetryLater
from tidings.ports import Edge


def at(stores: Stores, number: int) -> str:
    return position(stores.clock.now(), number)


def followers(stores: Stores, author: str, shards: int = 1) -> set[str]:
    return {each for shard in range(shards) for page in stores.graph.followers(author, shard, None) for each in page}


def audience(stores: Stores, author: str, shard: int, after: str | None) -> list[tuple[int, str]]:
    return [(at, each) for at, page in stores.graph.audience(author, shard, after) for each in page]


class TestGraph:
    def test_a_follow_has_two_halves(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        assert stores.graph.edge(bob, ann) is None
        assert followers(stores, ann) == set()
        assert stores.graph.follow(bob, ann, at(stores, 1), stores.fence()) == Edge(ann, at(stores, 1), 0, True)
        assert stores.graph.edge(bob, ann) == Edge(ann, at(stores, 1), 0, True)
        assert stores.graph.edge(ann, bob) is None
        assert followers(stores, ann) == {bob}
        assert followers(stores, bob) == set()
        assert stores.graph.reader(bob).removed == frozenset()

    def test_who_follows_whom_in_one_batch(self, stores: Stores) -> None:
        ann, bob, crowd = stores.user("ann"), stores.user("bob"), [stores.user(f"u{n}") for n in range(120)]
        stores.graph.follow(ann, bob, at(stores, 1), stores.fence())
        stores.graph.follow(ann, crowd[119], at(stores, 1), stores.fence())
        stores.graph.follow(ann, crowd[0], at(stores, 1), stores.fence())
        stores.graph.unfollow(ann, crowd[0], at(stores, 2), stores.fence())
        pairs = [(ann, bob), (bob, ann), (ann, bob), *((ann, each) for each in crowd)]
        assert stores.graph.following(pairs) == {(ann, bob), (ann, crowd[119])}
        assert stores.graph.following([]) == frozenset()

    def test_an_unfollow_leaves_a_tombstone_and_a_removal(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        stores.graph.follow(bob, ann, at(stores, 1), stores.fence())
        assert stores.graph.unfollow(bob, ann, at(stores, 2), stores.fence())
        assert stores.graph.edge(bob, ann) == Edge(ann, at(stores, 2), 0, False)
        assert followers(stores, ann) == set()
        assert stores.graph.reader(bob).removed == {ann}
        assert stores.graph.reader(ann).removed == frozenset()

    def test_following_again_takes_the_removal_away(self, stores: Stores) -> None:
        ann, bob, cid = (stores.user(name) for name in ("ann", "bob", "cid"))
        for author in (ann, cid):
            stores.graph.follow(bob, author, at(stores, 1), stores.fence())
            stores.graph.unfollow(bob, author, at(stores, 2), stores.fence())
        assert stores.graph.reader(bob).removed == {ann, cid}
        assert stores.graph.follow(bob, ann, at(stores, 3), stores.fence())
        assert stores.graph.reader(bob).removed == {cid}
        assert followers(stores, ann) == {bob}
        assert stores.graph.edge(bob, ann) == Edge(ann, at(stores, 3), 0, True)

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_whatever_the_order_the_last_position_stands(self, stores: Stores, order: tuple[int, ...]) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        stood = []
        for number in order:
            if number == 1:
                stood.append(stores.graph.unfollow(bob, ann, at(stores, number), stores.fence()))
            else:
                edge = stores.graph.follow(bob, ann, at(stores, number), stores.fence())
                stood.append(edge is not None and edge.position == at(stores, number))
        assert stood == [number == max(order[: i + 1]) for i, number in enumerate(order)]
        assert stores.graph.edge(bob, ann) == Edge(ann, at(stores, 2), 0, True)
        assert followers(stores, ann) == {bob}
        assert stores.graph.reader(bob).removed == frozenset()

    def test_an_unfollow_that_overtakes_its_follow_wins(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        assert stores.graph.unfollow(bob, ann, at(stores, 2), stores.fence())
        edge = Edge(ann, at(stores, 2), 0, False)
        assert stores.graph.follow(bob, ann, at(stores, 1), stores.fence()) == edge
        assert stores.graph.edge(bob, ann) == edge
        assert followers(stores, ann) == set()

    def test_the_same_request_twice_stands_and_changes_nothing(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        for _ in range(2):
            assert stores.graph.follow(bob, ann, at(stores, 1), stores.fence())
            assert followers(stores, ann) == {bob}
        for _ in range(2):
            assert stores.graph.unfollow(bob, ann, at(stores, 2), stores.fence())
            assert followers(stores, ann) == set()
            assert stores.graph.reader(bob).removed == {ann}

    def test_a_removal_is_cleared_by_the_unfollow_that_made_it(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        stores.graph.clear_removal(bob, ann, at(stores, 1), stores.fence())
        stores.graph.follow(bob, ann, at(stores, 1), stores.fence())
        stores.graph.unfollow(bob, ann, at(stores, 2), stores.fence())
        stores.graph.follow(bob, ann, at(stores, 3), stores.fence())
        stores.graph.unfollow(bob, ann, at(stores, 4), stores.fence())
        stores.graph.clear_removal(bob, ann, at(stores, 2), stores.fence())
        assert stores.graph.reader(bob).removed == {ann}
        stores.graph.clear_removal(bob, ann, at(stores, 4), stores.fence())
        assert stores.graph.reader(bob).removed == frozenset()
        stores.graph.clear_removal(bob, ann, at(stores, 4), stores.fence())

    def test_removals_hold_any_user_id(self, stores: Stores) -> None:
        bob, odd = stores.user("bob"), ["owner", "edge", "expires_at", "a.b[0]", "r", ":x"]
        for author in odd:
            stores.graph.unfollow(bob, author, at(stores, 1), stores.fence())
        assert stores.graph.reader(bob).removed == set(odd)

    def test_the_shard_is_chosen_once_and_left_from(self, stores: Stores) -> None:
        ann = stores.user("ann")
        early, late = ([stores.user(f"{name}{n}") for n in range(12)] for name in ("early", "late"))
        assert stores.graph.shards(ann) == 1
        for follower in early:
            stores.graph.follow(follower, ann, at(stores, 1), stores.fence())
        stores.split(ann, 4)
        assert stores.graph.shards(ann) == 4
        for follower in [*late, *early[:6]]:
            assert stores.graph.follow(follower, ann, at(stores, 2), stores.fence())
        for follower in early:
            edge = stores.graph.edge(follower, ann)
            assert edge is not None
            assert edge.shard == 0
        shards = [set().union(*stores.graph.followers(ann, shard, None)) for shard in range(4)]
        assert sum(map(len, shards)) == 24
        assert all(shards[1:])
        for follower in [*late, *early]:
            stores.graph.unfollow(follower, ann, at(stores, 3), stores.fence())
        assert followers(stores, ann, 4) == set()
        stores.graph.follow(early[0], ann, at(stores, 4), stores.fence())
        assert followers(stores, ann, 4) == {early[0]}

    def test_followers_come_in_key_order_after_a_key(self, stores: Stores) -> None:
        ann = stores.user("ann")
        stores.split(ann, 1)
        crowd = sorted(stores.user(f"f{n}") for n in range(15))
        for follower in crowd:
            stores.graph.follow(follower, ann, at(stores, 1), stores.fence())
        assert [each for page in stores.graph.followers(ann, 0, None) for each in page] == crowd
        assert [each for page in stores.graph.followers(ann, 0, crowd[4]) for each in page] == crowd[5:]
        assert list(stores.graph.followers(ann, 0, crowd[-1])) == []

    def test_an_audience_is_all_shards_from_anywhere_on(self, stores: Stores) -> None:
        ann, quiet = stores.user("ann"), stores.user("quiet")
        stores.split(ann, 3)
        crowd = {stores.user(f"f{n}") for n in range(15)}
        for follower in crowd:
            stores.graph.follow(follower, ann, at(stores, 1), stores.fence())
        whole = audience(stores, ann, 0, None)
        assert sorted(each for _, each in whole) == sorted(crowd)
        assert whole == sorted(whole)
        for place, (shard, follower) in enumerate(whole):
            assert audience(stores, ann, shard, follower) == whole[place + 1 :]
        assert audience(stores, ann, 1, None) == [each for each in whole if each[0] >= 1]
        assert audience(stores, ann, 3, None) == []
        assert audience(stores, quiet, 0, None) == []
        stores.graph.follow(min(crowd), quiet, at(stores, 2), stores.fence())
        assert audience(stores, quiet, 0, None) == [(0, min(crowd))]

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        with pytest.raises(RetryLater):
            stores.graph.follow(bob, ann, at(stores, 1), stores.stale())
        assert stores.graph.edge(bob, ann) is None
        assert followers(stores, ann) == set()
        stores.graph.follow(bob, ann, at(stores, 1), stores.fence())
        with pytest.raises(RetryLater):
            stores.graph.unfollow(bob, ann, at(stores, 2), stores.stale())
        assert followers(stores, ann) == {bob}
        stores.graph.unfollow(bob, ann, at(stores, 2), stores.fence())
        with pytest.raises(RetryLater):
            stores.graph.clear_removal(bob, ann, at(stores, 2), stores.stale())
        assert stores.graph.reader(bob).removed == {ann}
