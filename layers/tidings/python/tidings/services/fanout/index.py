"""Posts as search sees them: `index` enters a post among the recent ones and gives it a posting for each of its terms
that is awake; `unindex` takes both away.

A term may be woken at any moment, so the order matters: first the recent post, then the question which terms are
awake.  Whoever has not heard of a term yet has entered the post before the walk that the term's index is completed by
(`tidings.services.fanout.building`).  A post that is done late asks afresh, for that walk does not look so far back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidings.domain.position import ms_of
from tidings.domain.posts import Post
from tidings.domain.search import Posting, Recent
from tidings.domain.stamp import Fence
from tidings.domain.timeline import excerpt
from tidings.ports.search import SearchIndex
from tidings.ports.streams import Shown
from tidings.ports.timelines import Posts
from tidings.ports.world import Clock
from tidings.services.fanout.jobs import PlanJob
from tidings.services.fanout.kinds import Apply, Effect, Kind, Subject, Wanted
from tidings.services.search.awake import AwakeTerms
from tidings.services.search.words import words_of

INDEX = "index"
UNINDEX = "unindex"


def index_rule(shown: Shown) -> Iterator[Wanted]:
    """A post that says something asks to be found, a tombstone not to be, twice."""
    if not isinstance(shown, Post) or shown.repost_of is not None:
        return
    if shown.text is None:
        yield Wanted(PlanJob(UNINDEX, shown.author, shown.position), again=True)
    elif shown.text:
        yield Wanted(PlanJob(INDEX, shown.author, shown.position))


class Author:
    """The audience of a post in search: one job, whatever the followers."""

    def first(self, subject: Subject) -> Sequence[str]:
        """The author."""
        return (subject.owner,)

    def members(self, subject: Subject, shard: int, after: str | None) -> Iterator[tuple[int, str]]:  # noqa: ARG002
        """Nobody else."""
        return iter(())


class IndexPost:
    """Enters a post.  One done more than `bound_ms` after its stamp is late."""

    def __init__(self, posts: Posts, index: SearchIndex, awake: AwakeTerms, clock: Clock, bound_ms: int) -> None:
        self._posts = posts
        self._index = index
        self._awake = awake
        self._clock = clock
        self._bound = bound_ms

    def prepare(self, subject: Subject) -> Apply | None:
        """Read the post strongly.  None for a tombstone."""
        post = self._posts.get(subject.owner, subject.position, strong=True)
        if post is None or not post.text:
            return None
        kept, cut = excerpt(post.text)
        whole, recent = post.text, Recent(post.author, post.position, kept, cut)

        def apply(_recipients: Sequence[str], fence: Fence) -> None:
            self._index.remember(recent, fence)
            late = self._clock.now() - ms_of(recent.position) > self._bound
            awake = self._awake.fresh() if late else self._awake.known()
            if awake:
                posting = Posting(recent.position, recent.author)
                self._index.enter([(term, posting) for term in sorted(words_of(whole).terms & awake.keys())], fence)

        return apply


class UnindexPost:
    """Takes a deleted post out.  A posting that is written just then stays, and says nothing: whoever finds it looks
    at the post."""

    def __init__(self, index: SearchIndex, awake: AwakeTerms) -> None:
        self._index = index
        self._awake = awake

    def prepare(self, subject: Subject) -> Apply | None:
        """Look which words it had, as far as they are known."""
        kept = self._index.recall(subject.owner, subject.position)

        def apply(_recipients: Sequence[str], fence: Fence) -> None:
            if kept is not None:
                terms = words_of(kept.text).terms & self._awake.fresh().keys()
                self._index.drop([(term, Posting(kept.position, kept.author)) for term in sorted(terms)], fence)
            self._index.forget(subject.owner, subject.position, fence)

        return apply


def index_kinds() -> dict[str, Kind]:
    """The registry's entries for search."""
    return {INDEX: Kind(Author()), UNINDEX: Kind(Author())}


def index_effects(
    posts: Posts, index: SearchIndex, awake: AwakeTerms, clock: Clock, bound_ms: int
) -> dict[str, Effect]:
    """What workers do for them."""
    return {INDEX: IndexPost(posts, index, awake, clock, bound_ms), UNINDEX: UnindexPost(index, awake)}
