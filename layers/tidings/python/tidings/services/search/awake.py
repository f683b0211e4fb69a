"""Which terms are awake, as a process remembers them: what is not in here gets no postings.

The memory is at most `REMEMBERED_MS` old when it is used, and strongly read.  Whoever wakes a term counts on that: what
was entered among the recent posts later than `mark` + `T` + `REMEMBERED_MS` has its posting.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tidings.domain.search import Term
from tidings.ports.search import SearchIndex
from tidings.ports.world import Clock

REMEMBERED_MS: Final = 10_000


class AwakeTerms:
    """The registry of terms, remembered for a while."""

    def __init__(self, index: SearchIndex, clock: Clock) -> None:
        self._index = index
        self._clock = clock
        self._read_at = -REMEMBERED_MS
        self._terms: Mapping[str, Term] = {}

    def known(self) -> Mapping[str, Term]:
        """As they were not long ago."""
        return self._terms if self._clock.now() - self._read_at < REMEMBERED_MS else self.fresh()

    def fresh(self) -> Mapping[str, Term]:
        """As they are now."""
        read_at = self._clock.now()
        self._terms = self._index.terms()
        self._read_at = read_at
        return self._terms
