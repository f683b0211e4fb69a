"""Pulled conversations: which logs a sync reads besides the mailbox, and what it takes from them.

A mailbox keeps, for each conversation that may have to be pulled, the reader's *stays* and the *pulls*: the times in
which its events are not pushed.  The sender stores with each event how it is delivered, and that decides what a reader
takes; the pulls only say where to look.

Who joins pulls everything of the first `T` as well: while the join is being written, senders may not see it yet.  That
is noted before the join, so a stay may be in doubt: it begins only if the join takes place.  Likewise before it ends.
Whoever meets a doubt asks the members.

A mailbox has room for so many notes.  Whoever is full is put into no further group until a note has run out.  Only a
join is refused: what ends a stay, and what is pulled of those who are in, is always noted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tidings.domain.events import LogEntry, Path
from tidings.domain.groups import Stay
from tidings.domain.position import floor, ms_of

OPEN: Final = 0
"""The end of what has none yet."""
BEGINNING: Final = -1
"""The end of a stay that perhaps never begins."""
ENDING: Final = -2
"""The end of a stay that perhaps has ended."""

ROOM: Final = 1_000
"""Notes at which nobody else puts the user into another group: about 60 KB, which every sync reads at its end."""
OWN_ROOM: Final = 1_200
"""Notes at which the user makes no more groups either: whom others have filled up still can."""
NEVER: Final = 10**14
"""A time (epoch ms) that does not come."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a mailbox keeps about a conversation.

    `stays`: from the position of each join, the epoch ms at which the stay ends, or `OPEN`, `BEGINNING`, `ENDING`.
    `pulls`: from epoch ms to epoch ms (exclusive), or `OPEN`.
    """

    conversation_id: str
    stays: Mapping[str, int] = field(default_factory=dict)
    pulls: Mapping[int, int] = field(default_factory=dict)

    @property
    def doubtful(self) -> bool:
        """Whether only the members know which stays there are."""
        return any(end < OPEN for end in self.stays.values())

    def known(self) -> tuple[Stay, ...]:
        """The stays, where none is in doubt."""
        return tuple(Stay(joined, left or None) for joined, left in sorted(self.stays.items()))


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a log to be read: positions strictly between `after` and `before`."""

    conversation_id: str
    after: str
    before: str


@dataclass(frozen=True, slots=True)
class Place:
    """How far a sync has got in the logs: it has read this conversation's up to `position`, and those before it."""

    conversation_id: str
    position: str


def windows(marks: Iterable[Marks], after: str, until: int, settle_ms: int) -> list[Window]:
    """What a sync reads whose cursor is `after`, up to `until` (epoch ms), in order."""
    found: list[Window] = []
    for each in sorted(marks, key=lambda marks: marks.conversation_id):
        for start, end in _joined(_spans(each, until, settle_ms)):
            low, high = max(after, floor(start)), floor(end)
            if low < high:
                found.append(Window(each.conversation_id, low, high))
    return found


def following(all_windows: Sequence[Window], place: Place | None) -> list[Window]:
    """What is left of the windows behind `place`."""
    if place is None:
        return list(all_windows)
    left = []
    for each in all_windows:
        low = max(each.after, place.position) if each.conversation_id == place.conversation_id else each.after
        if each.conversation_id >= place.conversation_id and low < each.before:
            left.append(Window(each.conversation_id, low, each.before))
    return left


def takes(stays: Iterable[Stay], entry: LogEntry, reader: str, settle_ms: int) -> bool:
    """Whether a reader with these stays takes the entry from the log: what is pulled, and everything of the first
    `settle_ms` of a stay."""
    if entry.event is None or (entry.withheld and entry.sender != reader):
        return False
    covering = [stay for stay in stays if stay.covers(entry.position)]
    fresh = any(ms_of(entry.position) < ms_of(stay.joined) + settle_ms for stay in covering)
    return fresh or (entry.path is Path.PULL and bool(covering))


def outdated(marks: Marks, before: int, settle_ms: int) -> tuple[list[str], list[int]]:
    """Stays and pulls that no reader can need any more: over before `before` (epoch ms).

    A stay that is open counts as over when its first `settle_ms` are, as long as nothing is pulled: what begins to
    pull later brings the stay along.  One that perhaps never began has been settled by then if it did.
    """
    pulling = any(until == OPEN or until >= before for until in marks.pulls.values())
    stays = []
    for joined, left in marks.stays.items():
        begun_before = ms_of(joined) + settle_ms < before
        idle = not pulling or left == BEGINNING
        if OPEN < left < before or (begun_before and idle):
            stays.append(joined)
    alone = len(stays) == len(marks.stays)
    pulls = [start for start, until in marks.pulls.items() if OPEN < until < before or (alone and start < before)]
    return stays, pulls


def runs_out(marks: Marks, settle_ms: int) -> int:
    """When the first of these notes is over, as `outdated` counts (epoch ms): later than that `before` it goes.
    `NEVER` where it takes another change first."""
    times = [until for until in marks.pulls.values() if until > OPEN]
    if not marks.stays:
        times += marks.pulls
    for joined, left in marks.stays.items():
        if left > OPEN:
            times.append(left)
        if left == BEGINNING or not marks.pulls:
            times.append(ms_of(joined) + settle_ms)
    return min(times, default=NEVER)


def _spans(marks: Marks, until: int, settle_ms: int) -> list[tuple[int, int]]:
    """From when until when there may be something to take (epoch ms, the end exclusive)."""
    spans = []
    for joined, left in marks.stays.items():
        begin, end = ms_of(joined), min(left, until) if left > OPEN else until
        spans.append((begin, min(end, begin + settle_ms)))
        spans += [(max(begin, start), min(end, over or until)) for start, over in marks.pulls.items()]
    return sorted((start, end) for start, end in spans if start < end)


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted spans with those that touch made one."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found
