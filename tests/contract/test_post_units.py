"""What the stores of posts and engagements cost a call, in DynamoDB's units."""

from __future__ import annotations

from dataclasses import replace

from tests.contract.made import position, post
from tests.contract.test_units import UUID, Metered, metered
from tidings.domain.engagement import MANY, SHARDS, Engagement
from tidings.domain.position import FIRST, LAST
from tidings.domain.posts import PostRef
from tidings.storage import keys

__all__ = ["metered"]

ANN, BOB = f"ann-{UUID}", f"bob-{UUID}"


def test_engagements(metered: Metered) -> None:
    to, now = metered.stores, metered.stores.clock.now()
    ref, fence = PostRef(ANN, position(now)), to.fence()
    like, repost = Engagement.LIKE, Engagement.REPOST
    mine = replace(post(BOB, position(now, 2), ""), repost_of=ref)
    assert metered.cost(to.engagements.put, BOB, like, ref, position(now, 1), fence, on=True) == (4, 1)
    assert metered.cost(to.engagements.put, BOB, like, ref, position(now, 1), fence, on=True) == (0, 1)
    assert metered.cost(to.engagements.put, BOB, like, ref, position(now, 3), fence, on=True) == (2, 1)
    assert metered.cost(to.engagements.put, BOB, repost, ref, mine.position, fence, on=True, repost=mine) == (6, 1)
    assert metered.cost(to.engagements.get, BOB, like, ref) == (0, 1)
    assert metered.cost(to.engagements.counts, BOB, [ref]) == (0, 1.5)
    assert metered.cost(to.engagements.put, BOB, like, ref, position(now, 4), fence, on=False) == (4, 1)
    assert metered.cost(to.engagements.put, BOB, repost, ref, position(now, 5), fence, on=False) == (6, 1)
    answer = replace(post(BOB, position(now, 6), "x" * 700), reply_to=ref, root=ref)
    assert metered.cost(to.engagements.answer, answer, fence) == (6, 0.5)
    assert metered.cost(to.engagements.replies, ref, FIRST, LAST, 20) == (0, 0.5)
    assert metered.cost(to.engagements.retract, answer, fence) == (6, 1)
    assert metered.cost(to.engagements.retract, answer, fence) == (0, 1)


def test_a_post_with_many_counters_is_read_whole(metered: Metered) -> None:
    to, now = metered.stores, metered.stores.clock.now()
    ref = PostRef(ANN, position(now))
    to.client.put_item(
        TableName=keys.ENGAGEMENTS.name,
        Item={
            "owner": {"S": keys.counters(str(ref), 0)},
            "item": {"S": keys.COUNTS},
            "likes": {"N": str(MANY)},
        },
    )
    split = metered.cost(to.engagements.put, BOB, Engagement.LIKE, ref, position(now, 1), to.fence(), on=True)
    assert split == (5, 1), "once: that there are more from now on"
    assert metered.cost(to.engagements.counts, BOB, [ref]) == (0, 1.5 + (SHARDS - 1) * 0.5)


def test_a_page_of_replies_is_half_a_unit_each(metered: Metered) -> None:
    to, now = metered.stores, metered.stores.clock.now()
    refs = []
    for number in range(20):
        mine = post(BOB, position(now, number), "x" * 600)
        to.posts.append(mine, to.fence())
        refs.append(mine.ref)
    assert metered.cost(to.posts.many, refs) == (0, 10)
