"""`Graph`, what is known of authors: their path, what was measured, their residue, and how often people read."""

from dataclasses import replace

import pytest

from tests.contract.engines import Stores
from tests.contract.made import position
from tidings.domain.authors import Author, ReadRate
from tidings.domain.errors import RetryLater
from tidings.domain.events import Path


class TestAuthors:
    def test_nobody_knows_of_an_author_at_first(self, stores: Stores) -> None:
        ann = stores.user("ann")
        assert stores.authors.get(ann, strong=True) == Author(ann)
        assert stores.authors.followers(Author(ann)) == 0

    def test_an_author_turns_if_they_stand_as_they_did(self, stores: Stores) -> None:
        ann, now, fence = stores.user("ann"), stores.clock.now(), stores.fence()
        first = Author(ann)
        marking = replace(first, pulled_from=now)
        assert stores.authors.turn(first, marking, fence)
        assert not stores.authors.turn(first, replace(first, pulled_from=now + 1), fence)
        pulled = replace(marking, path=Path.PULL, crossed=now + 5)
        assert stores.authors.turn(marking, pulled, fence)
        assert not stores.authors.turn(marking, pulled, fence)
        assert stores.authors.get(ann, strong=True) == pulled
        leaving = replace(pulled, path=Path.PUSH, leaving=now + 9, crossed=now + 9)
        assert stores.authors.turn(pulled, leaving, fence)
        assert not stores.authors.turn(marking, pulled, fence), "on the way back is not on the way there"
        back = replace(leaving, pulled_from=0, leaving=0)
        assert stores.authors.turn(leaving, back, fence)
        assert stores.authors.get(ann, strong=True) == back
        assert stores.authors.turn(first, marking, fence), "what changed meanwhile but the path is no hindrance"

    def test_what_was_measured_later_stands_and_the_path_stays(self, stores: Stores) -> None:
        ann, now, fence = stores.user("ann"), stores.clock.now(), stores.fence()
        stores.authors.turn(Author(ann), Author(ann, pulled_from=now), fence)
        measured = Author(ann, weighed=now, weighed_followers=7, weighed_first=3, post_rate=1_500, read_rate=200)
        assert stores.authors.weigh(measured, fence)
        assert not stores.authors.weigh(replace(measured, weighed=now - 1, post_rate=1), fence)
        assert stores.authors.get(ann, strong=False) == replace(measured, pulled_from=now)

    def test_what_is_known_of_an_author_is_no_follower(self, stores: Stores) -> None:
        ann, bob, now = stores.user("ann"), stores.user("bob"), stores.clock.now()
        stores.authors.turn(Author(ann), Author(ann, pulled_from=now), stores.fence())
        assert [*stores.graph.audience(ann, 0, None)] == []
        stores.graph.follow(bob, ann, position(now), stores.fence())
        assert [*stores.graph.audience(ann, 0, None)] == [(0, [bob])]
        assert stores.graph.shards(ann) == 1
        assert stores.authors.get(ann, strong=True) == Author(ann, followers=1, pulled_from=now)

    def test_followers_are_counted_in_all_shards(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()
        stores.graph.follow(stores.user("early"), ann, position(now), stores.fence())
        stores.split(ann, 4)
        for number in range(20):
            stores.graph.follow(stores.user(f"u{number}"), ann, position(now), stores.fence())
        author = stores.authors.get(ann, strong=True)
        assert author.shards == 4
        assert author.followers < 21
        assert stores.authors.followers(author) == 21

    def test_nothing_is_written_past_the_fence(self, stores: Stores) -> None:
        ann, now = Author(stores.user("ann")), stores.clock.now()
        with pytest.raises(RetryLater):
            stores.authors.turn(ann, replace(ann, pulled_from=now), stores.stale())
        with pytest.raises(RetryLater):
            stores.authors.weigh(replace(ann, weighed=now), stores.stale())
        with pytest.raises(RetryLater):
            stores.rates.put(ann.user_id, ReadRate(1, now), stores.stale())
        with pytest.raises(RetryLater):
            stores.residue.enter(ann.user_id, "bob", now, stores.stale())
        assert stores.authors.get(ann.user_id, strong=True) == ann
        assert not stores.residue.holds(ann.user_id, "bob")


def members(stores: Stores, author: str, after: str | None = None, *, dropped: bool = False) -> list[str]:
    return [reader for page in stores.residue.members(author, after, dropped=dropped) for reader in page]


class TestResidue:
    def test_readers_come_in_key_order_after_a_key(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()
        assert members(stores, ann) == []
        crowd = [stores.user(f"r{number}") for number in range(5)]
        for reader in reversed(crowd):
            for _ in range(2):
                stores.residue.enter(ann, reader, now, stores.fence())
        assert members(stores, ann) == crowd
        assert members(stores, ann, crowd[2]) == crowd[3:]
        assert [*stores.graph.audience(ann, 0, None)] == []

    def test_who_has_left_is_still_found_by_a_delete(self, stores: Stores) -> None:
        ann, bob, now, fence = stores.user("ann"), stores.user("bob"), stores.clock.now(), stores.fence()
        stores.residue.leave(ann, bob, now, fence)
        assert not stores.residue.holds(ann, bob)
        stores.residue.enter(ann, bob, now, fence)
        stores.residue.leave(ann, bob, now, fence)
        assert members(stores, ann) == [bob]
        assert stores.residue.holds(ann, bob)

    def test_who_is_dropped_is_found_by_a_delete_alone(self, stores: Stores) -> None:
        ann, bob, now, fence = stores.user("ann"), stores.user("bob"), stores.clock.now(), stores.fence()
        assert stores.residue.drop(ann, bob, fence) is None
        assert members(stores, ann, dropped=True) == []
        stores.residue.enter(ann, bob, now, fence)
        dropped = stores.clock.now()
        for _ in range(2):
            assert stores.residue.drop(ann, bob, stores.fence()) == dropped
            stores.clock.advance(1_000)
            assert members(stores, ann) == []
            assert members(stores, ann, dropped=True) == [bob]
            assert not stores.residue.holds(ann, bob)
        stores.residue.enter(ann, bob, now, fence)
        assert members(stores, ann) == [bob]
        assert stores.residue.holds(ann, bob)
        assert stores.residue.drop(ann, bob, stores.fence()) == stores.clock.now()


def test_rates_are_put_and_found(stores: Stores) -> None:
    bob, cid, now = stores.user("bob"), stores.user("cid"), stores.clock.now()
    assert stores.graph.reader(bob).rate == ReadRate()
    assert dict(stores.rates.get([])) == {}
    for reads in (32, 64):
        stores.rates.put(bob, ReadRate(reads, now), stores.fence())
    assert stores.graph.reader(bob).rate == ReadRate(64, now)
    assert dict(stores.rates.get([bob, cid, bob])) == {bob: ReadRate(64, now)}
