"""`Graph` as people see it: requests, exact counts, lists in pages, and shards that come by themselves."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from random import Random

import pytest

from tests.contract.engines import FULL_SHARD, Stores
from tests.contract.made import position
from tidings.domain.edges import Edge
from tidings.ports import Counts

Page = Callable[[str | None], tuple[list[str], str | None]]


def at(stores: Stores, number: int) -> str:
    return position(stores.clock.now(), number)


def pages(page: Page) -> list[list[str]]:
    found: list[list[str]] = []
    after: str | None = None
    for _ in range(200):
        users, after = page(after)
        found.append(users)
        if after is None:
            return found
    raise AssertionError("the pages never end")


def everybody(page: Page) -> list[str]:
    return [user for users in pages(page) for user in users]


class TestRequests:
    def test_a_request_is_no_follow_until_it_is_accepted(self, stores: Stores) -> None:
        ann, bob, graph = stores.user("ann"), stores.user("bob"), stores.graph
        asked = Edge(ann, at(stores, 1), 0, False, requested=True)
        assert graph.ask(bob, ann, at(stores, 1), stores.fence()) == graph.edge(bob, ann) == asked
        assert graph.following([(bob, ann)]) == frozenset()
        assert stores.lists.asking([(bob, ann), (ann, bob)]) == {(bob, ann)}
        assert stores.lists.requests(ann, None, 10) == ([bob], None)
        assert list(graph.followers(ann, 0, None)) == []
        assert stores.lists.counts([ann, bob]) == {ann: Counts(), bob: Counts()}
        assert graph.answer(ann, bob, at(stores, 2), stores.fence(), accept=True)
        assert graph.edge(bob, ann) == Edge(ann, at(stores, 2), 0, True)
        assert graph.following([(bob, ann)]) == {(bob, ann)}
        assert stores.lists.requests(ann, None, 10) == ([], None)
        assert list(graph.followers(ann, 0, None)) == [[bob]]
        assert stores.lists.counts([ann, bob]) == {ann: Counts(followers=1), bob: Counts(following=1)}

    def test_a_request_is_declined_or_taken_back(self, stores: Stores) -> None:
        ann, bob, cid, graph = stores.user("ann"), stores.user("bob"), stores.user("cid"), stores.graph
        for who in (bob, cid):
            graph.ask(who, ann, at(stores, 1), stores.fence())
        assert graph.answer(ann, bob, at(stores, 2), stores.fence(), accept=False)
        assert graph.unfollow(cid, ann, at(stores, 2), stores.fence())
        for who in (bob, cid):
            assert graph.edge(who, ann) == Edge(ann, at(stores, 2), 0, False)
            assert not graph.answer(ann, who, at(stores, 3), stores.fence(), accept=True), "there is none any more"
        assert stores.lists.requests(ann, None, 10) == ([], None)
        assert graph.reader(bob).removed == frozenset()
        assert stores.lists.counts([ann]) == {ann: Counts()}

    def test_only_a_request_that_was_there_before_is_answered(self, stores: Stores) -> None:
        ann, bob, graph = stores.user("ann"), stores.user("bob"), stores.graph
        assert not graph.answer(ann, bob, at(stores, 1), stores.fence(), accept=True)
        assert graph.edge(bob, ann) is None
        graph.ask(bob, ann, at(stores, 3), stores.fence())
        assert not graph.answer(ann, bob, at(stores, 2), stores.fence(), accept=True)
        assert stores.lists.asking([(bob, ann)]) == {(bob, ann)}

    def test_who_follows_already_needs_not_ask(self, stores: Stores) -> None:
        ann, bob, graph = stores.user("ann"), stores.user("bob"), stores.graph
        graph.follow(bob, ann, at(stores, 1), stores.fence())
        assert graph.ask(bob, ann, at(stores, 2), stores.fence()) == Edge(ann, at(stores, 2), 0, True)
        assert stores.lists.requests(ann, None, 10) == ([], None)
        assert stores.lists.counts([ann]) == {ann: Counts(followers=1)}

    def test_asking_again_after_an_unfollow_leaves_the_removal(self, stores: Stores) -> None:
        ann, bob, graph = stores.user("ann"), stores.user("bob"), stores.graph
        graph.follow(bob, ann, at(stores, 1), stores.fence())
        graph.unfollow(bob, ann, at(stores, 2), stores.fence())
        graph.ask(bob, ann, at(stores, 3), stores.fence())
        assert graph.reader(bob).removed == {ann}
        graph.answer(ann, bob, at(stores, 4), stores.fence(), accept=True)
        assert graph.reader(bob).removed == frozenset()

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_whatever_the_order_the_last_position_stands(self, stores: Stores, order: tuple[int, ...]) -> None:
        ann, bob, graph = stores.user("ann"), stores.user("bob"), stores.graph
        acts = [graph.follow, graph.unfollow, graph.ask]
        for number in order:
            acts[number](bob, ann, at(stores, number), stores.fence())
        assert graph.edge(bob, ann) in (
            Edge(ann, at(stores, 2), 0, False, requested=True),
            Edge(ann, at(stores, 2), 0, True),
        )
        following = graph.following([(bob, ann)]) == {(bob, ann)}
        assert following is not bool(stores.lists.asking([(bob, ann)]))


class TestLists:
    def test_counts_are_exact_whatever_happens(self, stores: Stores) -> None:
        dice, people = Random(7), [stores.user(name) for name in ("ann", "bob", "cid", "dan")]
        graph, model = stores.graph, set[tuple[str, str]]()
        acts = (
            lambda a, b, where: graph.follow(a, b, where, stores.fence()),
            lambda a, b, where: graph.unfollow(a, b, where, stores.fence()),
            lambda a, b, where: graph.ask(a, b, where, stores.fence()),
            lambda a, b, where: graph.answer(b, a, where, stores.fence(), accept=True),
            lambda a, b, where: graph.answer(b, a, where, stores.fence(), accept=False),
        )
        for _ in range(60):
            follower, author = dice.sample(people, 2)
            dice.choice(acts)(follower, author, position(stores.clock.now(), dice.randrange(90)))
            stores.clock.advance(dice.randrange(2))
            edge = graph.edge(follower, author)
            (model.add if edge and edge.following else model.discard)((follower, author))
        assert stores.lists.counts(people) == {
            user: Counts(sum(author == user for _, author in model), sum(of == user for of, _ in model))
            for user in people
        }
        for user in people:
            following = everybody(lambda after, user=user: stores.lists.following(user, after, 2))
            assert following == sorted(author for of, author in model if of == user)
            followers = everybody(lambda after, user=user: stores.lists.followers(user, after, 2))
            assert sorted(followers) == sorted(of for of, author in model if author == user)

    def test_followers_come_in_pages_over_all_shards(self, stores: Stores) -> None:
        ann, crowd = stores.user("ann"), [stores.user(f"f{n}") for n in range(23)]
        stores.split(ann, 4)
        for follower in crowd:
            stores.graph.follow(follower, ann, at(stores, 1), stores.fence())
        for limit in (1, 5, 23, 50):
            found = pages(lambda after, limit=limit: stores.lists.followers(ann, after, limit))
            assert sorted(user for page in found for user in page) == sorted(crowd)
            assert all(len(page) <= limit for page in found)
        assert stores.lists.counts([ann])[ann] == Counts(followers=23)
        assert stores.lists.followers(stores.user("nobody"), None, 5) == ([], None)

    def test_whom_somebody_follows_without_tombstones(self, stores: Stores) -> None:
        bob, authors = stores.user("bob"), sorted(stores.user(f"a{n}") for n in range(12))
        for author in authors:
            stores.graph.follow(bob, author, at(stores, 1), stores.fence())
        for author in authors[2:9]:
            stores.graph.unfollow(bob, author, at(stores, 2), stores.fence())
        left = [*authors[:2], *authors[9:]]
        assert everybody(lambda after: stores.lists.following(bob, after, 2)) == left
        assert stores.lists.following(bob, None, 50) == (left, None)
        assert stores.lists.counts([bob])[bob] == Counts(following=5)

    def test_requests_come_in_pages(self, stores: Stores) -> None:
        ann, crowd = stores.user("ann"), sorted(stores.user(f"f{n}") for n in range(7))
        for follower in crowd:
            stores.graph.ask(follower, ann, at(stores, 1), stores.fence())
        assert everybody(lambda after: stores.lists.requests(ann, after, 3)) == crowd

    def test_shards_come_when_the_first_is_full(self, stores: Stores) -> None:
        ann, crowd = stores.user("ann"), [stores.user(f"f{n}") for n in range(FULL_SHARD + 20)]
        for follower in crowd[:FULL_SHARD]:
            stores.graph.follow(follower, ann, at(stores, 1), stores.fence())
        assert stores.graph.shards(ann) == 1
        for follower in crowd[FULL_SHARD:]:
            stores.graph.follow(follower, ann, at(stores, 1), stores.fence())
        assert stores.graph.shards(ann) == 4
        assert stores.lists.counts([ann])[ann] == Counts(followers=len(crowd))
        spread = [each for _, page in stores.graph.audience(ann, 0, None) for each in page]
        assert sorted(spread) == sorted(crowd)
        edges = [stores.graph.edge(follower, ann) for follower in crowd]
        assert {edge.shard for edge in edges[:FULL_SHARD] if edge} == {0}, "whoever has a place keeps it"
        assert {edge.shard for edge in edges[FULL_SHARD:] if edge} == {0, 1, 2, 3}
        for follower in crowd:
            stores.graph.unfollow(follower, ann, at(stores, 2), stores.fence())
        assert stores.lists.counts([ann])[ann] == Counts()
