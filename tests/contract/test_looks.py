"""When readers last looked: days on the halves of follows, and a note that never goes back."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.contract.engines import Stores
from tests.contract.made import position
from tidings.domain.errors import RetryLater
from tidings.domain.idle import UNSEEN, Seen, day_of


def follow(stores: Stores, follower: str, author: str, number: int = 1) -> None:
    assert stores.graph.follow(follower, author, position(stores.clock.now(), number), stores.fence())


def awake(stores: Stores, author: str, day: int) -> set[str]:
    return {each for _, page in stores.graph.audience(author, 0, None, seen_from=day) for each in page}


class TestLooks:
    def test_a_follow_is_fresh_and_a_refresh_goes_forward(self, stores: Stores) -> None:
        ann, bob, today = stores.user("ann"), stores.user("bob"), day_of(stores.clock.now())
        follow(stores, bob, ann)
        edge = stores.graph.edge(bob, ann)
        assert edge is not None
        assert awake(stores, ann, today) == awake(stores, ann, 0) == {bob}
        assert awake(stores, ann, today + 1) == set()
        for day in (today + 3, today + 2):
            stores.looks.refresh(bob, edge, day, stores.fence())
        assert awake(stores, ann, today + 3) == {bob}
        assert awake(stores, ann, today + 4) == set()

    def test_a_half_that_has_gone_is_not_brought_back(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        follow(stores, bob, ann)
        edge = stores.graph.edge(bob, ann)
        assert edge is not None
        stores.graph.unfollow(bob, ann, position(stores.clock.now(), 2), stores.fence())
        stores.looks.refresh(bob, edge, 30_000, stores.fence())
        assert awake(stores, ann, 0) == set()

    def test_following_again_is_fresh_again(self, stores: Stores) -> None:
        ann, bob, today = stores.user("ann"), stores.user("bob"), day_of(stores.clock.now())
        follow(stores, bob, ann)
        stores.clock.advance(9 * 86_400_000)
        follow(stores, bob, ann, 2)
        assert awake(stores, ann, today + 9) == {bob}

    def test_a_note_never_goes_back(self, stores: Stores) -> None:
        bob = stores.user("bob")
        assert stores.graph.reader(bob).seen == UNSEEN
        for day, at in ((7, 700), (5, 900), (8, 800)):
            stores.looks.note(bob, day, stores.fence())
            stores.looks.ask(bob, at, stores.fence())
        assert stores.graph.reader(bob).seen == Seen(8, 900)

    def test_follows_come_in_order_a_few_at_a_time(self, stores: Stores) -> None:
        bob = stores.user("bob")
        authors = sorted(stores.user(f"a{number}") for number in range(7))
        for author in authors:
            follow(stores, bob, author)
        stores.graph.unfollow(bob, authors[2], position(stores.clock.now(), 2), stores.fence())
        stores.graph.follow(authors[0], bob, position(stores.clock.now(), 3), stores.fence())
        for strong in (False, True):
            found, after = list[str](), None
            while True:
                page, after = stores.looks.follows(bob, after, 3, strong=strong)
                found += [edge.author for edge in page]
                assert all(edge == stores.graph.edge(bob, edge.author) for edge in page)
                if after is None:
                    break
            assert found == [*authors[:2], *authors[3:]]
            assert all(one < other for one, other in pairwise(found))
        assert stores.looks.follows(stores.user("nobody"), None, 3, strong=True) == ([], None)

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        ann, bob = stores.user("ann"), stores.user("bob")
        follow(stores, bob, ann)
        edge = stores.graph.edge(bob, ann)
        assert edge is not None
        with pytest.raises(RetryLater):
            stores.looks.refresh(bob, edge, 30_000, stores.stale())
        for write in (stores.looks.note, stores.looks.ask):
            with pytest.raises(RetryLater):
                write(bob, 30_000, stores.stale())
        assert awake(stores, ann, 30_000) == set()
        assert stores.graph.reader(bob).seen == UNSEEN
