"""Somebody is back: their follows are refreshed, and what they missed is copied into their feed.

    all halves are refreshed, and after each the author's recent posts are copied
            ... T passes: a plan that still read an older half has been made ...
    the posts are copied once more
    the reader's note is set: their home is their feed again

This is what a follow does (`tidings.services.fanout.edges`), for all of them.  Who was only stale has missed nothing:
there the halves are refreshed and the note is set.  A walk that takes longer than a day begins anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tidings.domain.idle import Idle, day_of
from tidings.domain.stamp import Fence, Times
from tidings.ports.idle import Looks
from tidings.ports.timelines import Edge, Graph
from tidings.ports.world import Clock, Meter
from tidings.services.fanout.edges import EdgeJobs
from tidings.services.fanout.jobs import EdgeJob, TaskJob
from tidings.services.fanout.kinds import Task
from tidings.services.returning import RETURN

PATIENCE_MS: Final = 20_000
"""How long one job walks the follows; then it goes on as another."""
PAGE: Final = 100
REFRESH: Final = "refresh"
AGAIN: Final = "again"
Walked = Callable[[Edge, Fence], None]


class Returning:
    """The task.  A job's `position` says from when posts were missed (ms, empty: none were); its cursor which day it is
    for, which of the two walks, and after which author it goes on."""

    def __init__(
        self, graph: Graph, looks: Looks, edges: EdgeJobs, clock: Clock, meter: Meter, times: Times, idle: Idle
    ) -> None:
        self._graph = graph
        self._looks = looks
        self._edges = edges
        self._clock = clock
        self._meter = meter
        self._times = times
        self._idle = idle

    def run(self, job: TaskJob) -> TaskJob | None:
        """Go on with it.  Raises `RetryLater`, `Unavailable`."""
        today = day_of(self._clock.now())
        if job.cursor is None or today - int(job.cursor.split("#")[0]) > 1:
            begun = self._begin(job, today)
            if begun is None:
                return None
            job = begun
        day, walk, after = (job.cursor or "").split("#")
        missed = int(job.position) if job.position else None
        step = self._refreshing(job.owner, int(day), missed) if walk == REFRESH else self._copying(job.owner, missed)
        further = self._walk(job.owner, after or None, step)
        if further is not None:
            return replace(job, cursor=f"{day}#{walk}#{further}", tries=0)
        if walk == REFRESH and missed is not None:
            due = self._clock.now() + self._times.settle
            return replace(job, cursor=f"{day}#{AGAIN}#", due=due, tries=0)
        self._looks.note(job.owner, int(day), self._fence())
        return None

    def _begin(self, job: TaskJob, today: int) -> TaskJob | None:
        """What there is to be done, as the reader's note stands (strongly)."""
        now, seen = self._clock.now(), self._graph.reader(job.owner).seen
        if seen.day == 0 or not self._idle.stale(seen.day, now):
            return None
        missed = str(self._idle.missed_from(seen.day)) if self._idle.away(seen.day, now) else ""
        self._meter.count("ReadersBack" if missed else "ReadersRefreshed")
        return TaskJob(RETURN, job.owner, missed, cursor=f"{today}#{REFRESH}#")

    def _walk(self, reader: str, after: str | None, step: Walked) -> str | None:
        """Take the step for each whom the reader follows.  The author to go on after; None: that was everybody."""
        ends = self._clock.now() + PATIENCE_MS
        while True:
            follows, further = self._looks.follows(reader, after, PAGE, strong=True)
            for edge in follows:
                if self._clock.now() > ends:
                    return after or ""
                step(edge, self._fence())
                after = edge.author
            if further is None:
                return None
            after = further

    def _refreshing(self, reader: str, day: int, missed: int | None) -> Walked:
        def step(edge: Edge, fence: Fence) -> None:
            self._looks.refresh(reader, edge, day, fence)
            if missed is not None:
                self._copy(reader, edge, missed)

        return step

    def _copying(self, reader: str, missed: int | None) -> Walked:
        return lambda edge, _fence: self._copy(reader, edge, missed or 0)

    def _copy(self, reader: str, edge: Edge, missed: int) -> None:
        """What a follow made just now would bring, from `missed` on; nothing where the edge has changed meanwhile."""
        self._edges.run(EdgeJob("backfill", reader, edge.author, edge.position, since=missed))

    def _fence(self) -> Fence:
        return Fence(self._clock.now(), self._times, self._clock.now)


def returning_tasks(
    graph: Graph, looks: Looks, edges: EdgeJobs, clock: Clock, meter: Meter, times: Times, idle: Idle
) -> dict[str, Task]:
    """What workers do for readers."""
    return {RETURN: Returning(graph, looks, edges, clock, meter, times, idle)}
