"""`timeline.watch`: live frames of the home timeline, for the devices that show it.

A device asks again every some minutes, as long as it shows the timeline: so a device that went without a word costs
little, and whom its user pulls is learned anew.
"""

from __future__ import annotations

from typing import Final

from tidings.domain.errors import RateLimited
from tidings.domain.identity import Caller
from tidings.domain.stamp import Fence, Times
from tidings.ports.groups import Watcher
from tidings.ports.news import HomeWatchers
from tidings.ports.timelines import Graph
from tidings.ports.world import Clock
from tidings.services.pace import Pace

WATCH_MS: Final = 15 * 60_000
"""How long a device hears of posts without asking again."""
OFTEN: Final = 10
"""Times in ten seconds that a user may ask: each may write fifty items."""


class TimelineWatches:
    """Enters devices and takes them out."""

    def __init__(self, watchers: HomeWatchers, graph: Graph, clock: Clock, times: Times) -> None:
        self._watchers = watchers
        self._graph = graph
        self._clock = clock
        self._times = times
        self._pace = Pace(clock, OFTEN)

    def set(self, caller: Caller, on: bool) -> int:
        """Watch with the caller's device, or no longer.  Until when it is (epoch ms).

        Raises `RateLimited`, `RetryLater`, `Unavailable`.
        """
        if wait := self._pace.wait(caller.user_id):
            raise RateLimited("You are asking too often for live posts.", retry_after_ms=wait)
        now = self._clock.now()
        watcher = Watcher(caller.user_id, caller.identity.device_id)
        fence = Fence(now, self._times, self._clock.now)
        if not on:
            self._watchers.leave(watcher, now, fence)
            return now
        pulled = {mark.author for mark in self._graph.reader(caller.user_id).pulled if mark.open or mark.until > now}
        self._watchers.enter(watcher, pulled, now + WATCH_MS, fence)
        return now + WATCH_MS
