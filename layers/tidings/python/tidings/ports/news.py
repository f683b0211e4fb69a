"""Who watches their home timeline."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

from tidings.domain.stamp import Fence
from tidings.ports.groups import Watcher


class HomeWatchers(Protocol):
    """Devices that want live frames of their user's home timeline, in `Watchers`.  Entries end by themselves."""

    def enter(self, watcher: Watcher, authors: Collection[str], until: int, fence: Fence) -> None:
        """Enter until `until` (epoch ms), for what is pushed to the user and for the posts of `authors`, whom they
        pull.  Two write units, and one an author."""
        ...

    def leave(self, watcher: Watcher, now: int, fence: Fence) -> None:
        """Take the device out; one that is not there is fine."""
        ...

    def listed(self, most: int, now: int) -> frozenset[str] | None:
        """All users who watch; None where there are more than `most` (eventually consistent, one bounded query)."""
        ...

    def devices(self, users: Iterable[str], now: int) -> Mapping[str, frozenset[str]]:
        """The devices of those of `users` who watch (eventually consistent, in batches: half a read unit a user)."""
        ...

    def pulling(self, author: str, now: int) -> Iterator[list[str]]:
        """The users who watch and pull `author`, a page at a time (eventually consistent)."""
        ...
