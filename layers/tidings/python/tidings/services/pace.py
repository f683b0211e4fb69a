"""How often a user may ask for what is not worth a write to count: so many a window, in the memory of each process.

A flood over many processes gets that many times more.  It is there against loops, and keeps a bill bounded; what users
send to each other is counted exactly (`tidings.services.limits`).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from tidings.ports.world import Clock

WINDOW_MS: Final = 10_000
REMEMBERED: Final = 10_000
"""Users, at most 2 MB."""


class Pace:
    """`most` a user and window."""

    def __init__(self, clock: Clock, most: int, *, remembered: int = REMEMBERED) -> None:
        self._clock = clock
        self._most = most
        self._capacity = remembered
        self._windows: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def wait(self, user_id: str) -> int:
        """Count one: 0 if it may be done, else when to come back (ms)."""
        now = self._clock.now()
        ends, count = self._windows.get(user_id, (0, 0))
        if now >= ends:
            ends, count = now + WINDOW_MS, 0
        if count >= self._most:
            return ends - now
        self._windows[user_id] = ends, count + 1
        self._windows.move_to_end(user_id)
        while len(self._windows) > self._capacity:
            self._windows.popitem(last=False)
        return 0
