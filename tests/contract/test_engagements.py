"""`Engagements`: registers, and counts that change with them and with nothing else."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.contract.engines import DynamoStores, Stores
from tests.contract.made import all_pages, flat, position, post
from tidings.domain.engagement import MANY, SHARDS, Counts, Engagement
from tidings.domain.errors import RetryLater
from tidings.domain.position import FIRST, LAST
from tidings.domain.posts import Post, PostRef
from tidings.storage import keys

LIKE, REPOST = Engagement.LIKE, Engagement.REPOST


def original(stores: Stores) -> Post:
    mine = post(stores.user("a/b"), position(stores.clock.now()))
    assert stores.posts.append(mine, stores.fence()) is None
    return mine


def later(stores: Stores, number: int) -> str:
    return position(stores.clock.now() + number)


def counted(stores: Stores, ref: PostRef, user: str = "ann") -> Counts:
    return stores.engagements.counts(stores.user(user), [ref])[ref]


def like(stores: Stores, user: str, ref: PostRef, number: int, *, on: bool = True) -> str:
    """What stands then."""
    at = later(stores, number)
    return stores.engagements.put(stores.user(user), LIKE, ref, at, stores.fence(), on=on).position


def reposting(stores: Stores, user: str, ref: PostRef, number: int) -> Post:
    return replace(post(stores.user(user), later(stores, number), ""), repost_of=ref)


def answering(stores: Stores, user: str, ref: PostRef, number: int) -> Post:
    return replace(post(stores.user(user), later(stores, number), "well"), reply_to=ref, root=ref)


class TestLikes:
    def test_a_like_is_counted_once_and_no_more_when_taken_back(self, stores: Stores) -> None:
        ref, ann = original(stores).ref, stores.user("ann")
        assert stores.engagements.get(ann, LIKE, ref) is None
        assert counted(stores, ref) == Counts()
        for number in (1, 1, 2):
            like(stores, "ann", ref, number)
        assert counted(stores, ref) == Counts(likes=1, liked=True)
        assert counted(stores, ref, "bob") == Counts(likes=1)
        like(stores, "bob", ref, 1)
        assert counted(stores, ref, "cid") == Counts(likes=2)
        for number in (3, 3, 4):
            like(stores, "ann", ref, number, on=False)
        assert counted(stores, ref) == Counts(likes=1)
        engaged = stores.engagements.get(ann, LIKE, ref)
        assert engaged is not None
        assert (engaged.on, engaged.position) == (False, later(stores, 4))

    def test_the_later_position_stands_whatever_comes_first(self, stores: Stores) -> None:
        ref = original(stores).ref
        assert like(stores, "ann", ref, 5, on=False) == later(stores, 5)
        assert like(stores, "ann", ref, 3) == later(stores, 5)
        assert counted(stores, ref) == Counts()
        assert like(stores, "ann", ref, 6) == later(stores, 6)
        assert like(stores, "ann", ref, 8) == later(stores, 8)
        assert like(stores, "ann", ref, 7, on=False) == later(stores, 8), "the like was renewed after it"
        assert counted(stores, ref) == Counts(likes=1, liked=True)

    def test_a_passed_fence_changes_nothing(self, stores: Stores) -> None:
        ref, ann = original(stores).ref, stores.user("ann")
        with pytest.raises(RetryLater):
            stores.engagements.put(ann, LIKE, ref, later(stores, 1), stores.stale(), on=True)
        assert stores.engagements.get(ann, LIKE, ref) is None
        assert counted(stores, ref) == Counts()

    def test_many_posts_at_once(self, stores: Stores) -> None:
        refs = [PostRef(stores.user("ann"), later(stores, number)) for number in range(50)]
        for number, ref in enumerate(refs[:5]):
            like(stores, "bob", ref, 100 + number)
        found = stores.engagements.counts(stores.user("bob"), refs)
        assert [found[ref].likes for ref in refs] == 5 * [1] + 45 * [0]
        assert [found[ref].liked for ref in refs] == 5 * [True] + 45 * [False]

    @pytest.mark.parametrize("seed", range(4))
    def test_in_any_order_and_however_often_the_last_position_decides(self, stores: Stores, seed: int) -> None:
        chance, ref = random.Random(seed), original(stores).ref
        frames = [(user, number, chance.random() < 0.5) for user in ("ann", "bob") for number in range(1, 6)]
        arriving = frames * 2
        chance.shuffle(arriving)
        for user, number, on in arriving:
            like(stores, user, ref, number, on=on)
        liked = {user: on for user, number, on in frames if number == 5}
        for user, on in liked.items():
            assert counted(stores, ref, user) == Counts(likes=sum(liked.values()), liked=on)


class TestReposts:
    def test_a_repost_is_a_post_and_counted_with_it(self, stores: Stores) -> None:
        ref, bob = original(stores).ref, stores.user("bob")
        mine = reposting(stores, "bob", ref, 1)
        for _ in range(2):
            stands = stores.engagements.put(bob, REPOST, ref, mine.position, stores.fence(), on=True, repost=mine)
            assert (stands.on, stands.post) == (True, mine.position)
        assert stores.posts.get(bob, mine.position, strong=True) == mine
        assert counted(stores, ref, "bob") == Counts(reposts=1, reposted=True)
        again = reposting(stores, "bob", ref, 2)
        stands = stores.engagements.put(bob, REPOST, ref, again.position, stores.fence(), on=True, repost=again)
        assert (stands.position, stands.post) == (again.position, mine.position), "one per user and post"
        assert stores.posts.get(bob, again.position, strong=True) is None
        stands = stores.engagements.put(bob, REPOST, ref, later(stores, 3), stores.fence(), on=False)
        assert not stands.on
        assert stores.posts.get(bob, mine.position, strong=True) == replace(mine, text=None)
        assert counted(stores, ref, "bob") == Counts()

    def test_another_post_at_its_position_is_not_overwritten(self, stores: Stores) -> None:
        ref, bob = original(stores).ref, stores.user("bob")
        mine = reposting(stores, "bob", ref, 1)
        stores.posts.append(post(bob, mine.position, "mine"), stores.fence())
        with pytest.raises(RetryLater):
            stores.engagements.put(bob, REPOST, ref, mine.position, stores.fence(), on=True, repost=mine)
        assert stores.engagements.get(bob, REPOST, ref) is None
        assert counted(stores, ref, "bob") == Counts()

    def test_deleting_the_post_takes_the_repost_back(self, stores: Stores) -> None:
        ref, bob = original(stores).ref, stores.user("bob")
        first, second = reposting(stores, "bob", ref, 1), reposting(stores, "bob", ref, 5)
        stores.engagements.put(bob, REPOST, ref, first.position, stores.fence(), on=True, repost=first)
        for _ in range(2):
            stores.engagements.withdraw(first, later(stores, 2), stores.fence())
            assert stores.posts.get(bob, first.position, strong=True) == replace(first, text=None)
            assert counted(stores, ref, "bob") == Counts()
        stores.engagements.put(bob, REPOST, ref, second.position, stores.fence(), on=True, repost=second)
        stores.engagements.withdraw(first, later(stores, 6), stores.fence())
        assert counted(stores, ref, "bob") == Counts(reposts=1, reposted=True), "that was an earlier one"


class TestReplies:
    def test_a_reply_is_listed_and_counted(self, stores: Stores) -> None:
        ref = original(stores).ref
        mine = answering(stores, "bob", ref, 1)
        assert stores.engagements.answer(mine, stores.fence()) is None
        assert stores.engagements.answer(mine, stores.fence()) == mine
        assert stores.posts.get(mine.author, mine.position, strong=True) == mine
        assert stores.engagements.replies(ref, FIRST, LAST, 10) == ([mine.ref], None)
        assert counted(stores, ref) == Counts(replies=1)
        for _ in range(2):
            stores.engagements.retract(mine, stores.fence())
            assert stores.posts.get(mine.author, mine.position, strong=True) == replace(mine, text=None)
            assert stores.engagements.replies(ref, FIRST, LAST, 10) == ([], None)
            assert counted(stores, ref) == Counts()
        assert stores.engagements.answer(mine, stores.fence()) == replace(mine, text=None), "and stays deleted"

    def test_pages_of_replies_go_down_to_the_first(self, stores: Stores) -> None:
        ref = original(stores).ref
        written = [answering(stores, f"user{number % 3}", ref, number) for number in range(1, 24)]
        for each in written:
            stores.engagements.answer(each, stores.fence())
        pages = all_pages(lambda before: stores.engagements.replies(ref, FIRST, before, 10))
        assert flat(pages) == [each.ref for each in reversed(written)]
        assert [len(page) for page in pages] == [10, 10, 3]

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        ref = original(stores).ref
        mine = answering(stores, "bob", ref, 1)
        with pytest.raises(RetryLater):
            stores.engagements.answer(mine, stores.stale())
        assert stores.posts.get(mine.author, mine.position, strong=True) is None
        stores.engagements.answer(mine, stores.fence())
        with pytest.raises(RetryLater):
            stores.engagements.retract(mine, stores.stale())
        assert counted(stores, ref) == Counts(replies=1)


class TestCounters:
    """DynamoDB only: the fake has no counters to grow."""

    def test_a_post_with_many_gets_more_counters_and_loses_nothing(self, stores: Stores) -> None:
        if not isinstance(stores, DynamoStores):
            return
        ref = original(stores).ref
        like(stores, "ann", ref, 1)
        stores.client.update_item(
            TableName=keys.ENGAGEMENTS.name,
            Key={"owner": {"S": keys.counters(str(ref), 0)}, "item": {"S": keys.COUNTS}},
            UpdateExpression="ADD likes :n",
            ExpressionAttributeValues={":n": {"N": str(MANY - 1)}},
        )
        users = [f"user{number}" for number in range(40)]
        for number, user in enumerate(users):
            like(stores, user, ref, number)
        shards = {
            found.shard for user in users if (found := stores.engagements.get(stores.user(user), LIKE, ref)) is not None
        }
        assert len(shards) > SHARDS // 2
        assert counted(stores, ref) == Counts(likes=MANY + 40, liked=True)
        for user in ("ann", *users):
            like(stores, user, ref, 1_000, on=False)
        assert counted(stores, ref) == Counts(likes=MANY - 1)
