"""What a user says of themselves, and the handles by which others name them.

A handle is 1 to 15 of the letters, digits and underscores of ASCII, as Twitter has them ("How to change your
username", help.x.com), unique whatever its case: it is kept as it was written and compared folded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tidings.domain.errors import InvalidRequest

_HANDLE: Final = re.compile(r"[A-Za-z0-9_]{1,15}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Profile:
    """`name` is the display name; `avatar` is a URL; `private`: only followers see the posts, and following needs the
    user's consent.  None is what was never given, or taken away."""

    handle: str | None = None
    name: str | None = None
    bio: str | None = None
    avatar: str | None = None
    private: bool = False


BLANK: Final = Profile()
"""The profile of who never said anything."""


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """New values; None: stays as it is; an empty text takes the old one away."""

    handle: str | None = None
    name: str | None = None
    bio: str | None = None
    avatar: str | None = None
    private: bool | None = None


def check_handle(text: str) -> str:
    """`text` if it is a handle.  Raises `InvalidRequest`."""
    if _HANDLE.match(text) is None:
        raise InvalidRequest("A handle is 1 to 15 letters, digits and underscores.")
    return text


def is_handle(text: str) -> bool:
    """Whether `text` could be somebody's handle."""
    return _HANDLE.match(text) is not None


def fold(handle: str) -> str:
    """The form in which handles are compared."""
    return handle.lower()
