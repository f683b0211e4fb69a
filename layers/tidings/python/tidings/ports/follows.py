"""Who follows whom, as people see it: counts, lists, requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Counts:
    """How many follow somebody, and how many they follow."""

    followers: int = 0
    following: int = 0


class FollowLists(Protocol):
    """Lists and counts of follows; eventually consistent."""

    def counts(self, users: Iterable[str]) -> Mapping[str, Counts]:
        """How many follow each, and how many each follows; every one of `users` is there."""
        ...

    def following(self, user: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Up to `limit` of those whom `user` follows, in order of user ids; where to go on, None at the end."""
        ...

    def followers(self, author: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Up to `limit` of those who follow `author`, shard by shard; where to go on, None at the end.

        `after` is `<shard>.<user>`, which the last page gave.
        """
        ...

    def requests(self, author: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Up to `limit` of those who ask to follow `author`, in order of user ids; where to go on, None at the end."""
        ...

    def asking(self, pairs: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Those of `pairs` of which the first asks to follow the second (one batch)."""
        ...
