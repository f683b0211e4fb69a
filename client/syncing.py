"""The sync loop: page after page until the mailbox is drained, then again as the keep-alive.

The gateway closes a connection that is idle for ten minutes, so the keep-alive interval must stay under that; and the
keep-alive *is* the sync, so whatever live delivery lost is repaired within one interval.
"""

from __future__ import annotations

import random
from typing import Any

from client.lanes import Request

PAGE = 100
"""Events asked for in a page."""
JITTER = 0.1
"""Share of the interval by which keep-alives differ, so that clients which connected together drift apart."""


class SyncLoop:
    """Where the loop stands.  Callers who ask for a sync wait for one that begins after they asked."""

    def __init__(self, interval: float, rng: random.Random) -> None:
        self.running = False
        self._interval = interval
        self._random = rng
        self._next_at = 0.0
        self._served: list[Request] = []
        self._asked: list[Request] = []

    def join(self, request: Request) -> bool:
        """Wait for the next sync; whether it is to begin now."""
        self._asked.append(request)
        return not self.running

    def begin(self, cursor: str | None) -> dict[str, Any]:
        """The first request's fields."""
        self.running = True
        self._served += self._asked
        self._asked = []
        return {"cursor": cursor, "limit": PAGE}

    def more(self, following: str) -> dict[str, Any]:
        """The next page's fields."""
        return {"next": following, "limit": PAGE}

    def finished(self, now: float) -> list[Request]:
        """The last page came: who waited for it."""
        self.running = False
        self._next_at = now + self._interval * self._random.uniform(1 - JITTER, 1)
        served, self._served = self._served, []
        return served

    def interrupted(self) -> None:
        """The connection went: those who wait are served by the next sync."""
        self.running = False
        self._asked = self._served + self._asked
        self._served = []

    def wanted(self) -> bool:
        """Whether somebody asked while a sync was running."""
        return not self.running and bool(self._asked)

    def due(self, now: float) -> bool:
        """Whether it is time for the keep-alive."""
        return not self.running and now >= self._next_at

    @property
    def next_at(self) -> float | None:
        """When the keep-alive is due; None while a sync runs."""
        return None if self.running else self._next_at

    def waiting(self) -> list[Request]:
        """Everybody who still waits."""
        return self._served + self._asked
