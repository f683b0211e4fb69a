"""Who has blocked whom, and who has muted whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from tidings.domain.stamp import Fence


@dataclass(frozen=True, slots=True)
class Block:
    """Whether somebody has blocked `user`: a register by `position`."""

    user: str
    position: str
    blocking: bool = True


class BlockLists(Protocol):
    """Each user's list of those whom they have blocked."""

    def get(self, owner: str, user: str) -> Block | None:
        """The register, strongly read; None where nothing was ever changed (or so long ago that it is forgotten)."""
        ...

    def put(self, owner: str, block: Block, fence: Fence) -> bool:
        """Enter unless a later position stands.  Whether this position stands now."""
        ...

    def between(self, user: str, others: Iterable[str], *, strong: bool) -> frozenset[str]:
        """Those of `others` who have blocked `user` or whom `user` has blocked: one batch, two keys each."""
        ...

    def sides(self, user: str, others: Iterable[str], *, strong: bool) -> tuple[frozenset[str], frozenset[str]]:
        """Those of `others` whom `user` has blocked, and those who have blocked `user`: likewise."""
        ...

    def page(self, owner: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Up to `limit` of those whom `owner` has blocked, in order of user ids; where to go on, None at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Mute:
    """Whether somebody has muted `user`: a register by `position`."""

    user: str
    position: str
    muting: bool = True


class Mutes(Protocol):
    """Each user's list of those whom they have muted."""

    def get(self, owner: str, user: str) -> Mute | None:
        """The register, strongly read; None where nothing was ever changed (or so long ago that it is forgotten)."""
        ...

    def put(self, owner: str, mute: Mute, fence: Fence) -> bool:
        """Enter unless a later position stands.  Whether this position stands now."""
        ...

    def among(self, owner: str, users: Iterable[str]) -> frozenset[str]:
        """Those of `users` whom `owner` has muted (eventually consistent, one batch)."""
        ...

    def page(self, owner: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Up to `limit` of those whom `owner` has muted, in order of user ids; where to go on, None at the end."""
        ...
