"""What a user shows of themselves, and what their phone shows of others."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Audience(StrEnum):
    """Who may see something of a user; `FOLLOWING`: those whom the user follows."""

    EVERYONE = "everyone"
    FOLLOWING = "following"
    NOBODY = "nobody"


class Previews(StrEnum):
    """What a push shows: the text, who wrote, or only that there is something."""

    FULL = "full"
    SENDER = "sender"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Privacy:
    """A user's settings.  `last_seen`: who sees when they are online and were last seen; `read_receipts`: whether
    others learn what they read, and they what others read."""

    last_seen: Audience = Audience.EVERYONE
    read_receipts: bool = True
    previews: Previews = Previews.FULL


OPEN: Final = Privacy()
"""The settings of who never changed them."""


@dataclass(frozen=True, slots=True)
class PrivacyChange:
    """New values; None: stays as it is."""

    last_seen: Audience | None = None
    read_receipts: bool | None = None
    previews: Previews | None = None
