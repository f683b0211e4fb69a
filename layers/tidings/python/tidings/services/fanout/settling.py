"""A change of a group's members as a task: what follows from it for those whom it is about (`services.settle`).

The change itself is whole once its event stands in the log, whoever died right after.  The stream of the log shows it,
and this does the rest, a slice of people at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tidings.domain.events import GroupChange
from tidings.ports.messaging import Log
from tidings.ports.streams import Logged, Shown
from tidings.ports.world import Clock
from tidings.services.claim import Stamps
from tidings.services.fanout.jobs import PoisonJob, TaskJob
from tidings.services.fanout.kinds import Wanted
from tidings.services.settle import JOINED, LEFT, Settle

SETTLE: Final = "settle"
SLICE: Final = 25
"""People in one run: about three calls to the database each."""


def settle_rule(shown: Shown) -> Iterator[Wanted]:
    """Somebody has joined or left."""
    if not isinstance(shown, Logged) or not shown.fresh or not isinstance(shown.entry.event, GroupChange):
        return
    if shown.entry.event.change in (*JOINED, *LEFT):
        yield Wanted(TaskJob(SETTLE, shown.conversation_id, shown.entry.position))


class Settling:
    """Does it."""

    def __init__(self, log: Log, settle: Settle, stamps: Stamps, clock: Clock) -> None:
        self._log = log
        self._settle = settle
        self._stamps = stamps
        self._clock = clock

    def run(self, job: TaskJob) -> TaskJob | None:
        """Settle the next slice; what is left.  Raises `RetryLater`, `Unavailable`, `PoisonJob`."""
        entry = self._log.get(job.owner, job.position, strong=True)
        if entry is None or not isinstance(entry.event, GroupChange):
            raise PoisonJob("there is no such change of a group")
        users, done = entry.event.users, int(job.cursor or 0)
        self._settle.apply(entry.event, users[done : done + SLICE], self._stamps.fence(self._clock.now()))
        done += SLICE
        return replace(job, cursor=str(done), tries=0) if done < len(users) else None
