"""The index that search reads, and the recent posts that it is built from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from tidings.domain.search import Posting, Recent, Term
from tidings.domain.stamp import Fence


class SearchIndex(Protocol):
    """`Search`: recent posts by time, the terms that are awake, and their postings.

    Everything is kept for the horizon and then expires.
    """

    @property
    def horizon_ms(self) -> int:
        """How old a post is that search no longer finds."""
        ...

    def remember(self, post: Recent, fence: Fence) -> None:
        """Enter a post among the recent ones; twice is harmless."""
        ...

    def forget(self, author: str, position: str, fence: Fence) -> None:
        """Take it out."""
        ...

    def recall(self, author: str, position: str) -> Recent | None:
        """What is remembered of a post, strongly read."""
        ...

    def recent(self, before: str, after: str, limit: int) -> tuple[list[Recent], str | None]:
        """About `limit` posts, of one day, strictly below `before` and above `after`, newest first, strongly read; and
        down to where nothing is missing: a position or a floor, None where that is `after`."""
        ...

    def terms(self) -> Mapping[str, Term]:
        """All terms that are awake, strongly read."""
        ...

    def look(self, terms: Iterable[str]) -> Mapping[str, Term]:
        """Those of `terms` that are awake, or were not long ago (eventually consistent)."""
        ...

    def wake(self, term: str, mark: int, until: int, fence: Fence) -> Term | None:
        """Begin to index `term`, on condition that it is not awake at `mark`.  None: begun.  Else what stands."""
        ...

    def keep_awake(self, term: Term, until: int, fence: Fence) -> bool:
        """Move the end of `term`, on condition that it still is as given.  Whether it was."""
        ...

    def cover(self, term: str, mark: int, covered: str, moved: int, fence: Fence) -> Term | None:
        """Note how far the index has got, if this waking stands.  The term as it is then; None if another does."""
        ...

    def go_live(self, term: str, mark: int, moved: int, fence: Fence) -> Term | None:
        """The index is complete, likewise."""
        ...

    def enter(self, postings: Iterable[tuple[str, Posting]], fence: Fence) -> None:
        """Write (term, posting) each; twice is harmless."""
        ...

    def drop(self, postings: Iterable[tuple[str, Posting]], fence: Fence) -> None:
        """Delete (term, posting) each."""
        ...

    def postings(self, term: str, before: str, after: str, limit: int) -> tuple[Sequence[Posting], str | None]:
        """About `limit` postings strictly below `before` and above `after`, newest first; and the position down to
        where nothing is missing, None where that is `after`."""
        ...
