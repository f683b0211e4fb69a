"""A day in no time: a clock that, while somebody waits on it, lets others do what is due."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from tests.fakes import FakeClock

PEOPLE, STREAM = 0, 1
"""Who goes first at one moment: what people do, then what the stream does."""


class DayClock(FakeClock):
    """`since` is ms since midnight."""

    def __init__(self) -> None:
        super().__init__()
        self._midnight = self.ms
        self._due: list[tuple[int, int, int, Callable[[], None]]] = []
        self._order = count()

    @property
    def since(self) -> int:
        """Now."""
        return self.ms - self._midnight

    def at(self, since: int, do: Callable[[], None], turn: int = PEOPLE) -> None:
        """Do something then, or at once if that is over."""
        heapq.heappush(self._due, (max(since, self.since), turn, next(self._order), do))

    def sleep(self, ms: int) -> None:
        """Others get their turn meanwhile."""
        self.run(self.since + ms)

    def run(self, until: int) -> None:
        """Everything that is due until then, that moment included."""
        while self._due and self._due[0][0] <= until:
            since, _, _, do = heapq.heappop(self._due)
            self.ms = max(self.ms, self._midnight + since)
            do()
        self.ms = max(self.ms, self._midnight + until)

    def finish(self) -> None:
        """Everything that is still due."""
        while self._due:
            self.run(self._due[0][0])
