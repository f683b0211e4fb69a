"""The profile in a `Users` item: each part a register of its own, `<name>` with `<name>_at`."""

from __future__ import annotations

from typing import Final

from tidings.domain.profile import Profile, ProfileChange
from tidings.storage.attributes import Item, Value, int_of, number, string, text_of

HANDLE: Final = "handle"
DISPLAY: Final = "display"
"""The display name: `name` is what the token says."""
BIO: Final = "bio"
AVATAR: Final = "avatar"
PRIVATE: Final = "private"


def encode(change: ProfileChange) -> dict[str, Value]:
    """The values that a change sets."""
    texts = {HANDLE: change.handle, DISPLAY: change.name, BIO: change.bio, AVATAR: change.avatar}
    values = {name: string(text) for name, text in texts.items() if text is not None}
    if change.private is not None:
        values[PRIVATE] = number(int(change.private))
    return values


def decode(item: Item) -> Profile:
    """The profile in an item; an empty text is none."""
    return Profile(
        _text(item, HANDLE),
        _text(item, DISPLAY),
        _text(item, BIO),
        _text(item, AVATAR),
        bool(int_of(item, PRIVATE)) if PRIVATE in item else False,
    )


def _text(item: Item, name: str) -> str | None:
    return (text_of(item, name) or None) if name in item else None
