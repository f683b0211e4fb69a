"""The privacy settings of a `Users` item: each a register of its own, `<name>` with `<name>_at`."""

from __future__ import annotations

from typing import Final

from tidings.domain.privacy import OPEN, Audience, Previews, Privacy, PrivacyChange
from tidings.storage.attributes import Item, Value, int_of, number, string, text_of

SEEN_BY: Final = "seen_by"
READ_RECEIPTS: Final = "read_receipts"
PREVIEWS: Final = "previews"


def encode(change: PrivacyChange) -> dict[str, Value]:
    """The values that a change sets."""
    values: dict[str, Value] = {}
    if change.last_seen is not None:
        values[SEEN_BY] = string(change.last_seen)
    if change.read_receipts is not None:
        values[READ_RECEIPTS] = number(int(change.read_receipts))
    if change.previews is not None:
        values[PREVIEWS] = string(change.previews)
    return values


def decode(item: Item) -> Privacy:
    """The settings in an item, with defaults for what was never set."""
    return Privacy(
        Audience(text_of(item, SEEN_BY)) if SEEN_BY in item else OPEN.last_seen,
        bool(int_of(item, READ_RECEIPTS)) if READ_RECEIPTS in item else OPEN.read_receipts,
        Previews(text_of(item, PREVIEWS)) if PREVIEWS in item else OPEN.previews,
    )
