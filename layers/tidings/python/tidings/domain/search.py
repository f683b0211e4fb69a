"""Search: what is asked, how far a term's index has got, and where a page goes on.

A *term* is a word as `tidings.services.search.words` makes them, or a tag with its `#`.  The index of a term is built
when somebody first searches it, from the recent posts, newest first:

    woken          at `mark`: new posts get postings as soon as every worker has heard of it
    building       a walk goes down through the recent posts; `covered` says how far it has got
    settling       it is through; what was written while workers had not heard of the term is looked at once more
    live           complete down to the horizon, and stays so while people search it
    asleep         `until` has passed: the next search wakes it anew
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tidings.domain.errors import InvalidRequest
from tidings.domain.position import LAST, ms_of

MAX_TERMS: Final = 8
"""Different terms of one query: each is a few reads."""
MAX_TERM: Final = 64
"""Characters of a term; a longer word is known by its first ones."""
_PLACE: Final = re.compile(r"q1\.(\d{13}(?:-[a-z2-7]{8}-[a-z2-7]{8}-\d{2})?)\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: all of `terms`, each of `phrases` (words in a row, which are among the terms), posts of the
    author that `author` names, at or after `since` (epoch ms; 0: any time)."""

    terms: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    author: str | None = None
    since: int = 0


@dataclass(frozen=True, slots=True)
class Words:
    """What a text says, as search sees it: its words in order, and its tags with their `#`."""

    words: tuple[str, ...]
    tags: frozenset[str] = frozenset()

    @property
    def terms(self) -> frozenset[str]:
        """All terms of the text."""
        return self.tags.union(self.words)

    def match(self, query: Query) -> bool:
        """Whether the text holds every term and every phrase of `query`."""
        return self.terms.issuperset(query.terms) and all(map(self._holds, query.phrases))

    def _holds(self, phrase: tuple[str, ...]) -> bool:
        size = len(phrase)
        return any(self.words[at : at + size] == phrase for at in range(len(self.words) - size + 1))


@dataclass(frozen=True, slots=True)
class Term:
    """A term that is awake, or was.

    `mark` is when it was woken, and names this waking; `until` when it falls asleep; `moved` when its index last got
    further (epoch ms).  Every post at or above `covered` (a position, or a floor) has been looked at.
    """

    term: str
    mark: int
    until: int
    moved: int = 0
    covered: str = LAST
    live: bool = False

    def awake(self, now: int) -> bool:
        """Whether new posts still get postings."""
        return self.until > now

    def progress(self, horizon_ms: int) -> int:
        """How much of the time down to the horizon has been looked at, in percent; 100 only when it is live."""
        if self.live:
            return 100
        done = self.mark - min(self.mark, ms_of(self.covered))
        return min(99, done * 100 // horizon_ms)


@dataclass(frozen=True, slots=True)
class Recent:
    """A recent post, as the walk that builds an index finds it.  `cut`: the text was too long to be kept whole."""

    author: str
    position: str
    text: str
    cut: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Posting:
    """A term is in a post.  Ordered by position."""

    position: str
    author: str


def place_of(cursor: str | None) -> str:
    """Below which position a page begins.  Raises `InvalidRequest` for a cursor the server never gave."""
    if cursor is None:
        return LAST
    match = _PLACE.match(cursor)
    if match is None:
        raise InvalidRequest("`before` is the string that the last page gave.")
    return match[1]


def cursor_at(place: str | None) -> str | None:
    """The cursor that goes on below `place`; None at the end."""
    return None if place is None else f"q1.{place}"
