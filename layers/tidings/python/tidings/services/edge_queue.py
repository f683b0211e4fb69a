"""What a change of a follow edge asks the workers to do: backfills and purges, each now and once more.

The second one is enqueued *before* the edge is changed.  Whoever dies behind the edge may never be heard of again, and
whoever follows again makes the first try of an unfollow pointless to resend: what a crash left out would never come.
"""

from __future__ import annotations

from dataclasses import replace

from tidings.domain.stamp import Times
from tidings.ports.timelines import Chunks
from tidings.ports.world import Clock
from tidings.services.fanout.jobs import LONGEST_DELAY_MS, SMALL, EdgeJob, encode


class EdgeQueue:
    """Enqueues the jobs of an edge."""

    def __init__(self, queue: Chunks, clock: Clock, times: Times, bound_ms: int) -> None:
        self._queue = queue
        self._clock = clock
        self._times = times
        self._bound = bound_ms

    def backfill_later(self, user: str, author: str, position: str) -> None:
        """Bring the author's recent posts, at least `T` after the edge is made at `position`; before it is."""
        self._enqueue_final(EdgeJob("backfill", user, author, position), 2 * self._times.settle)

    def backfill(self, user: str, author: str, position: str) -> None:
        """And now, when it has been made."""
        self._enqueue(EdgeJob("backfill", user, author, position))

    def look_later(self, user: str, author: str, position: str) -> None:
        """See whether `user` follows, before anything is written that comes before the edge at `position`: where a
        follow was given up, nobody else would take that back."""
        due = self._clock.now() + self._times.settle
        self._enqueue(EdgeJob("purge", user, author, position, due=due), self._times.settle)

    def purge_later(self, user: str, author: str, position: str) -> EdgeJob:
        """Take all copies out, when nothing that was on its way can still arrive; before the edge ends at `position`.

        The job to be done at once, by `purge`, when it has ended.
        """
        # The edge ends at most `T` from now.  Posts up to then may have been planned with the follower, and are
        # written by the fan-out bound and another `T`.
        edge_by = self._clock.now() + self._times.settle
        job = EdgeJob("purge", user, author, position, until=edge_by + self._times.settle)
        self._enqueue_final(job, self._times.settle + self._bound + self._times.settle)
        return job

    def purge(self, job: EdgeJob) -> None:
        """And now."""
        self._enqueue(job)

    def _enqueue(self, job: EdgeJob, delay_ms: int = 0) -> None:
        self._queue.send(SMALL, [encode(job)], delay_ms=min(delay_ms, LONGEST_DELAY_MS))

    def _enqueue_final(self, job: EdgeJob, delay_ms: int) -> None:
        """The same job once again, when nothing late can follow any more."""
        self._enqueue(replace(job, final=True, due=self._clock.now() + delay_ms), delay_ms)
