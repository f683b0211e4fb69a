"""By which words people are found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tidings.domain.names import Entry
from tidings.domain.stamp import Fence


class PeopleIndex(Protocol):
    """Entries, each a register by position."""

    def enter(self, entries: Iterable[Entry], position: str, fence: Fence) -> frozenset[Entry]:
        """Enter each unless a later position stands: that one is told that it is not alone.  Those that were not there.

        Raises `RetryLater`.
        """
        ...

    def withdraw(self, entries: Iterable[Entry], position: str, fence: Fence) -> None:
        """Take each out, of those that `enter` gave, that nobody else has entered since."""
        ...

    def leave(self, entries: Iterable[Entry], position: str, fence: Fence) -> None:
        """Take each out unless a later position stands."""
        ...

    def find(self, prefix: str, after: Entry | None, limit: int) -> tuple[list[Entry], bool]:
        """Up to `limit` entries, in their order, whose words begin with `prefix`, beyond `after`; whether there may be
        more (eventually consistent).  A prefix of one letter finds that very word only, of a character of a
        script of thousands (`tidings.domain.names.lead`) all words that begin with it."""
        ...
