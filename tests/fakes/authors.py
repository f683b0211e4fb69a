"""What is known of authors, who is in their residue, and how often people read, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from tests.fakes.timelines import FakeGraph
from tidings.domain.authors import Author, ReadRate
from tidings.domain.stamp import Fence


class FakeAuthors:
    """Authors beside the graph, which counts their followers."""

    def __init__(self, graph: FakeGraph) -> None:
        self.all: dict[str, Author] = {}
        self._graph = graph

    def get(self, user_id: str, *, strong: bool) -> Author:
        here = self._graph.halves.get((user_id, 0), set())
        shards = self._graph.shards(user_id)
        return replace(self.all.get(user_id, Author(user_id)), shards=shards, followers=len(here))

    def followers(self, author: Author) -> int:
        others = (self._graph.halves.get((author.user_id, shard), set()) for shard in range(1, author.shards))
        return author.followers + sum(map(len, others))

    def turn(self, old: Author, new: Author, fence: Fence) -> bool:
        fence.check()
        standing = self.all.get(old.user_id, Author(old.user_id))
        if (standing.path, standing.pulled_from, standing.leaving) != (old.path, old.pulled_from, old.leaving):
            return False
        self.all[old.user_id] = replace(
            standing, path=new.path, pulled_from=new.pulled_from, leaving=new.leaving, crossed=new.crossed
        )
        return True

    def weigh(self, author: Author, fence: Fence) -> bool:
        fence.check()
        standing = self.all.get(author.user_id, Author(author.user_id))
        if standing.weighed > author.weighed:
            return False
        self.all[author.user_id] = replace(
            standing,
            weighed=author.weighed,
            weighed_followers=author.weighed_followers,
            weighed_first=author.weighed_first,
            post_rate=author.post_rate,
            read_rate=author.read_rate,
        )
        return True


class FakeResidue:
    """By author and reader: for which pull, and when the reader was dropped (0: is in it)."""

    def __init__(self) -> None:
        self.all: dict[str, dict[str, tuple[int, int]]] = {}

    def enter(self, author: str, reader: str, start: int, fence: Fence) -> None:
        fence.check()
        mine = self.all.setdefault(author, {})
        standing, dropped = mine.get(reader, (0, 0))
        if standing < start or dropped:
            mine[reader] = start, 0

    def leave(self, author: str, reader: str, start: int, fence: Fence) -> None:
        """Nothing expires here."""
        fence.check()

    def drop(self, author: str, reader: str, fence: Fence) -> int | None:
        fence.check()
        if reader not in self.all.get(author, {}):
            return None
        start, dropped = self.all[author][reader]
        self.all[author][reader] = start, dropped or fence.now()
        return dropped or fence.now()

    def holds(self, author: str, reader: str) -> bool:
        return not self.all.get(author, {}).get(reader, (0, 1))[1]

    def members(self, author: str, after: str | None, *, dropped: bool) -> Iterator[list[str]]:
        mine = self.all.get(author, {})
        behind = sorted(each for each in mine if each > (after or "") and (dropped or not mine[each][1]))
        if behind:
            yield behind


class FakeReadRates:
    """Rates beside the graph, whose `reader` reads them."""

    def __init__(self, graph: FakeGraph) -> None:
        self._graph = graph

    def put(self, reader: str, rate: ReadRate, fence: Fence) -> None:
        fence.check()
        self._graph.rates[reader] = rate

    def get(self, readers: Iterable[str]) -> Mapping[str, ReadRate]:
        return {each: self._graph.rates[each] for each in readers if each in self._graph.rates}
