"""Which posts may hold all terms of a query, by their postings: newest first, a bounded piece at a time.

One term leads: the one whose piece reaches down furthest, which is the rarest.  As far as the others' pieces reach,
a post must be in them too; below, the post itself will tell.  So every piece goes down as far as one read of the rarest
term can, and nothing is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tidings.domain.search import Posting
from tidings.services.threads import Threads

Read = Callable[[str, str, str, int], tuple[Sequence[Posting], str | None]]
"""`SearchIndex.postings`."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Candidates, newest first.  There are no others down to `level`; None: down to the end."""

    found: Sequence[Posting]
    level: str | None


def candidates(read: Read, threads: Threads, terms: Sequence[str], before: str, after: str, limit: int) -> Piece:
    """The next piece strictly below `before` and above `after`, from about `limit` postings of each of `terms`."""
    pieces = threads.each(lambda term: read(term, before, after, limit), terms)
    lead = min(range(len(pieces)), key=lambda which: pieces[which][1] or "")
    found, level = pieces[lead]
    others = [(frozenset(postings), low or "") for which, (postings, low) in enumerate(pieces) if which != lead]
    passed = [each for each in found if all(each.position < low or each in held for held, low in others)]
    return Piece(passed, level)
