"""A row of `Memberships`: every setting is a register, `<name>` with `<name>_at`, the position that set it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tidings.domain.events import ReceiptKind
from tidings.domain.watermark import Watermark
from tidings.ports.groups import Membership
from tidings.storage.attributes import Item, int_of, text_of, text_or_none

FLAGS: Final = ("mentions", "pinned", "archived", "blocked")
SETTINGS: Final = ("muted_until", *FLAGS)


def row_of(item: Item) -> Membership:
    """The row in an item."""
    flags = {name: bool(int_of(item, name)) for name in FLAGS if name in item}
    return Membership(
        text_of(item, "conversation_id"),
        since=text_or_none(item, "since") or "",
        marks=marks_of(item),
        muted_until=int_of(item, "muted_until") if "muted_until" in item else 0,
        blocked_at=text_or_none(item, "blocked_at") or "",
        left="left_at" in item,
        joined_at=text_or_none(item, "joined_at") or "",
        left_at=text_or_none(item, "left_at") or "",
        set_at={name: text_of(item, f"{name}_at") for name in SETTINGS if f"{name}_at" in item},
        **flags,
    )


def marks_of(item: Item) -> Mapping[ReceiptKind, Watermark]:
    """The marks in an item."""
    marks = {kind: _mark(item, kind) for kind in ReceiptKind}
    return {kind: mark for kind, mark in marks.items() if mark is not None}


def taken_at(kind: ReceiptKind) -> str:
    """The attribute that says when a mark was taken."""
    return f"{kind}_at"


def _mark(item: Item, kind: ReceiptKind) -> Watermark | None:
    if kind not in item:
        return None
    return Watermark(text_of(item, kind), int_of(item, taken_at(kind)))
