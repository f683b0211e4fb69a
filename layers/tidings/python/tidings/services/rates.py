"""What the system measures of itself: how often an author posts, and how often their followers look.

Posts are counted where they are, a few of the last ones.  Reads are counted by a sample of them, each of which writes
for many; and a sample of an author's followers, of those who are written to, says how often they all read.  That costs
about 60 read units, once a day and only for authors with many followers, and a thirty-second of a write unit a home
page.

Who is pulled and posts no more would be measured by no post of theirs.  So each of these home reads also has one of
those whom its reader pulls looked at, half a read unit, and weighed where that is due.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Final
from zlib import crc32

from tidings.domain.authors import DAY_MS, Author
from tidings.domain.errors import RetryLater, Unavailable
from tidings.domain.identity import Caller
from tidings.domain.idle import Idle
from tidings.domain.position import FIRST, LAST, ms_of, tag
from tidings.domain.stamp import Fence, Times
from tidings.ports.pulling import ReadRates
from tidings.ports.timelines import Graph, Posts, ReaderState
from tidings.ports.world import Clock
from tidings.services.authors import Paths

ONE_IN: Final = 32
"""Home reads for which one writes."""
RECENT: Final = 20
"""Posts that say how often an author posts."""
SAMPLE: Final = 64
"""Followers who say how often an author's followers read."""


class Rates:
    """Measures."""

    def __init__(self, posts: Posts, graph: Graph, rates: ReadRates, idle: Idle) -> None:
        self._posts = posts
        self._graph = graph
        self._rates = rates
        self._idle = idle

    def posts(self, author: str, now: int) -> int:
        """Thousandths of a post a day."""
        recent, _ = self._posts.page(author, FIRST, LAST, RECENT, strong=False)
        if not recent:
            return 0
        return len(recent) * 1_000 * DAY_MS // max(DAY_MS // RECENT, now - ms_of(recent[-1].position))

    def reads(self, author: Author, now: int) -> int:
        """Thousandths of a home read a day, of a follower on average."""
        asked = list(islice(self._some(author, now), SAMPLE))
        if not asked:
            return 0
        found = self._rates.get(asked)
        return sum(rate.per_day(now) for rate in found.values()) // len(asked)

    def _some(self, author: Author, now: int) -> Iterator[str]:
        """Followers who are written to, behind some place in some shard, which changes with the day; then from the
        beginning on."""
        seed = crc32(f"{author.user_id}/{now // DAY_MS}".encode())
        awake, seen = self._idle.awake_from(now), set()
        for shard, after in ((seed % author.shards, tag(str(seed))), (0, None)):
            for _, page in self._graph.audience(author.user_id, shard, after, seen_from=awake):
                for follower in page:
                    if follower not in seen:
                        seen.add(follower)
                        yield follower


class HomeReads:
    """Counts home reads."""

    def __init__(self, rates: ReadRates, paths: Paths, clock: Clock, times: Times) -> None:
        self._rates = rates
        self._paths = paths
        self._clock = clock
        self._times = times

    def note(self, caller: Caller, reader: ReaderState) -> None:
        """The caller reads their home; `reader` is what is known of them."""
        number, rest = divmod(crc32(f"{caller.user_id}/{caller.frame_id}".encode()), ONE_IN)
        if rest == 0:
            now = self._clock.now()
            fence = Fence(now, self._times, self._clock.now)
            pulled = [mark.author for mark in reader.pulled if mark.open]
            # An estimate is not worth a page that fails.
            with suppress(RetryLater, Unavailable):
                self._rates.put(caller.user_id, reader.rate.counted(now, ONE_IN), fence)
                if pulled:
                    self._paths.of(pulled[number % len(pulled)])
