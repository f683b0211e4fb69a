"""Whatever overtakes whatever, and whoever dies where: in the end every home timeline is what it has to be."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.timelines.chaos import USERS, Chaos, OneEdge, OnePost

seeds = st.integers(0, 2**32)


def check(chaos: Chaos) -> None:
    """Each home timeline holds the posts that are not deleted, one's own and of those one follows, and no others."""
    rig = chaos.rig
    alive = [post for post in rig.posts.posts.values() if post.text is not None]
    for user in USERS:
        followed = {author for (who, author), edge in rig.graph.edges.items() if who == user and edge.following}
        expected = sorted((post.position for post in alive if post.author in {user, *followed}), reverse=True)
        assert rig.feed(user) == expected, user
        assert rig.home(user, limit=3) == expected, user
        assert rig.graph.removals.get(user, {}) == {}


@settings(max_examples=100, deadline=None)
@given(seeds)
def test_every_interleaving_converges(seed: int) -> None:
    chaos = Chaos(Random(seed))
    chaos.run(60)
    chaos.settle()
    check(chaos)


@settings(max_examples=100, deadline=None)
@given(seeds)
def test_one_post_and_one_edge_under_heavy_traffic(seed: int) -> None:
    """The same with nearly nothing in the world, so that everything that happens happens to the same few items."""
    chaos = OneEdge(Random(seed))
    chaos.run(50)
    chaos.settle()
    check(chaos)


@settings(max_examples=100, deadline=None)
@given(seeds)
def test_a_delete_beats_every_copy(seed: int) -> None:
    chaos = OnePost(Random(seed))
    chaos.run(40)
    chaos.settle()
    check(chaos)
