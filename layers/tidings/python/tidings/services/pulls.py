"""What a sync reads besides the mailbox: the logs of conversations that are pulled.

The notes at the mailbox's end say where to look (`tidings.domain.pulled`); the path on each entry says what to take.

Nothing is read that is positioned more than `C` after the notes were: whoever is in a group then is sure to receive
what lies before, but may leave at any moment.  Nor anything more than `T` after the sync's first page, so that it ends
although others write as fast as it reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tidings.domain.cursor import SyncStart
from tidings.domain.events import Event, LogEntry, tells_of
from tidings.domain.groups import Member, Seen, Stay
from tidings.domain.position import FIRST, floor
from tidings.domain.pulled import Marks, Place, Window, following, takes, windows
from tidings.domain.sizes import wire_bytes
from tidings.domain.stamp import Times
from tidings.ports.groups import Groups, Members
from tidings.ports.messaging import Log

QUERIES: Final = 40
"""Queries for one page at most: whoever is in more conversations than that has another page."""
_LEAST: Final = 4
_GUESS: Final = 1_024
"""Bytes an event takes, about."""


@dataclass(slots=True)
class Room:
    """What still fits a page: events and bytes.  The first event of a page always does."""

    events: int
    size: int
    empty: bool
    queries: int = QUERIES

    @property
    def full(self) -> bool:
        """Whether nothing more is worth a query."""
        return self.events <= 0 or self.queries <= 0 or (self.size <= 0 and not self.empty)

    def takes(self, size: int) -> bool:
        """Whether an event of `size` bytes fits; then it is counted."""
        if self.events <= 0 or (size > self.size and not self.empty):
            return False
        self.events, self.size, self.empty = self.events - 1, self.size - size, False
        return True


@dataclass(slots=True)
class _Page:
    """One reader's page in the making; stays and settings are those of each conversation that was asked for."""

    reader: str
    marks: Mapping[str, Marks]
    room: Room
    events: list[Event] = field(default_factory=list)
    stays: dict[str, tuple[Stay, ...]] = field(default_factory=dict)
    histories: dict[str, Seen] = field(default_factory=dict)


class Pulls:
    """Reads logs for syncs."""

    def __init__(self, log: Log, groups: Groups, members: Members, times: Times, retention_ms: int) -> None:
        self._log = log
        self._groups = groups
        self._members = members
        self._times = times
        self._retention = retention_ms

    def read(
        self, reader: str, marks: Sequence[Marks], begin: SyncStart, now: int, room: Room
    ) -> tuple[list[Event], Place | None]:
        """Events of the logs from where `begin` says that fit `room`; where to go on, None at the end.

        `now` was read before `marks` were.  An event's arrival is its position.
        """
        after = floor(begin.clock - self._retention) if begin.logs == FIRST else begin.logs
        until = min(begin.clock + self._times.settle, now + self._times.call)
        page = _Page(reader, {each.conversation_id: each for each in marks}, room)
        for window in following(windows(marks, after, until, self._times.settle), begin.place):
            reached = self._window(page, window)
            if reached is not None:
                return page.events, Place(window.conversation_id, reached)
        return page.events, None

    def _window(self, page: _Page, window: Window) -> str | None:
        """Take what fits of a window.  The position after which it goes on; None: that was all of it."""
        after = window.after
        while True:
            if page.room.full:
                return after
            most = min(page.room.events, max(_LEAST, page.room.size // _GUESS))
            page.room.queries -= 1
            entries, further = self._log.since(window.conversation_id, after, window.before, most)
            for entry in entries:
                if self._takes(page, window.conversation_id, entry):
                    assert entry.event is not None
                    event = replace(entry.event, arrival=entry.position)
                    if not page.room.takes(wire_bytes(event)):
                        return after
                    page.events.append(event)
                after = entry.position
            if further is None:
                return None

    def _takes(self, page: _Page, conversation_id: str, entry: LogEntry) -> bool:
        """Whether the entry is the reader's: by its own position, and by that of anything else that it tells of."""
        stays = self._stays(page, conversation_id)
        if not takes(stays, entry, page.reader, self._times.settle):
            return False
        other = tells_of(entry.event) if entry.event is not None else None
        if other is None or any(stay.covers(other) for stay in stays):
            return True
        if conversation_id not in page.histories:
            group = self._groups.get(conversation_id, strong=True)
            page.histories[conversation_id] = Seen.JOIN if group is None else group.history
        return Member(page.reader, stays).sees(other, page.histories[conversation_id])

    def _stays(self, page: _Page, conversation_id: str) -> tuple[Stay, ...]:
        """The reader's stays: as noted, or where one is in doubt as the members say."""
        if conversation_id not in page.stays:
            marks = page.marks[conversation_id]
            stays = self._asked(page.reader, conversation_id) if marks.doubtful else marks.known()
            page.stays[conversation_id] = stays
        return page.stays[conversation_id]

    def _asked(self, reader: str, conversation_id: str) -> tuple[Stay, ...]:
        group = self._groups.get(conversation_id, strong=True)
        member = self._members.get(group, reader) if group is not None else None
        return member.stays if member is not None else ()
