"""Several timelines read as one: a k-way merge, newest first, that reads no further than a page needs.

Each source is read from the top, some entries at a time.  What lies at or above the position down to which *every*
source has been read is known for good, and is given; below it a source that has run dry may still hold something
newer than what the others have shown.  So a source is read on only when it is dry and what the others hold cannot
fill the page above the position that it has been read down to.

A page ends at a position that all sources have passed: one position is the cursor for all of them, wherever each
of them stands.  A post that stands in two sources is given once.

Merging sorted runs with one heap is textbook (Knuth, TAOCP 3, 5.4.1); reading on by need is what Fagin, Lotem and Naor
call sorted access with a threshold ("Optimal Aggregation Algorithms for Middleware", PODS 2001).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tidings.domain.position import FIRST
from tidings.domain.posts import TimelineEntry


@dataclass(slots=True)
class _Source:
    """`held` are entries not given yet, newest last; everything above and at `reached` has been read."""

    reached: str
    held: list[TimelineEntry] = field(default_factory=list)


class Merge:
    """One page in the making: at most `limit` entries below the position `before`, of the sources `names`.

    `hides` says of an entry that it must not be shown.
    """

    def __init__(self, names: Iterable[str], before: str, limit: int, hides: Callable[[TimelineEntry], bool]) -> None:
        self._sources = {name: _Source(before) for name in names}
        self._limit = limit
        self._hides = hides
        self._given: list[TimelineEntry] = []

    @property
    def full(self) -> bool:
        """Whether the page has as many entries as were asked for."""
        return len(self._given) >= self._limit

    @property
    def missing(self) -> int:
        """How many entries the page still has room for."""
        return max(0, self._limit - len(self._given))

    def reached(self, name: str) -> str:
        """The position below which a source is to be read on."""
        return self._sources[name].reached

    def take(self, name: str, entries: Sequence[TimelineEntry], last: str | None) -> None:
        """What reading a source on has given, newest first.

        `last` is the last position looked at when there may be more, else None.
        """
        source = self._sources[name]
        source.held = [*(each for each in reversed(entries) if not self._hides(each)), *source.held]
        source.reached = FIRST if last is None else last

    def wanted(self) -> list[str]:
        """Give what is known by now, and name the sources to be read on for the rest; none when the page is done."""
        self._give()
        if self.full:
            return []
        waiting = sorted({_key(each) for source in self._sources.values() for each in source.held})
        enough = waiting[-self.missing][0] if len(waiting) >= self.missing else FIRST
        return [
            name
            for name, source in self._sources.items()
            if not source.held and source.reached != FIRST and source.reached > enough
        ]

    def page(self) -> tuple[list[TimelineEntry], str | None]:
        """The entries, newest first, and the position below which the next page goes on; None: there is no more."""
        if self.full and any(source.held for source in self._sources.values()):
            return self._given, self._given[-1].position
        return self._given, None if self._known == FIRST else self._known

    @property
    def _known(self) -> str:
        """Down to this position every source has been read."""
        return max((source.reached for source in self._sources.values()), default=FIRST)

    def _give(self) -> None:
        """Move to the page what every source has been read past, the newest first.

        Whatever shares the last one's position comes along: the next page begins below it.
        """
        known = self._known
        while heads := [source for source in self._sources.values() if source.held]:
            newest = max(_key(source.held[-1]) for source in heads)
            if newest[0] < known or (self.full and newest[0] != self._given[-1].position):
                return
            same = [source.held.pop() for source in heads if _key(source.held[-1]) == newest]
            self._given.append(same[0])


def _key(entry: TimelineEntry) -> tuple[str, str]:
    """A post's place in the order, and its identity."""
    return entry.position, entry.author
