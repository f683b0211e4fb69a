"""Sync cursors: one to go on with, another to keep.

A writer may still commit an item up to `T` after the stamp the item carries.  So a reader who keeps the arrival of
the last event it saw as its cursor can step over an item that was on its way.  `sync` therefore gives back two:

* `next` goes on with *this* sync: after the last event of the page, with the first page's clock;
* `cursor` is kept for the next sync: never newer than that clock minus `T`.

One cursor for both would loop for ever when a page is younger than `T`.  Events younger than `T` are seen again by
the next sync; the reader drops them by event id.

A sync reads the mailbox to its end and then the logs of the conversations that are pulled, each from where this sync
*began*: what lies in a log was not in the mailbox's pages.  So a cursor that was kept in the middle of a sync says how
far the mailbox was read, and from where on the logs still are to be.

    c1.<mailbox>                                                   read up to there, mailbox and logs
    c1.<mailbox>.<logs>                                            the logs only up to there
    n1.<arrival>.<clock>.<mailbox>.<logs>                          go on in the mailbox behind an arrival
    n2.<conversation>.<position>.<clock>.<mailbox>.<logs>          go on in the log of a conversation
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tidings.domain.errors import InvalidRequest, ResyncRequired
from tidings.domain.position import FIRST, LAST, MS_DIGITS, floor, ms_of
from tidings.domain.pulled import Place

_AFTER: Final = r"\d{13}(?:-[a-z2-7]{8}-[a-z2-7]{8}-\d{2})?"
_CLOCK: Final = rf"\d{{{MS_DIGITS}}}"
_REST: Final = rf"({_CLOCK})\.({_AFTER})\.({_AFTER})\Z"
_CURSOR: Final = re.compile(rf"c1\.({_AFTER})(?:\.({_AFTER}))?\Z", re.ASCII)
_NEXT: Final = re.compile(rf"n1\.({_AFTER})\.{_REST}", re.ASCII)
_NEXT_LOG: Final = re.compile(rf"n2\.(g#[a-z2-7]{{16}})\.({_AFTER})\.{_REST}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SyncStart:
    """Where a page begins: read arrivals after `after`, then logs behind `place` (None: from the first one on).

    `clock` is the first page's clock; `kept` and `logs` are how far mailbox and logs were read by earlier syncs.
    """

    after: str
    clock: int
    kept: str
    logs: str
    place: Place | None = None


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
        begin = _following(following, now)
    elif cursor is not None:
        match = _CURSOR.match(cursor)
        if match is None:
            raise InvalidRequest("`cursor` is the string that the last sync gave.")
        begin = SyncStart(match[1], now, match[1], match[2] or match[1])
    else:
        return SyncStart(FIRST, now, FIRST, FIRST)
    if any(each != FIRST and ms_of(each) < now - retention_ms for each in (begin.kept, begin.logs)):
        raise ResyncRequired("The cursor is older than what is kept. Sync again without one, and use history.")
    return begin


def _following(following: str, now: int) -> SyncStart:
    # Another process gave it, whose clock may be a little ahead: of the two, the earlier one loses nothing.
    match = _NEXT.match(following)
    if match is not None:
        return SyncStart(match[1], min(int(match[2]), now), match[3], match[4])
    match = _NEXT_LOG.match(following)
    if match is not None:
        return SyncStart(LAST, min(int(match[3]), now), match[4], match[5], Place(match[1], match[2]))
    raise InvalidRequest("`next` is the string that the last page of this sync gave.")


def finish(begin: SyncStart, last: str | None, more: bool, settle_ms: int, place: Place | None = None) -> SyncCursors:
    """The cursors after a page whose last arrival is `last` (None: none).

    `more`: the mailbox goes on behind it.  `place`: it does not, but the logs go on behind that.
    """
    safe = floor(begin.clock - settle_ms)
    rest = f"{begin.clock:0{MS_DIGITS}d}"
    if more and last is not None:
        kept = max(begin.kept, min(last, safe))
        return SyncCursors(_cursor(kept, begin.logs), f"n1.{last}.{rest}.{kept}.{begin.logs}")
    kept = max(begin.kept, safe)
    if place is not None:
        following = f"n2.{place.conversation_id}.{place.position}.{rest}.{kept}.{begin.logs}"
        return SyncCursors(_cursor(kept, begin.logs), following)
    return SyncCursors(_cursor(kept, max(begin.logs, safe)), None)


def _cursor(kept: str, logs: str) -> str:
    return f"c1.{kept}" if kept == logs else f"c1.{kept}.{logs}"
