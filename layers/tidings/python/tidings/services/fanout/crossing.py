"""Crossings: a group that grows past what is pushed to is pulled from then on, and one that shrinks is pushed to again.

    up      `pulled_from` is set: whoever joins from now on marks themselves to pull
            ... T and the longest memory of a `meta` pass: every join that did not know it is written ...
            all members are marked to pull
            the path is set: senders write `pull`
    down    path and `pulled_from` are set back: senders write `chunk`
            ... the same time passes: nobody writes `pull` any more, every join that marked itself is written ...
            all marks are closed

So no `pull` entry is ever written that a member might not look for, and no mark outlives its use.  Readers obey the
path on each entry, whenever it was written.  Each step is a job that may be done twice: marks merge, the path is set
by condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from tidings.domain.events import Path
from tidings.domain.groups import REMEMBERED_MS, Group, Member, Stay
from tidings.domain.position import floor, ms_of
from tidings.domain.stamp import Fence, Times
from tidings.ports.groups import Groups, Members
from tidings.ports.pulled import Pulled
from tidings.ports.streams import Shown
from tidings.ports.world import Clock, Meter
from tidings.services.fanout.jobs import TaskJob
from tidings.services.fanout.kinds import Rule, Task, Wanted

CROSS: Final = "cross"
PULL: Final = "pull"
PUSH: Final = "push"
PATIENCE_MS: Final = 20_000
"""How long one job walks the members; then it goes on as another."""
_WALK: Final = "0#"
"""The cursor at the beginning of a walk: a shard and a user id."""


def crossing_rule(most: int | None) -> Rule:
    """What the `meta` of a group asks for that has outgrown `most` members, or has shrunk.

    None where that is not known: then the job finds out.
    """

    def rule(shown: Shown) -> Iterator[Wanted]:
        if isinstance(shown, Group) and (most is None or shown.outgrown(most) or shown.shrunk(most)):
            yield Wanted(TaskJob(CROSS, shown.conversation_id))

    return rule


class Crossing:
    """Begins a crossing, as the group stands.

    Many a join asks for the same one.  Each first notes a beginning in a job of its own; the one whose beginning is
    put into the group goes on, and knows itself again when it is done twice.  A beginning is good for `F`, like any
    stamp: one that is older may have been begun, and ended, before.
    """

    def __init__(self, groups: Groups, clock: Clock, times: Times, most: int) -> None:
        self._groups = groups
        self._clock = clock
        self._times = times
        self._most = most

    def run(self, job: TaskJob) -> TaskJob | None:
        """Look at the group (strongly).  What is to be done about it, if anything."""
        group, now = self._groups.get(job.owner, strong=True), self._clock.now()
        if group is None:
            return None
        if group.shrunk(self._most):
            return TaskJob(PUSH, job.owner, floor(group.pulled_from))
        if not job.position:
            return replace(job, position=floor(now)) if group.outgrown(self._most) else None
        start = ms_of(job.position)
        if group.outgrown(self._most):
            fence = Fence(start, self._times, self._clock.now)
            if fence.expired():
                return replace(job, position=floor(now))
            if not self._groups.turn(group, Path.CHUNK, start, fence):
                return job  # Somebody else's stands now, or this very one, put by a try whose answer was lost.
            group = replace(group, pulled_from=start)
        if group.path is not Path.CHUNK or group.pulled_from != start:
            return None
        return TaskJob(PULL, job.owner, job.position, due=self._clock.now() + self._times.settle + REMEMBERED_MS)


class _Walk:
    """Goes through all members, strongly read, who were there at some time since the crossing began."""

    def __init__(
        self, groups: Groups, members: Members, pulled: Pulled, clock: Clock, meter: Meter, times: Times
    ) -> None:
        self._groups = groups
        self._members = members
        self._pulled = pulled
        self._clock = clock
        self._meter = meter
        self._times = times

    def _everybody(self, job: TaskJob, act: Callable[[Member, tuple[Stay, ...], Fence], None]) -> TaskJob | None:
        """Do `act` for each, from the job's cursor on.  What is left; None when that was everybody."""
        ends = self._clock.now() + PATIENCE_MS
        shard, _, after = (job.cursor or _WALK).partition("#")
        for at, page in self._members.audience(job.owner, int(shard), after or None):
            for member in page:
                now = self._clock.now()
                if now > ends:
                    return job
                stays = tuple(each for each in member.stays if each.left is None or each.left > ms_of(job.position))
                if stays:
                    act(member, stays, Fence(now, self._times, self._clock.now))
                    self._meter.count("CrossingMarked")
                job = replace(job, cursor=f"{at}#{member.user_id}", tries=0)
        return None


class ToPull(_Walk):
    """Marks all members to pull, then lets senders write `pull`."""

    def run(self, job: TaskJob) -> TaskJob | None:
        """Go on with it.  Raises `RetryLater`, `Unavailable`."""
        group, start = self._groups.get(job.owner, strong=True), ms_of(job.position)
        if group is None or group.path is not Path.CHUNK or group.pulled_from != start:
            return None

        def mark(member: Member, stays: tuple[Stay, ...], fence: Fence) -> None:
            self._pulled.settle(member.user_id, job.owner, stays, fence, start=start)

        left = self._everybody(job, mark)
        if left is None:
            now = self._clock.now()
            self._groups.turn(group, Path.PULL, start, Fence(now, self._times, self._clock.now))
        return left


class ToPush(_Walk):
    """Lets senders write `chunk` again, and when none writes `pull` any more closes all marks."""

    def __init__(
        self,
        groups: Groups,
        members: Members,
        pulled: Pulled,
        clock: Clock,
        meter: Meter,
        times: Times,
        most: int,
    ) -> None:
        super().__init__(groups, members, pulled, clock, meter, times)
        self._most = most

    def run(self, job: TaskJob) -> TaskJob | None:
        """Go on with it.  Raises `RetryLater`, `Unavailable`."""
        if job.cursor is None:
            return self._turn(job)
        start, until = ms_of(job.position), self._clock.now()

        def close(member: Member, _stays: tuple[Stay, ...], fence: Fence) -> None:
            self._pulled.close(member.user_id, job.owner, start, until, fence)

        return self._everybody(job, close)

    def _turn(self, job: TaskJob) -> TaskJob | None:
        group, now = self._groups.get(job.owner, strong=True), self._clock.now()
        if group is None:
            return None
        if group.path is Path.PULL and group.pulled_from == ms_of(job.position):
            if not group.shrunk(self._most):
                return None
            if not self._groups.turn(group, Path.CHUNK, 0, Fence(now, self._times, self._clock.now)):
                return job
        return replace(job, cursor=_WALK, due=now + self._times.settle + REMEMBERED_MS, tries=0)


def crossing_tasks(
    groups: Groups, members: Members, pulled: Pulled, clock: Clock, meter: Meter, times: Times, most: int
) -> dict[str, Task]:
    """What workers do for crossings; `most` members are pushed to."""
    return {
        CROSS: Crossing(groups, clock, times, most),
        PULL: ToPull(groups, members, pulled, clock, meter, times),
        PUSH: ToPush(groups, members, pulled, clock, meter, times, most),
    }
