"""Authors cross over: who outgrows what is pushed is pulled by their followers, and who does not any more is not.

    weigh   what the author has and does is measured, and the policy asked
    up      `pulled_from` is set: whoever follows from now on marks the author first
            ... T and the longest memory of an author pass: every follow that did not know it is written ...
            all followers are marked, or in the residue
            the path is set: posts are written with `pull`
    down    the path is set back: posts are written with `push`, and followers still mark
            ... the same time passes: nobody writes `pull` any more ...
            `pulled_from` is set back: nobody marks any more
            ... the same time passes: every mark that was made on the way is written ...
            all marks end, and the residue is left

So no post is ever written with `pull` that a follower might not look for, and no mark outlives its use.  Readers obey
the path on each post, whenever it was written.  Each step is a job that may be done twice: marks end once, and the
author is turned by condition.  A pull is named by when it began: what is late of one is nothing to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, Protocol

from tidings.domain.authors import DAY_MS, REMEMBERED_MS, Author
from tidings.domain.events import Path
from tidings.domain.policy import Policy
from tidings.domain.position import floor, ms_of
from tidings.domain.stamp import Fence, Times
from tidings.ports.pulling import Authors
from tidings.ports.timelines import Graph
from tidings.ports.world import Clock, Meter
from tidings.services.authors import WEIGH
from tidings.services.fanout.jobs import TaskJob
from tidings.services.fanout.kinds import Task
from tidings.services.pulling import Pulling
from tidings.services.rates import Rates
from tidings.services.threads import Threads

UP: Final = "author-up"
DOWN: Final = "author-down"
PATIENCE_MS: Final = 20_000
"""How long one job walks through followers; then it goes on as another."""
LOST_MS: Final = 2 * DAY_MS
"""No walk takes so long."""
SLICE: Final = 16
"""Followers at the same time."""
_WALK: Final = "0#"
"""The cursor at the beginning of a walk: a shard and a user id."""
_LEFT: Final = "residue"
"""Stands for a shard in the cursor of a way down on which all marks have ended."""
_TURNED: Final = "turned"
"""The cursor of a way down on which posts are written with `push` again."""


class Weighing:
    """Measures an author, and begins a crossing where the policy asks for one."""

    def __init__(self, authors: Authors, rates: Rates, policy: Policy, clock: Clock, times: Times) -> None:
        self._authors = authors
        self._rates = rates
        self._policy = policy
        self._clock = clock
        self._times = times

    def run(self, job: TaskJob) -> TaskJob | None:
        """Do it, unless it has been done; what it asks for.  Raises `RetryLater`, `Unavailable`."""
        now = self._clock.now()
        author = self._authors.get(job.owner, strong=True)
        if self._policy.due(author, now):
            author = self._measured(author, now)
        if author.crossing:
            return self._resumed(author, now)
        path = self._policy.path(author, now)
        if path is author.path:
            return None
        return TaskJob(UP, job.owner, floor(now)) if path is Path.PULL else down(author, now)

    @staticmethod
    def _resumed(author: Author, now: int) -> TaskJob | None:
        """A crossing that has been on its way for days has lost its job."""
        if now - max(author.pulled_from, author.leaving) < LOST_MS:
            return None
        start = floor(author.pulled_from)
        if author.leaving:
            return TaskJob(DOWN, author.user_id, start, cursor=floor(author.leaving))
        return TaskJob(UP, author.user_id, start)

    def _measured(self, author: Author, now: int) -> Author:
        """What the author has and does now; kept for a day."""
        weighed = replace(
            author,
            weighed=now,
            weighed_followers=self._authors.followers(author),
            weighed_first=author.followers,
            post_rate=self._rates.posts(author.user_id, now),
            read_rate=self._rates.reads(author, now),
        )
        self._authors.weigh(weighed, Fence(now, self._times, self._clock.now))
        return weighed


def down(author: Author, now: int) -> TaskJob:
    """The way back of an author who is pulled, beginning now."""
    return TaskJob(DOWN, author.user_id, floor(author.pulled_from), cursor=floor(now))


class Act(Protocol):
    """Does for somebody what a crossing asks for."""

    def __call__(self, user: str, /, *, fence: Fence) -> None:
        """Twice is harmless."""
        ...


class _Walk:
    """Goes through all followers."""

    def __init__(
        self,
        authors: Authors,
        graph: Graph,
        pulling: Pulling,
        threads: Threads,
        clock: Clock,
        meter: Meter,
        times: Times,
    ) -> None:
        self._authors = authors
        self._graph = graph
        self._pulling = pulling
        self._threads = threads
        self._clock = clock
        self._meter = meter
        self._times = times

    def _everybody(self, job: TaskJob, act: Act) -> TaskJob | None:
        """Do `act` for each follower from the job's cursor on."""
        shard, _, after = (job.cursor or _WALK).partition("#")
        return self._through(job, self._graph.audience(job.owner, int(shard), after or None), act)

    def _through(self, job: TaskJob, pages: Iterable[tuple[int | str, Sequence[str]]], act: Act) -> TaskJob | None:
        """Do `act` for each, some at a time.  What is left; None when that was everybody."""
        ends = self._clock.now() + PATIENCE_MS
        for at, page in pages:
            for start in range(0, len(page), SLICE):
                if self._clock.now() > ends:
                    return job
                some, fence = page[start : start + SLICE], self._fence()
                self._threads.each(partial(act, fence=fence), some)
                self._meter.count("AuthorCrossingMarked", len(some))
                job = replace(job, cursor=f"{at}#{some[-1]}", tries=0)
        return None

    def _turn(self, old: Author, new: Author) -> bool:
        return self._authors.turn(old, new, self._fence())

    def _fence(self) -> Fence:
        return Fence(self._clock.now(), self._times, self._clock.now)

    def _later(self) -> int:
        """When nobody goes by what an author is now, and what they have begun is written (epoch ms)."""
        return self._clock.now() + self._times.settle + REMEMBERED_MS


