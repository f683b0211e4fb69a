"""The items `reader#…` of `Graph`: what a home read needs to know of its reader."""

from __future__ import annotations

from collections.abc import Iterable

from tidings.ports.timelines import ReaderState
from tidings.storage import keys
from tidings.storage.attributes import Item, text_of


def decode(items: Iterable[Item]) -> ReaderState:
    """The reader that a user's items make."""
    by_edge = {text_of(item, "edge"): item for item in items}
    return ReaderState(removed=_named(by_edge.get(keys.EDGE_REMOVED, {}), keys.REMOVED_PREFIX))


def _named(item: Item, prefix: str) -> frozenset[str]:
    """Whom the attributes of an item name."""
    return frozenset(name.removeprefix(prefix) for name in item if name.startswith(prefix))
