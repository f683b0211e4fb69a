"""Whose posts a reader may see.  Threads, quotes, counts, search, mentions and user timelines ask here."""

from __future__ import annotations

from collections.abc import Iterable

from tidings.ports.blocks import BlockLists
from tidings.ports.people import Users
from tidings.ports.timelines import Graph


class Visibility:
    """Asks profiles, blocks and follows, each as it stands now."""

    def __init__(self, users: Users, graph: Graph, blocks: BlockLists) -> None:
        self._users = users
        self._graph = graph
        self._blocks = blocks

    def hidden(self, reader: str, authors: Iterable[str]) -> frozenset[str]:
        """Those of `authors` whose posts `reader` must not see; never the reader.

        Hidden is who has blocked the reader or whom the reader has blocked, and who is private and not followed by the
        reader.  Half a read unit for an author's profile, one for blocks, half for the follow of a private one; three
        batches at most, eventually consistent.
        """
        others = sorted(frozenset(authors) - {reader})
        if not others:
            return frozenset()
        blocked = self._blocks.between(reader, others, strong=False)
        private = {user.user_id for user in self._users.get(others).values() if user.profile.private}
        followed = self._graph.following((reader, author) for author in sorted(private - blocked))
        return blocked | (private - {author for _, author in followed})

    def private(self, author: str) -> bool:
        """Whether the posts of `author` are for followers only.  Half a read unit."""
        found = self._users.get([author]).get(author)
        return found is not None and found.profile.private
