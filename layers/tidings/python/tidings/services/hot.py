"""The newest posts of pulled authors, remembered for a moment: who is pulled has many readers.

What is remembered may be older than now by a bounded time, a setting.  No cursor steps over what it lacks: the one
that a reader keeps is older than the fan-out bound, and that is longer than this memory and `T` together.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from tidings.domain.events import Path
from tidings.domain.position import FIRST, LAST
from tidings.domain.posts import TimelineEntry
from tidings.ports.timelines import Posts
from tidings.ports.world import Clock
from tidings.services.fanout.posts import entry_of

BATCH: Final = 7
"""Posts of an author in one read, one more being looked at: 8 KB of posts of 1 KB, one read unit."""
AUTHORS: Final = 512
"""Remembered at a time: at most 4 MB."""


@dataclass(frozen=True, slots=True)
class _First:
    """The top of an author's posts as it was at `read_at`; `last` as `Posts.page` gives it."""

    entries: tuple[TimelineEntry, ...]
    last: str | None
    read_at: int


class AuthorPages:
    """Reads what authors have posted to be pulled."""

    def __init__(self, posts: Posts, clock: Clock, fresh_ms: int, authors: int = AUTHORS) -> None:
        self._posts = posts
        self._clock = clock
        self._fresh = fresh_ms
        self._most = authors
        self._firsts: OrderedDict[str, _First] = OrderedDict()

    def read(
        self, author: str, after: str, before: str, limit: int, path: Path = Path.PULL
    ) -> tuple[list[TimelineEntry], str | None]:
        """Some entries of posts of that path between the positions, newest first, about `limit`; the last position
        looked at when there may be more, else None.  Pulled ones, from the top, may be those of a moment ago."""
        if before != LAST or path is not Path.PULL:
            return self._read(author, after, before, limit, path)
        first = self._first(author)
        entries = [entry for entry in first.entries if entry.position > after]
        return entries, None if first.last is None or first.last <= after else first.last

    def _first(self, author: str) -> _First:
        now = self._clock.now()
        known = self._firsts.get(author)
        if known is None or not 0 <= now - known.read_at < self._fresh:
            entries, last = self._read(author, FIRST, LAST, BATCH, Path.PULL)
            known = self._firsts[author] = _First(tuple(entries), last, now)
            self._firsts.move_to_end(author)
            while len(self._firsts) > self._most:
                self._firsts.popitem(last=False)
        return known

    def _read(
        self, author: str, after: str, before: str, limit: int, path: Path
    ) -> tuple[list[TimelineEntry], str | None]:
        posts, last = self._posts.page(author, after, before, limit, strong=False)
        return [entry_of(post) for post in posts if post.path is path], last
