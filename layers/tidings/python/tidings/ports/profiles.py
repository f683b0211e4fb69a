"""What users say of themselves, and who has which handle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from tidings.domain.profile import Profile, ProfileChange
from tidings.domain.stamp import Fence


class Profiles(Protocol):
    """Each user's profile, every part of it a register by position."""

    def get(self, user_id: str) -> Profile:
        """The profile of one user, strongly read.  `name` is only what was set here."""
        ...

    def set(self, user_id: str, change: ProfileChange, position: str, fence: Fence) -> tuple[Profile, Profile]:
        """Change what no later position has set, all of it at once.  The profile before and as it stands then.

        A new handle is taken and the old one freed in one transaction.  Raises `HandleTaken`, and writes nothing then.
        """
        ...


class Handles(Protocol):
    """Who has which handle."""

    def resolve(self, handles: Iterable[str]) -> Mapping[str, str]:
        """User ids by handle, as it was asked for, of those of `handles` that somebody has.

        Case makes no difference; what could be nobody's handle is nobody's.  Eventually consistent, one batch.
        """
        ...
