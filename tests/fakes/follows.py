"""Follows as people see them, in memory: read off the edges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.fakes.timelines import FakeGraph
from tidings.ports import Counts


class FakeFollowLists:
    """Lists and counts of the edges of a `FakeGraph`."""

    def __init__(self, graph: FakeGraph) -> None:
        self._graph = graph

    def counts(self, users: Iterable[str]) -> Mapping[str, Counts]:
        ends = [(follower, author) for (follower, author), edge in self._graph.edges.items() if edge.following]
        return {
            user: Counts(sum(user == author for _, author in ends), sum(user == follower for follower, _ in ends))
            for user in users
        }

    def following(self, user: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        edges = self._graph.edges.items()
        return _page([author for (of, author), edge in edges if of == user and edge.following], after, limit)

    def requests(self, author: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        edges = self._graph.edges.items()
        return _page([of for (of, whom), edge in edges if whom == author and edge.requested], after, limit)

    def asking(self, pairs: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        edges = self._graph.edges
        return frozenset(pair for pair in pairs if pair in edges and edges[pair].requested)

    def followers(self, author: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        shard, _, last = (after or "0.").partition(".")
        everybody = [
            (each, user)
            for each in range(self._graph.shards(author))
            for user in sorted(self._graph.halves.get((author, each), ()))
        ]
        rest = [place for place in everybody if place > (int(shard), last)]
        users = [user for _, user in rest[:limit]]
        return users, "{}.{}".format(*rest[limit - 1]) if len(rest) > limit else None


def _page(users: list[str], after: str | None, limit: int) -> tuple[list[str], str | None]:
    rest = sorted(user for user in users if user > (after or ""))
    return rest[:limit], rest[limit - 1] if len(rest) > limit else None
