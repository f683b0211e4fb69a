"""Authors as the fan-out sees them: who is pushed to their followers, and who is pulled by them.

A pulled author's posts are written once.  Each follower keeps a *mark* of the author: from when until when there may
be posts to fetch.  The path that is stored on a post decides whether a reader takes it; marks only say where to look.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from tidings.domain.events import Path
from tidings.domain.position import floor

OPEN: Final = 0
"""The end of a mark that has none yet."""
REMEMBERED_MS: Final = 10_000
"""How long somebody may go by what an author was, at most: what a process remembers, and a reading that lags behind."""
DAY_MS: Final = 86_400_000
COUNTED_MS: Final = 14 * DAY_MS
"""How long reads are counted before the older half of the time is forgotten."""


@dataclass(frozen=True, slots=True, order=True)
class PulledAuthor:
    """A reader's mark: posts of `author` with the path `pull` and a position in [`start`, `until`) are to be fetched.

    Both are epoch ms; `until` is `OPEN` while no end is known.  A reader may have several marks of one author.
    """

    author: str
    start: int
    until: int = OPEN

    @property
    def open(self) -> bool:
        """Whether it has no end yet."""
        return self.until == OPEN

    def covers(self, position: str) -> bool:
        """Whether a post at `position` may be one to fetch."""
        return floor(self.start) < position and (self.open or position < floor(self.until))


def joined(marks: Iterable[PulledAuthor]) -> list[PulledAuthor]:
    """The same, with those of one author that overlap or touch as one: there is one place to look."""
    found: list[PulledAuthor] = []
    for mark in sorted(marks):
        last = found[-1] if found else None
        if last is None or last.author != mark.author or not (last.open or mark.start <= last.until):
            found.append(mark)
        elif not last.open:
            found[-1] = replace(last, until=OPEN if mark.open else max(last.until, mark.until))
    return found


@dataclass(frozen=True, slots=True)
class Author:
    """What is known of an author where their followers are: the item ` shards` of shard 0.

    `shards` of followers; `followers` as counted in shard 0 alone.  `path` is how posts are delivered now, and
    `pulled_from` (epoch ms, 0: nobody looks) since when followers mark the author to be pulled: it is set before the
    path is, and outlasts it.  `leaving` is when a way back to `push` began (epoch ms, 0: none).  `crossed` is when the
    path changed last.  Rates are in thousandths a day, as measured at `weighed` (epoch ms, 0: never): posts of the
    author, and home reads of a follower, on average.  `weighed_followers` is how many there were, in all shards, and
    `weighed_first` how many of them in shard 0.
    """

    user_id: str
    shards: int = 1
    followers: int = 0
    path: Path = Path.PUSH
    pulled_from: int = 0
    leaving: int = 0
    crossed: int = 0
    weighed: int = 0
    weighed_followers: int = 0
    weighed_first: int = 0
    post_rate: int = 0
    read_rate: int = 0

    @property
    def about(self) -> int:
        """How many followers there are now: as many more, or fewer, as shard 0 has since they were counted, times the
        shards.  Who was there before has no part in it: shard 0 keeps those who came when there were fewer shards."""
        return max(0, self.weighed_followers + (self.followers - self.weighed_first) * self.shards)

    @property
    def crossing(self) -> bool:
        """Whether they are on their way, either way."""
        return self.path is Path.PUSH and self.pulled_from > 0

    @property
    def pulling(self) -> bool:
        """Whether some reader may have a mark of theirs, or be in their residue."""
        return self.pulled_from > 0 or self.crossed > 0


@dataclass(frozen=True, slots=True)
class ReadRate:
    """How often somebody reads their home: `reads` since `since` (epoch ms, 0: never counted)."""

    reads: int = 0
    since: int = 0

    def counted(self, now: int, reads: int) -> ReadRate:
        """With some more reads.  What is old counts less and less."""
        if self.since == 0:
            return ReadRate(reads, now)
        if now - self.since <= COUNTED_MS:
            return ReadRate(self.reads + reads, self.since)
        kept = COUNTED_MS // 2
        return ReadRate(self.reads * kept // (now - self.since) + reads, now - kept)

    def per_day(self, now: int) -> int:
        """Thousandths of a read a day.  The first day counts as a whole one."""
        return 0 if self.since == 0 else self.reads * 1_000 * DAY_MS // max(DAY_MS, now - self.since)


NEVER: Final = ReadRate()
"""Of whom nothing was counted."""
