"""References to posts, as attributes of an item: `<author>/<position>` each."""

from __future__ import annotations

from tidings.domain.posts import PostRef, ref_of
from tidings.storage.attributes import Item, Value, string, text_of


def encode(**refs: PostRef | None) -> dict[str, Value]:
    """The attributes of those that are there."""
    return {name: string(str(ref)) for name, ref in refs.items() if ref is not None}


def decode(item: Item, *attributes: str) -> dict[str, PostRef]:
    """Those of `attributes` that are there."""
    return {name: ref_of(text_of(item, name)) for name in attributes if name in item}
