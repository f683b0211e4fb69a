"""The index of a term, from nothing to live, while posts arrive.

    woken at `mark`     workers hear of the term within `REMEMBERED_MS`, and write postings from then on
    build               a walk down through all recent posts, newest first; each step is noted, and told to who waits
        ... `T` and `REMEMBERED_MS` after the mark: whoever had not heard of the term has entered their post by now ...
    settle              a second walk, from the top to `mark` minus `T` minus the time after which a post counts as
                        late: what was entered behind the first walk's back
    live

What is missed by a worker was entered after the mark (else the first walk finds it), before `mark` + `T` +
`REMEMBERED_MS`, and is younger than that bound (else the worker asked afresh): the second walk finds it.  Both walks
read strongly.  Postings and notes are harmless twice, so either job may die anywhere and be done again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tidings.domain.position import LAST, floor, ms_of
from tidings.domain.posts import Post, PostRef
from tidings.domain.search import Posting, Recent, Term
from tidings.domain.stamp import Fence, Times
from tidings.ports.search import SearchIndex
from tidings.ports.timelines import Posts
from tidings.ports.world import Clock, Meter
from tidings.services.fanout.jobs import TaskJob
from tidings.services.fanout.kinds import Task
from tidings.services.search.awake import REMEMBERED_MS
from tidings.services.search.telling import Telling
from tidings.services.search.waking import BUILD
from tidings.services.search.words import words_of

SETTLE: Final = "index.settle"
STEP: Final = 1_000
"""Recent posts that are read, and searched for the terms, at a time."""
PATIENCE_MS: Final = 20_000
"""How long one job walks; then it goes on as another."""


class _Walk:
    """Reads recent posts and writes postings for those that hold one of some terms."""

    def __init__(
        self, index: SearchIndex, posts: Posts, telling: Telling, clock: Clock, meter: Meter, times: Times
    ) -> None:
        self._index = index
        self._posts = posts
        self._telling = telling
        self._clock = clock
        self._meter = meter
        self._times = times

    def _awake(self, job: TaskJob) -> dict[str, Term]:
        """Those of the job's terms whose waking is the job's."""
        awake = self._index.terms()
        mark = ms_of(job.position)
        return {term: awake[term] for term in job.owner.split(" ") if term in awake and awake[term].mark == mark}

    def _step(self, terms: Mapping[str, Term], before: str, after: str, fence: Fence) -> str | None:
        """Look at the recent posts just below `before`.  Down to where; None: to `after`."""
        found, level = self._index.recent(before, after, STEP)
        cut = self._posts.many([PostRef(each.author, each.position) for each in found if each.cut], strong=True)
        postings = []
        for each in found:
            held = words_of(_whole(each, cut)).terms
            postings += [(term, Posting(each.position, each.author)) for term in terms if term in held]
        self._index.enter(postings, fence)
        self._meter.count("SearchWalked", len(found))
        return level

    def _fence(self, stamp: int) -> Fence:
        return Fence(stamp, self._times, self._clock.now)


class Build(_Walk):
    """The walk through all that is recent."""

    def run(self, job: TaskJob) -> TaskJob | None:
        """Go on where the terms say.  What is left of it: in the end the settling."""
        began, mark = self._clock.now(), ms_of(job.position)
        bottom = floor(mark - self._index.horizon_ms)
        terms = self._awake(job)
        while terms:
            before = max(term.covered for term in terms.values())
            if before <= bottom:
                return replace(job, of=SETTLE, due=mark + self._times.settle + REMEMBERED_MS, tries=0)
            now = self._clock.now()
            if now > began + PATIENCE_MS:
                return replace(job, tries=0)
            fence = self._fence(now)
            level = self._step(terms, before, bottom, fence) or bottom
            noted = {term: self._index.cover(term, mark, level, now, fence) for term in terms}
            terms = {term: state for term, state in noted.items() if state is not None}
            self._telling.tell(terms.values(), level == bottom)
        return None


class Settle(_Walk):
    """The walk through what may have been missed; then the terms are live.  `bound_ms` later than its stamp a post
    counts as late."""

    def __init__(
        self,
        index: SearchIndex,
        posts: Posts,
        telling: Telling,
        clock: Clock,
        meter: Meter,
        times: Times,
        bound_ms: int,
    ) -> None:
        super().__init__(index, posts, telling, clock, meter, times)
        self._bound = bound_ms

    def run(self, job: TaskJob) -> TaskJob | None:
        """Go on at the job's cursor.  What is left of it."""
        began, mark = self._clock.now(), ms_of(job.position)
        after = floor(mark - self._bound - self._times.settle)
        terms, at = self._awake(job), job.cursor or LAST
        while terms:
            now = self._clock.now()
            if now > began + PATIENCE_MS:
                return replace(job, cursor=at, tries=0)
            fence = self._fence(now)
            level = self._step(terms, at, after, fence)
            if level is None:
                live = [self._index.go_live(term, mark, now, fence) for term in terms]
                self._telling.tell([term for term in live if term is not None], True)
                return None
            at = level
        return None


def _whole(post: Recent, cut: Mapping[PostRef, Post]) -> str:
    """The text of a post: where only its beginning is kept, what the post itself says."""
    if not post.cut:
        return post.text
    found = cut.get(PostRef(post.author, post.position))
    return (found.text or "") if found is not None else ""


def building_tasks(
    index: SearchIndex,
    posts: Posts,
    telling: Telling,
    clock: Clock,
    meter: Meter,
    times: Times,
    bound_ms: int,
) -> dict[str, Task]:
    """What workers do for terms."""
    return {
        BUILD: Build(index, posts, telling, clock, meter, times),
        SETTLE: Settle(index, posts, telling, clock, meter, times, bound_ms),
    }
