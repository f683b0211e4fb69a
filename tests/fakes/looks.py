"""When readers were last known to look, in memory."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes.timelines import FakeGraph
from tidings.domain.idle import Seen
from tidings.domain.stamp import Fence
from tidings.ports import Edge


class FakeLooks:
    """The days and notes, beside the graph whose `reader` and `audience` read them."""

    def __init__(self, graph: FakeGraph) -> None:
        self._graph = graph

    def follows(self, reader: str, after: str | None, limit: int, *, strong: bool) -> tuple[list[Edge], str | None]:
        mine = sorted(author for follower, author in self._graph.edges if follower == reader and author > (after or ""))
        page = [self._graph.edges[reader, author] for author in mine[:limit]]
        return [each for each in page if each.following], page[-1].author if len(mine) > limit else None

    def refresh(self, reader: str, edge: Edge, day: int, fence: Fence) -> None:
        fence.check()
        if reader in self._graph.halves.get((edge.author, edge.shard), ()):
            place = edge.author, reader
            self._graph.days[place] = max(day, self._graph.days.get(place, 0))

    def note(self, reader: str, day: int, fence: Fence) -> None:
        fence.check()
        seen = self._graph.seen.get(reader, Seen())
        self._graph.seen[reader] = replace(seen, day=max(seen.day, day))

    def ask(self, reader: str, at: int, fence: Fence) -> None:
        fence.check()
        seen = self._graph.seen.get(reader, Seen())
        self._graph.seen[reader] = replace(seen, asked=max(seen.asked, at))
