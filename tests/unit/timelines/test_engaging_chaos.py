"""Whoever dies where, whatever overtakes whatever: what was done is counted once and shown to whom it is for."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.timelines.chaos import USERS
from tests.unit.timelines.engaging import Engaging
from tidings.domain.engagement import Engagement
from tidings.domain.posts import Post
from tidings.domain.timeline import mentions_of


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_every_interleaving_converges(seed: int) -> None:
    world = Engaging(Random(seed))
    world.run(60)
    world.settle()
    alive = [post for post in world.rig.posts.posts.values() if post.text is not None]
    counted(world, alive)
    last_like_decides(world, alive)
    shown(world, alive)


def counted(world: Engaging, alive: list[Post]) -> None:
    """Counts are what they count, and a register of a repost stands for exactly one post."""
    engagements = world.rig.world.engagements
    on = [(kind, user, ref) for (user, kind, ref), each in engagements.registers.items() if each.on]
    for ref in {post.original for post in world.rig.posts.posts.values()}:
        numbers = {name: engagements.numbers[ref, name] for name in ("likes", "reposts", "replies")}
        assert numbers == {
            "likes": sum(each[0] is Engagement.LIKE and each[2] == ref for each in on),
            "reposts": sum(each[0] is Engagement.REPOST and each[2] == ref for each in on),
            "replies": sum(post.reply_to == ref for post in alive),
        }
        assert engagements.answers.get(ref, set()) == {post.ref for post in alive if post.reply_to == ref}
    passed_on = sorted((post.author, str(post.repost_of)) for post in alive if post.repost_of is not None)
    assert passed_on == sorted((user, str(ref)) for kind, user, ref in on if kind is Engagement.REPOST)


def last_like_decides(world: Engaging, alive: list[Post]) -> None:
    """Of posts that are still there: of a deleted one a frame may have failed after it was carried out."""
    there = {post.ref for post in alive}
    for (user, ref), frames in world.liked.items():
        engaged = world.rig.world.engagements.get(user, Engagement.LIKE, ref)
        if ref in there:
            assert engaged is not None
            assert (engaged.position, engaged.on) == max(frames)


def shown(world: Engaging, alive: list[Post]) -> None:
    """Homes hold what their owners are to see, mentions what tells them."""
    rig = world.rig
    for user in USERS:
        followed = {user} | {author for (who, author), edge in rig.graph.edges.items() if who == user}
        mine = [post for post in alive if post.author in followed]
        expected = [post.position for post in mine if post.author == user or post.answers in (None, *followed)]
        assert rig.home(user, limit=3) == sorted(expected, reverse=True), user
        told = sorted((post.position for post in alive if user in post.told), reverse=True)
        assert rig.feed(mentions_of(user)) == told, user
