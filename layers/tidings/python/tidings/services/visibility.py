"""Whose posts a reader may see.  Threads, quotes, counts, search, mentions and user timelines ask here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tidings.domain.errors import Forbidden
from tidings.domain.posts import TimelineEntry
from tidings.ports.blocks import BlockLists, Mutes
from tidings.ports.people import Users
from tidings.ports.timelines import Graph, ReaderState
from tidings.services.people import unknown


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
        return blocked | self._private(reader, [each for each in others if each not in blocked])

    def private(self, author: str) -> bool:
        """Whether the posts of `author` are for followers only.  Half a read unit."""
        found = self._users.get([author]).get(author)
        return found is not None and found.profile.private

    def check(self, reader: str, author: str) -> None:
        """Raises `UnknownUser` where one of the two has blocked the other (nobody is told), and `Forbidden` where
        `author` shows posts to followers only, and `reader` is none."""
        if reader == author:
            return
        if self._blocks.between(reader, [author], strong=False):
            raise unknown()
        if self._private(reader, [author]):
            raise Forbidden("This account is private: only followers see what is in it.")

    def _private(self, reader: str, others: Sequence[str]) -> frozenset[str]:
        """Those of `others` who are private and not followed."""
        private = sorted(user.user_id for user in self._users.get(others).values() if user.profile.private)
        followed = self._graph.following((reader, author) for author in private)
        return frozenset(private) - {author for _, author in followed}


class Hiding:
    """What is left out of what came to a reader by itself: home, mentions.

    `ReaderState.hides` says it for nearly everybody; this is for whom too many have blocked, or who have blocked or
    muted too many, to have all of them at hand.
    """

    def __init__(self, blocks: BlockLists, mutes: Mutes) -> None:
        self._blocks = blocks
        self._mutes = mutes

    def rest(self, user_id: str, reader: ReaderState, entries: Sequence[TimelineEntry]) -> list[TimelineEntry]:
        """Those of `entries`, which `reader` does not hide, that nothing else hides; the reader's own are never hidden.

        Costs nothing but for `reader.more`: then a unit and a half for each person in the entries.
        """
        if not reader.more:
            return list(entries)
        people = sorted(frozenset[str]().union(*(entry.people for entry in entries)) - {user_id})
        hidden = self._blocks.between(user_id, people, strong=False) | self._mutes.among(user_id, people)
        return [entry for entry in entries if entry.author == user_id or hidden.isdisjoint(entry.people)]
