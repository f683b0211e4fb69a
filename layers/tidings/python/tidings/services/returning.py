"""Readers who have not looked for a while are not written to; here they are noticed when they do.

    the reader's note is      fresh         nothing to do
                              stale         their halves are refreshed, by a task
                              older still   so they are, and what they missed is copied into their feed; until that
                                            has been done, their home is merged from the authors whom they follow

A note is written when somebody first looks, and again every half of `idle_days`.
"""

from __future__ import annotations

from typing import Final

from tidings.domain.idle import NEVER, Away, Idle, Seen, day_of
from tidings.domain.position import ms_of
from tidings.domain.stamp import Fence, Times
from tidings.ports.idle import Looks
from tidings.ports.timelines import Chunks
from tidings.ports.world import Clock
from tidings.services.fanout.jobs import SMALL, TaskJob, encode

RETURN: Final = "return"
"""The name of the task."""
AUTHORS: Final = 100
"""Authors whose posts one page is merged from while a feed is being rebuilt; those of all others come with it."""
FOLLOWS: Final = 1_000
"""Follows that are looked at when somebody first looks, 136 to the read unit; with more it is as if they were back."""


class Returns:
    """Notices who is back."""

    def __init__(self, looks: Looks, queue: Chunks, clock: Clock, times: Times, idle: Idle) -> None:
        self._looks = looks
        self._queue = queue
        self._clock = clock
        self._times = times
        self._idle = idle

    def notice(self, reader: str, seen: Seen, now: int) -> Away | None:
        """See to it that `reader`, who looks at `now`, is written to.  What a page has to make up for, if anything.

        Raises `RetryLater`, `Unavailable`.
        """
        day = seen.day or self._first(reader, now)
        if not self._idle.stale(day, now):
            return None
        if seen.may_ask(now):
            # The job first: an ask without one would keep others from asking.
            self._queue.send(SMALL, [encode(TaskJob(RETURN, reader))])
            self._looks.ask(reader, now, self._fence(now))
        if not self._idle.away(day, now):
            return None
        follows, _ = self._looks.follows(reader, None, AUTHORS, strong=False)
        return Away(tuple(edge.author for edge in follows), self._idle.missed_from(day))

    def _first(self, reader: str, now: int) -> int:
        """Make the note: each half is as fresh as its follow is young."""
        follows, more = self._looks.follows(reader, None, FOLLOWS, strong=False)
        days = [day_of(ms_of(edge.position)) for edge in follows]
        day = NEVER if more is not None else min(days, default=day_of(now))
        self._looks.note(reader, day, self._fence(now))
        return day

    def _fence(self, now: int) -> Fence:
        return Fence(now, self._times, self._clock.now)
