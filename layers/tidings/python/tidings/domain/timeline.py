"""Home timelines: paging down goes by position, "what is new" by a safe cursor.

A fanned-out copy may be written up to the fan-out bound after its post's stamp.  So the cursor that a reader keeps
for the next refresh is never newer than its clock minus that bound; entries younger than it are seen again and
dropped by (author, position).  A page that does not reach down to where the refresh began carries the lower bound
along, so that going on fills the gap exactly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tidings.domain.errors import InvalidRequest
from tidings.domain.position import FIRST, LAST, MS_DIGITS, floor

EXCERPT: Final = 600
"""Bytes of text that fit an entry of 1 KB beside its longest keys and no reference."""
_POSITION: Final = r"\d{13}-[a-z2-7]{8}-[a-z2-7]{8}-\d{2}"
_SINCE: Final = re.compile(rf"s1\.(\d{{{MS_DIGITS}}})\Z", re.ASCII)
_BEFORE: Final = re.compile(rf"b1\.({_POSITION})\.(\d{{{MS_DIGITS}}})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Window:
    """Read positions strictly between `after` and `before`, newest first."""

    after: str = FIRST
    before: str = LAST


def window(before: str | None, since: str | None) -> Window:
    """The window of a request.  Raises `InvalidRequest` for cursors the server never gave, or for both at once."""
    if before is not None and since is not None:
        raise InvalidRequest("Give `before` to page down or `since` to see what is new, not both.")
    if before is not None:
        match = _BEFORE.match(before)
        if match is None:
            raise InvalidRequest("`before` is the string that the last page gave.")
        return Window(after=match[2], before=match[1])
    if since is not None:
        match = _SINCE.match(since)
        if match is None:
            raise InvalidRequest("`since` is the string that the last timeline gave.")
        return Window(after=match[1])
    return Window()


def page_down(looked_at: Window, last: str | None) -> str | None:
    """The cursor behind a page whose last position read is `last`; None when nothing is left."""
    return None if last is None else f"b1.{last}.{looked_at.after[:MS_DIGITS]}"


def keep(clock: int, bound_ms: int) -> str:
    """The cursor for the next refresh; `clock` was read before the query."""
    return f"s1.{floor(clock - bound_ms)}"


def mentions_of(user_id: str) -> str:
    """Whose timeline holds what mentions a user: a name that no user id can be."""
    return f"mentions#{user_id}"


def excerpt(text: str, limit: int = EXCERPT) -> tuple[str, bool]:
    """`text` cut to `limit` bytes of UTF-8 at a character, and whether it was cut."""
    raw = text.encode()
    if len(raw) <= limit:
        return text, False
    return raw[:limit].decode(errors="ignore"), True
