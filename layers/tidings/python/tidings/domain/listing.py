"""The order of the conversation list, and its cursor.

A conversation's *key* is the position of its newest activity.  Looking it up in the log costs a read, so that is done
for a bounded number of conversations, those that the reader's own rows say were active last; the others stand below
them, by what is known of them without that (the *hint*: what the reader has confirmed up to, the join, the latest
events of their mailbox).  Where the line was drawn and how far back the mailbox was seen travel in the cursor, and a
key is never below its hint: so the key of a conversation in which nothing happens is the same on every page, and paging
down neither loses nor repeats it.  One that moves up meanwhile is not seen further down.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tidings.domain.errors import InvalidRequest
from tidings.domain.position import FIRST, tag

LOOKED_UP: Final = 200
"""Conversations whose newest activity is looked up for one page."""

_POSITION: Final = r"\d{13}-[a-z2-7]{8}-[a-z2-7]{8}-\d{2}"
_RANK: Final = rf"({_POSITION})\.([a-z2-7]{{8}})"
_SEEN: Final = rf"({_POSITION}|{FIRST})"
_BEFORE: Final = re.compile(rf"v1\.{_RANK}(?:\.{_RANK}(?:\.{_SEEN})?)?\Z", re.ASCII)

Rank = tuple[str, str]
"""Key and tag of the conversation: a total order."""


@dataclass(frozen=True, slots=True)
class Below:
    """Where a page begins: under `rank`.  `line`: keys are looked up from this rank by hints on; None: all are.

    `seen`: the arrival from which on the first page has seen the mailbox, `FIRST` for all of it.  A later page must not
    know more: what it could tell of an older event only would stand above where the page begins, and never be shown.
    """

    rank: Rank
    line: Rank | None = None
    seen: str = FIRST

    def __str__(self) -> str:
        return ".".join(("v1", *self.rank, *((*self.line, self.seen) if self.line else ())))


def below(before: str | None) -> Below | None:
    """The cursor of a request.  Raises `InvalidRequest` for one that the server never gave."""
    if before is None:
        return None
    match = _BEFORE.match(before)
    if match is None:
        raise InvalidRequest("`before` is the string that the last page gave.")
    return Below((match[1], match[2]), (match[3], match[4]) if match[3] else None, match[5] or FIRST)


def rank(conversation_id: str, key: str) -> Rank:
    """Where a conversation stands."""
    return key, tag(conversation_id)


@dataclass(frozen=True, slots=True)
class Plan:
    """Conversations whose keys are to be `looked_up`, and `others`, whose keys are their `hints`; each newest first."""

    looked_up: Sequence[str]
    others: Sequence[str]
    line: Rank | None
    hints: Mapping[str, str]


def plan(hints: Mapping[str, str], start: Below | None, most: int) -> Plan:
    """What a page has to look up.  What stands above `start` by its hint alone is not asked about again."""
    ranks = {each: rank(each, hint) for each, hint in hints.items()}
    order = sorted(ranks, key=ranks.__getitem__, reverse=True)
    if start is not None:
        line = start.line
        order = [each for each in order if hints[each] <= start.rank[0]]
    else:
        line = ranks[order[most - 1]] if len(order) > most else None
    looked_up = [each for each in order if line is None or ranks[each] >= line][:most]
    return Plan(looked_up, order[len(looked_up) :], line, hints)


def page(keys: Mapping[str, str], start: Below | None, limit: int) -> tuple[list[str], bool]:
    """The first `limit` conversations under `start`, newest activity first, and whether there are more."""
    ranks = {each: rank(each, key) for each, key in keys.items()}
    order = sorted(ranks, key=ranks.__getitem__, reverse=True)
    if start is not None:
        order = [each for each in order if ranks[each] < start.rank]
    return order[:limit], len(order) > limit
