"""Which authors readers pull, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from tests.fakes.timelines import DAY, FakeGraph
from tidings.domain.authors import OPEN, PulledAuthor
from tidings.domain.stamp import Fence
from tidings.ports import Clock


class FakeMarks:
    """Marks by (author, start), beside the graph whose `reader` reads them."""

    def __init__(self, graph: FakeGraph, clock: Clock, kept_ms: int = 30 * DAY) -> None:
        self._graph = graph
        self._clock = clock
        self._kept = kept_ms

    def open(self, reader: str, author: str, start: int, most: int, fence: Fence) -> bool:
        fence.check()
        mine = self._graph.marks.setdefault(reader, {})
        if (author, start) in mine:
            return True
        if sum(until == OPEN for until in mine.values()) >= most:
            return False
        mine[author, start] = OPEN
        self._prune(mine)
        return True

    def close(self, reader: str, author: str, start: int, until: int, fence: Fence) -> None:
        fence.check()
        mine = self._graph.marks.setdefault(reader, {})
        mine[author, start] = mine.get((author, start), OPEN) or until
        self._prune(mine)

    def of(self, reader: str, author: str) -> Sequence[PulledAuthor]:
        return [each for each in self._graph.reader(reader).pulled if each.author == author]

    def drop(self, reader: str, author: str, fence: Fence) -> None:
        fence.check()
        mine = self._graph.marks.get(reader, {})
        for each in [each for each in mine if each[0] == author]:
            del mine[each]

    def _prune(self, mine: dict[tuple[str, int], int]) -> None:
        before = self._clock.now() - self._kept
        for each in [each for each, until in mine.items() if OPEN < until < before]:
            del mine[each]
