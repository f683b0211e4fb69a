"""Posts, home timelines, the follow graph and the fan-out lanes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from tidings.domain.authors import NEVER, PulledAuthor, ReadRate
from tidings.domain.edges import Edge as Edge
from tidings.domain.idle import UNSEEN, Seen
from tidings.domain.posts import Post, PostRef, TimelineEntry
from tidings.domain.stamp import Fence

Lane = Literal["small", "large", "live"]
"""The lanes of the fan-out, by the patience of who waits at their ends."""


class Posts(Protocol):
    """Each post once, by author."""

    def append(self, post: Post, fence: Fence) -> Post | None:
        """Put the post if its position is free.  None: written.  Else what stands there."""
        ...

    def get(self, author: str, position: str, *, strong: bool) -> Post | None:
        """A post, or its tombstone (`text` None)."""
        ...

    def many(self, refs: Iterable[PostRef], *, strong: bool = False) -> Mapping[PostRef, Post]:
        """Those of `refs` that there are, tombstones included, in batches."""
        ...

    def tombstone(self, author: str, position: str, fence: Fence) -> bool:
        """Replace by a tombstone.  False when there never was such a post."""
        ...

    def page(self, author: str, after: str, before: str, limit: int, *, strong: bool) -> tuple[list[Post], str | None]:
        """Up to `limit` posts between the positions, newest first, tombstones left out; the last position looked at
        when there may be more, else None."""
        ...


class Timelines(Protocol):
    """Home timelines."""

    def write(self, entries: Sequence[tuple[str, TimelineEntry]], fence: Fence) -> None:
        """Write (user id, entry) each; drains `UnprocessedItems` with back-off, checking the fence each time."""
        ...

    def delete(self, keys: Sequence[tuple[str, str]], fence: Fence) -> None:
        """Delete (user id, position) each, likewise."""
        ...

    def page(self, user_id: str, after: str, before: str, limit: int) -> tuple[list[TimelineEntry], str | None]:
        """Up to `limit` entries between the positions, newest first; the last position looked at when there may be
        more, else None."""
        ...


@dataclass(frozen=True, slots=True)
class ReaderState:
    """What a home read needs to know of its reader.  `removed`: authors who were unfollowed just now, whose entries it
    leaves out until they have been purged.  `pulled`: the marks of authors whose posts are not all pushed, in order.
    `seen`: when the reader was last known to look.  `rate`: how often they do.

    Of `blocked` (on either side) and `muted` the reader is shown nothing.  `more`: there are too many to name all; the
    registers know the others.
    """

    removed: frozenset[str] = frozenset()
    pulled: tuple[PulledAuthor, ...] = ()
    seen: Seen = UNSEEN
    blocked: frozenset[str] = frozenset()
    muted: frozenset[str] = frozenset()
    more: bool = False
    rate: ReadRate = NEVER

    @property
    def hidden(self) -> frozenset[str]:
        """Whom the reader is not shown."""
        return self.blocked | self.muted

    def hides(self, entry: TimelineEntry) -> bool:
        """Whether an entry of somebody else must not be shown to this reader."""
        return entry.author in self.removed or not self.hidden.isdisjoint(entry.people)


class Graph(Protocol):
    """Who follows whom.  Both halves of an edge, the counts and the removal filter change in one transaction."""

    def edge(self, follower: str, author: str) -> Edge | None:
        """The follower's half, strongly read."""
        ...

    def follow(self, follower: str, author: str, position: str, fence: Fence) -> Edge | None:
        """Make the edge unless the register holds this position or a later one.  What stands now."""
        ...

    def ask(self, follower: str, author: str, position: str, fence: Fence) -> Edge | None:
        """Ask the author to be followed, likewise."""
        ...

    def unfollow(self, follower: str, author: str, position: str, fence: Fence) -> bool:
        """Leave a tombstone and a removal, likewise.  Whether this position stands now."""
        ...

    def answer(self, author: str, follower: str, position: str, fence: Fence, *, accept: bool) -> bool:
        """Make a follow of a request that was made before `position`, or end it.  Whether this position stands now."""
        ...

    def following(self, pairs: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Those of `pairs` of which the first follows the second (eventually consistent, in batches)."""
        ...

    def reader(self, user_id: str) -> ReaderState:
        """What a home read needs to know of its reader, strongly read, in one query."""
        ...

    def clear_removal(self, user_id: str, author: str, position: str, fence: Fence) -> None:
        """Take the removal made at `position` away, if it still is that one."""
        ...

    def shards(self, author: str) -> int:
        """How many shards the author's followers have (at least 1)."""
        ...

    def followers(self, author: str, shard: int, after: str | None) -> Iterator[list[str]]:
        """Followers in one shard in key order after `after`, a page at a time."""
        ...

    def audience(
        self, author: str, shard: int, after: str | None, *, seen_from: int = 0
    ) -> Iterator[tuple[int, list[str]]]:
        """All followers from `shard` and the one after `after` on who have looked since the day `seen_from`: pages,
        each with its shard.

        Read from the beginning, it finds out how many shards there are without a read of its own.
        """
        ...


class Chunks(Protocol):
    """The SQS lanes of the fan-out engine."""

    def send(self, lane: Lane, jobs: Sequence[Mapping[str, object]], delay_ms: int = 0) -> None:
        """Enqueue jobs (each JSON-able, at most 200 KB), optionally not before `delay_ms` (at most 15 min)."""
        ...
