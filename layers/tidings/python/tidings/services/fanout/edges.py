"""A follow brings the author's recent posts into the follower's home timeline, an unfollow takes them all out.

Each happens twice.  The first run is at once; the second one, `final`, comes when nothing that was on its way can
still arrive: a backfill after `T` (a post between the planner's read of the followers and the edge is otherwise
missed), a purge after the fan-out bound and `T` (a chunk that was planned with the follower writes until then).
Until the final purge, the removal on the follower's side filters every read of the home timeline.

The edge is a register: a backfill acts while somebody follows, a purge while nobody does, whoever asked for it:
who follows once more while they do may die before there are jobs for that.  And so a purge that is enqueued ahead of a
follow takes back what was written ahead of it, where it was given up in the middle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tidings.domain.events import Path
from tidings.domain.position import FIRST, LAST, floor
from tidings.domain.posts import TimelineEntry
from tidings.domain.stamp import Fence, Times
from tidings.ports.timelines import Graph, Posts, Timelines
from tidings.ports.world import Clock, Meter
from tidings.services.fanout.jobs import EdgeJob
from tidings.services.fanout.posts import entry_of
from tidings.services.pulling import Pulling

BACKFILL: Final = 50
"""Posts of an author that come with a follow: more than a page, so that the timeline looks lived in."""
PURGE_PAGE: Final = 100
PURGE_PAGES: Final = 20
"""2,000 entries looked at in one run; what lies below goes on as another job."""


class EdgeJobs:
    """Backfills and purges."""

    def __init__(
        self,
        graph: Graph,
        posts: Posts,
        timelines: Timelines,
        pulling: Pulling,
        clock: Clock,
        meter: Meter,
        times: Times,
        bound_ms: int,
    ) -> None:
        self._graph = graph
        self._pulling = pulling
        self._posts = posts
        self._timelines = timelines
        self._clock = clock
        self._meter = meter
        self._times = times
        self._bound = bound_ms

    def run(self, job: EdgeJob) -> EdgeJob | None:
        """Do a job.  What is left of it, None when it is done.  Raises `RetryLater` when the fence passes."""
        fence = Fence(self._clock.now(), self._times, self._clock.now)
        edge = self._graph.edge(job.user, job.author)
        if job.kind == "backfill":
            if edge is not None and edge.following:
                self._backfill(job, fence)
            return None
        if edge is None or not edge.following:
            # Who asked again meanwhile, or was declined since, does not follow either, and nobody else would do it.
            return self._purge(job, fence)
        return self._tidy(job, fence) if job.final else None

    def _backfill(self, job: EdgeJob, fence: Fence) -> None:
        """Copy the author's last posts, but for those that the follower pulls.

        The fence's stamp is older than the reads, as for a chunk.
        """
        recent, _ = self._posts.page(job.author, floor(job.since), LAST, BACKFILL, strong=True)
        pulled = [post.position for post in recent if post.path is Path.PULL]
        everything = self._pulling.renew(job.user, job.author, pulled, fence)
        copied = [post for post in recent if everything or post.path is Path.PUSH]
        asked = {(job.user, post.answers) for post in copied if post.answers not in (None, job.user)}
        follows = self._graph.following((user, answered) for user, answered in asked if answered is not None)
        seen = {None, job.user, *(answered for _, answered in follows)}
        entries = [(job.user, entry_of(post)) for post in copied if post.answers in seen]
        self._timelines.write(entries, fence)
        self._meter.count("FanoutBackfilled", len(entries))

    def _purge(self, job: EdgeJob, fence: Fence) -> EdgeJob | None:
        """Delete every copy of the author's posts, and pull no others; after the final run the removal may go.

        Who was in the author's residue was pushed to until they were taken out of it, whenever the edge ended, and
        whichever try did that: then a later run is the final one.
        """
        pushed = self._pulling.end(job.user, job.author, fence) if job.cursor is None else None
        rest = self._sweep(job, fence, lambda _entry: True)
        if pushed is not None:
            until, settle = pushed + 2 * self._times.settle, self._times.settle
            due = pushed + settle + self._bound + settle
            if fence.stamp < due:
                return replace(job, final=True, due=due, until=max(job.until, until), cursor=None, tries=0)
        if rest is None and job.final:
            self._graph.clear_removal(job.user, job.author, job.position, fence)
        return rest

    def _tidy(self, job: EdgeJob, fence: Fence) -> EdgeJob | None:
        """Followed again before this purge: the copies stay, but for those of posts that were deleted meanwhile.

        A delete sweeps the followers of its time, so it passed this timeline by.
        """
        return self._sweep(job, fence, self._deleted)

    def _deleted(self, entry: TimelineEntry) -> bool:
        post = self._posts.get(entry.author, entry.position, strong=True)
        return post is None or post.text is None

    def _sweep(self, job: EdgeJob, fence: Fence, doomed: Callable[[TimelineEntry], bool]) -> EdgeJob | None:
        """Delete the author's entries for which `doomed` holds, a bounded number of pages down."""
        before = job.cursor or floor(job.until)
        for _ in range(PURGE_PAGES):
            page, last = self._timelines.page(job.user, FIRST, before, PURGE_PAGE)
            keys = [(job.user, each.position) for each in page if each.author == job.author and doomed(each)]
            if keys:
                self._timelines.delete(keys, fence)
                self._meter.count("FanoutPurged", len(keys))
            if last is None:
                return None
            before = last
            if fence.expired():
                break
        return replace(job, cursor=before, tries=0)
