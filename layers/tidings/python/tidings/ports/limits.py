"""How much each user may still do."""

from __future__ import annotations

from typing import Protocol


class Buckets(Protocol):
    """A token bucket a user, of one kind, as the one number of `tidings.domain.rate`, shared by all processes."""

    def look(self, user_id: str) -> int:
        """When it is full again (epoch ms; 0: it was never used), eventually consistent."""
        ...

    def swap(self, user_id: str, old: int, new: int) -> int | None:
        """Replace `old` by `new`, on condition that `old` stands.  None: done.  Else the number that stands."""
        ...
