"""Sync cursors: one to go on with, another to keep.

A writer may still commit an item up to `T` after the stamp the item carries.  So a reader who keeps the arrival of
the last event it saw as its cursor can step over an item that was on its way.  `sync` therefore gives back two:

* `next` goes on with *this* sync: after the last event of the page, with the first page's clock;
* `cursor` is kept for the next sync: never newer than that clock minus `T`.

One cursor for both would loop for ever when a page is younger than `T`.  Events younger than `T` are seen again by
the next sync; the reader drops them by event id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tidings.domain.errors import InvalidRequest, ResyncRequired
from tidings.domain.position import FIRST, MS_DIGITS, floor, ms_of

_AFTER: Final = r"\d{13}(?:-[a-z2-7]{8}-[a-z2-7]{8}-\d{2})?"
_CURSOR: Final = re.compile(rf"c1\.({_AFTER})\Z", re.ASCII)
_NEXT: Final = re.compile(rf"n1\.({_AFTER})\.(\d{{{MS_DIGITS}}})\.({_AFTER})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class SyncStart:
    """Where a page begins: read arrivals after `after`; `clock` is the first page's clock, `kept` the older cursor."""

    after: str
    clock: int
    kept: str


@dataclass(frozen=True, slots=True)
class SyncCursors:
    """What a page hands back.  `next` is None on the last page."""

    cursor: str
    next: str | None


def start(cursor: str | None, following: str | None, now: int, retention_ms: int) -> SyncStart:
    """Decode what the client sent; `now` was read *before* the query.

    Raises `InvalidRequest` for a cursor the server never gave, `ResyncRequired` for one older than retention.
    """
    if following is not None:
        match = _NEXT.match(following)
        if match is None:
            raise InvalidRequest("`next` is the string that the last page of this sync gave.")
        # Another process gave it, whose clock may be a little ahead: of the two, the earlier one loses nothing.
        begin = SyncStart(match[1], min(int(match[2]), now), match[3])
    elif cursor is not None:
        match = _CURSOR.match(cursor)
        if match is None:
            raise InvalidRequest("`cursor` is the string that the last sync gave.")
        begin = SyncStart(match[1], now, match[1])
    else:
        return SyncStart(FIRST, now, FIRST)
    if begin.kept != FIRST and ms_of(begin.kept) < now - retention_ms:
        raise ResyncRequired("The cursor is older than what is kept. Sync again without one, and use history.")
    return begin


def finish(begin: SyncStart, last: str | None, more: bool, settle_ms: int) -> SyncCursors:
    """The cursors after a page whose last arrival is `last` (None: empty), with or without more pages behind it."""
    safe = floor(begin.clock - settle_ms)
    reached = min(last, safe) if more and last is not None else safe
    kept = max(begin.kept, reached)
    following = f"n1.{last}.{begin.clock:0{MS_DIGITS}d}.{kept}" if more and last is not None else None
    return SyncCursors(f"c1.{kept}", following)
