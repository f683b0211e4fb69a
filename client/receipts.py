"""Receipts to send: watermarks, merged, so that any number of messages costs one action per conversation.

A mark is (position, taken_at) and covers a message that is not later than `position` and had arrived by `taken_at`.
Both only grow.  `taken_at` is the newest arrival seen *in that conversation*: the most a client can vouch for.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Literal, NamedTuple

Kind = Literal["delivered", "read"]
Key = tuple[str, Kind]


class Mark(NamedTuple):
    """Everything up to `position` that had arrived by `taken_at`, epoch ms."""

    position: str
    taken_at: int

    def joined(self, other: Mark | None) -> Mark:
        """The least mark that is not behind either."""
        return self if other is None else Mark(max(self.position, other.position), max(self.taken_at, other.taken_at))

    def covers(self, other: Mark) -> bool:
        """Whether `other` says nothing new."""
        return other.position <= self.position and other.taken_at <= self.taken_at


class Receipts:
    """Marks waiting to be sent, and those that were, the latter for at most `limit` conversations."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._waiting: OrderedDict[Key, Mark] = OrderedDict()
        self._sent: OrderedDict[Key, Mark] = OrderedDict()

    def note(self, conversation: str, kind: Kind, mark: Mark) -> bool:
        """Remember to send `mark`; False when what was sent, or waits, says it already.  Read includes delivered."""
        for each in {kind, "read"}:
            for known in (self._waiting.get((conversation, each)), self._sent.get((conversation, each))):
                if known is not None and known.covers(mark):
                    return False
        key: Key = (conversation, kind)
        merged = mark.joined(self._waiting.get(key)).joined(self._sent.get(key))
        self._waiting[key] = merged
        delivered = self._waiting.get((conversation, "delivered"))
        if kind == "read" and delivered is not None and merged.covers(delivered):
            del self._waiting[conversation, "delivered"]
        return True

    def take(self, limit: int) -> list[dict[str, Any]]:
        """Up to `limit` actions to send now, as fields of `ack`, oldest first; they count as sent."""
        actions: list[dict[str, Any]] = []
        while self._waiting and len(actions) < limit:
            (conversation, kind), mark = self._waiting.popitem(last=False)
            self._remember((conversation, kind), mark)
            actions.append({"conversation": conversation, "kind": kind} | mark._asdict())
        return actions

    def __len__(self) -> int:
        return len(self._waiting)

    def _remember(self, key: Key, mark: Mark) -> None:
        self._sent[key] = mark
        self._sent.move_to_end(key)
        if len(self._sent) > self._limit:
            self._sent.popitem(last=False)