class Up(_Walk):
    """Has all followers mark the author, then posts are written with `pull`."""

    def run(self, job: TaskJob) -> TaskJob | None:
        """Go on with it.  Raises `RetryLater`, `Unavailable`."""
        author, start = self._authors.get(job.owner, strong=True), ms_of(job.position)
        if job.cursor is None and author.pulled_from == 0:
            fence = Fence(start, self._times, self._clock.now)
            if fence.expired():
                return None  # Whoever is weighed next begins anew.
            author = replace(author, pulled_from=start)
            if not self._authors.turn(replace(author, pulled_from=0), author, fence):
                return job
        if author.path is not Path.PUSH or author.pulled_from != start or author.leaving:
            return None
        if job.cursor is None:
            return replace(job, cursor=_WALK, due=self._later(), tries=0)

        def mark(follower: str, *, fence: Fence) -> None:
            self._pulling.keep(follower, author, fence)

        left = self._everybody(job, mark)
        if left is None:
            self._turn(author, replace(author, path=Path.PULL, crossed=self._clock.now()))
        return left


class Down(_Walk):
    """Has posts written with `push`, and when none is written with `pull` any more ends all marks."""

    def run(self, job: TaskJob) -> TaskJob | None:
        """Go on with it.  Raises `RetryLater`, `Unavailable`."""
        if job.cursor is None or job.cursor == _TURNED or "#" not in job.cursor:
            return self._turned(job)
        start, now = ms_of(job.position), self._clock.now()

        place, _, after = job.cursor.partition("#")

        def close(follower: str, *, fence: Fence) -> None:
            self._pulling.over(follower, job.owner, start, now, fence)

        def leave(reader: str, *, fence: Fence) -> None:
            self._pulling.leave(reader, job.owner, start, fence)

        if place != _LEFT:
            return self._everybody(job, close) or replace(job, cursor=f"{_LEFT}#", tries=0)
        return self._through(job, ((_LEFT, page) for page in self._pulling.left(job.owner, after or None)), leave)

    def _turned(self, job: TaskJob) -> TaskJob | None:
        author, now = self._authors.get(job.owner, strong=True), self._clock.now()
        if job.cursor == _TURNED:
            going = author.pulled_from == ms_of(job.position)
            if going and not self._turn(author, replace(author, pulled_from=0, leaving=0)):
                return job
            return replace(job, cursor=_WALK, due=self._later(), tries=0)
        if author.pulled_from != ms_of(job.position):
            return None
        leaving = ms_of(job.cursor or floor(now))
        if author.path is Path.PULL:
            fence = Fence(leaving, self._times, self._clock.now)
            if fence.expired():
                return None  # Whoever is weighed next begins anew.
            author = replace(author, path=Path.PUSH, leaving=leaving, crossed=now)
            if not self._authors.turn(replace(author, path=Path.PULL, leaving=0), author, fence):
                return job
        return replace(job, cursor=_TURNED, due=self._later(), tries=0) if author.leaving == leaving else None


def author_tasks(
    authors: Authors,
    graph: Graph,
    rates: Rates,
    pulling: Pulling,
    threads: Threads,
    clock: Clock,
    meter: Meter,
    times: Times,
    policy: Policy,
) -> dict[str, Task]:
    """What workers do for authors."""
    return {
        WEIGH: Weighing(authors, rates, policy, clock, times),
        UP: Up(authors, graph, pulling, threads, clock, meter, times),
        DOWN: Down(authors, graph, pulling, threads, clock, meter, times),
    }
