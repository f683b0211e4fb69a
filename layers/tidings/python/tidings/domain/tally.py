"""The tally of a group: how far everybody has got with what was written.

A message is delivered to (read by) everybody once every other member who was there when it was written, and still is,
has confirmed it: receipts of a group go to nobody one by one.  Whoever joined later, or has left since, does not count,
and a message of which nobody else is left is never announced.

A read that its reader's privacy setting hides (`SEEN`) is a delivery and never a read: as long as there is a member who
hides what they read, nobody learns that everybody has read.

Between two announcements the tally remembers who is in the way of the next one, the *laggard*.  A confirmation of
anybody else changes nothing, and costs no job.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar

from tidings.domain.events import LogEntry, Message, ReceiptKind
from tidings.domain.position import MS_DIGITS, floor, ms_of
from tidings.domain.watermark import Watermark

DELAY_MS: Final = 3_000
"""What is confirmed within this time is worked out together."""
LOST_MS: Final = 60_000
"""A job that is so much overdue may be lost: the next confirmation asks for another one."""

KINDS: Final = (ReceiptKind.DELIVERED, ReceiptKind.READ)
"""What is announced."""
_SHOWS: Final[Mapping[ReceiptKind, tuple[ReceiptKind, ...]]] = {
    ReceiptKind.DELIVERED: (ReceiptKind.DELIVERED, ReceiptKind.READ, ReceiptKind.SEEN),
    ReceiptKind.READ: (ReceiptKind.READ,),
}
_NEVER: Final = 10**MS_DIGITS - 1

T = TypeVar("T", str, int)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a group's `tally` item says.

    `due`: a job is on its way, for that time (epoch ms; 0: none is).  `run` names the last job that began.  Up to
    `reached` (positions) everything is announced; `laggards` are in the way of the next announcement.
    """

    due: int = 0
    run: str = ""
    reached: Mapping[ReceiptKind, str] = field(default_factory=dict)
    laggards: Mapping[ReceiptKind, str] = field(default_factory=dict)

    def pending(self, now: int) -> bool:
        """Whether a job is on its way that will see what stands now."""
        return self.due > now - LOST_MS if self.due else False

    def waits_for(self, reader: str, kind: ReceiptKind) -> bool:
        """Whether a confirmation of this kind by `reader` may make an announcement possible."""
        return any(self.laggards.get(each) in (None, reader) for each in KINDS if kind in _SHOWS[each])


def standing(kind: ReceiptKind, joined: str, marks: Mapping[ReceiptKind, Watermark]) -> Watermark:
    """How far a member has got who is there since the position `joined`: what was before is not theirs to confirm.

    Of several marks the one that goes furthest counts: together they may cover a little more, never less.
    """
    start = Watermark(floor(ms_of(joined)), _NEVER)
    given = [marks[each] for each in _SHOWS[kind] if each in marks]
    best = max(given, key=lambda mark: (mark.position, mark.taken_at), default=start)
    return best if best.position > start.position else start


class Lowest(Generic[T]):
    """The lowest of some values, whosever is left aside."""

    def __init__(self) -> None:
        self._two: list[tuple[Any, str]] = []

    def add(self, value: T, holder: str) -> None:
        """Enter the value of one holder."""
        self._two = sorted([*self._two, (value, holder)], key=itemgetter(0, 1))[:2]

    def without(self, holder: str) -> tuple[T, str] | None:
        """The lowest value that is not `holder`'s, and whose it is."""
        return next((each for each in self._two if each[1] != holder), None)


class Front:
    """How far all of some members have got, in one kind of confirmation."""

    def __init__(self, kind: ReceiptKind) -> None:
        self._kind = kind
        self._positions: Lowest[str] = Lowest()
        self._times: Lowest[int] = Lowest()
        self._joined: Lowest[str] = Lowest()

    def add(self, user_id: str, joined: str, marks: Mapping[ReceiptKind, Watermark]) -> None:
        """Count a member who is there since `joined`."""
        mark = standing(self._kind, joined, marks)
        self._positions.add(mark.position, user_id)
        self._times.add(mark.taken_at, user_id)
        self._joined.add(joined, user_id)

    def taken_at(self, author: str) -> int:
        """When the oldest view of the others was taken (epoch ms)."""
        found = self._times.without(author)
        return 0 if found is None else found[0]

    def witnessed(self, entry: LogEntry) -> bool:
        """Whether anybody else was there and still is."""
        first = self._joined.without(entry.sender)
        return first is not None and first[0] <= entry.position

    def laggard(self, entry: LogEntry) -> str | None:
        """Somebody who has not confirmed the entry; None where everybody has."""
        if not isinstance(entry.event, Message):
            return None
        position, taken_at = self._positions.without(entry.sender), self._times.without(entry.sender)
        if position is not None and position[0] < entry.position:
            return position[1]
        arrived = max((ms_of(entry.position), *entry.claims))
        return taken_at[1] if taken_at is not None and taken_at[0] < arrived else None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a walk came: everything up to `reached` is through; `authors` have messages among it that others have
    confirmed; `laggard` is in the way of the next one."""

    reached: str
    authors: frozenset[str] = frozenset()
    laggard: str | None = None


def walk(front: Front, reached: str, entries: Iterable[LogEntry]) -> Progress:
    """Go on from `reached` through the log's next `entries`, up to the first that somebody has not confirmed.

    What is no message, a tombstone for one, needs no confirmation.
    """
    authors: set[str] = set()
    for entry in entries:
        laggard = front.laggard(entry)
        if laggard is not None:
            return Progress(reached, frozenset(authors), laggard)
        reached = entry.position
        if isinstance(entry.event, Message) and front.witnessed(entry):
            authors.add(entry.sender)
    return Progress(reached, frozenset(authors))
