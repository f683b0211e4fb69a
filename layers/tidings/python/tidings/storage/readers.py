"""The items `reader#…` of `Graph`: what a home read needs to know of its reader."""

from __future__ import annotations

from collections.abc import Iterable

from tidings.domain.authors import NEVER, PulledAuthor, ReadRate
from tidings.domain.idle import Seen
from tidings.ports.timelines import ReaderState
from tidings.storage import keys
from tidings.storage.attributes import Item, int_of, text_of
from tidings.storage.hidden import FULL


def decode(items: Iterable[Item]) -> ReaderState:
    """The reader that a user's items make."""
    by_edge = {text_of(item, "edge"): item for item in items}
    blocked, muted = by_edge.get(keys.EDGE_BLOCKED, {}), by_edge.get(keys.EDGE_MUTED, {})
    return ReaderState(
        removed=_named(by_edge.get(keys.EDGE_REMOVED, {}), keys.REMOVED_PREFIX),
        pulled=pulled(by_edge.get(keys.EDGE_PULLED, {})),
        blocked=_named(blocked, keys.BLOCKED_PREFIX) | _named(blocked, keys.BLOCKED_BY_PREFIX),
        muted=_named(muted, keys.MUTED_PREFIX),
        more=FULL in blocked or FULL in muted,
        seen=_seen(by_edge.get(keys.EDGE_SEEN, {})),
        rate=rate(by_edge.get(keys.EDGE_RATE, {})),
    )


def _seen(item: Item) -> Seen:
    day, asked = (int_of(item, name) if name in item else 0 for name in ("day", "asked"))
    return Seen(day, asked)


def rate(item: Item) -> ReadRate:
    """How often somebody reads, as an item `reader#rate` says it."""
    return ReadRate(int_of(item, "reads"), int_of(item, "since")) if item else NEVER


def pulled(item: Item) -> tuple[PulledAuthor, ...]:
    """The marks in an item `reader#pulled`, in order of authors and starts."""
    marks = []
    for name in item:
        if name.startswith(keys.MARK_PREFIX):
            author, _, start = name.removeprefix(keys.MARK_PREFIX).rpartition("#")
            marks.append(PulledAuthor(author, int(start), int_of(item, name)))
    return tuple(sorted(marks))


def _named(item: Item, prefix: str) -> frozenset[str]:
    """Whom the attributes of an item name."""
    return frozenset(name.removeprefix(prefix) for name in item if name.startswith(prefix))
