"""Events: what a mailbox holds, a log keeps and a live frame carries.

Identity of a message is (sender, client_id), wherever and however often it turns up.  `position` orders it in its
conversation; `arrival` orders it in one reader's mailbox and is the position itself on a first try.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Path(StrEnum):
    """Who delivers: decided once, by the sender, and stored on the log item or post."""

    INLINE = "inline"
    CHUNK = "chunk"
    PULL = "pull"
    PUSH = "push"
    """Posts only: fanned out into timelines by the chunk workers."""


class ReceiptKind(StrEnum):
    """What a reader confirms."""

    DELIVERED = "delivered"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a conversation.  `sent_at` is the gateway's stamp of its position, epoch ms."""

    conversation_id: str
    position: str
    sender: str
    client_id: str
    text: str
    arrival: str = ""

    def arriving(self, arrival: str) -> Message:
        """The same message under an arrival of its own."""
        return replace(self, arrival=arrival)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A reader's watermark moved: everything up to `position` that had arrived by `taken_at` (epoch ms)."""

    conversation_id: str
    position: str
    reader: str
    kind: ReceiptKind
    taken_at: int
    arrival: str = ""


Event = Message | Receipt
"""What a mailbox can hold."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One item of a conversation's log.  `message` is None for a tombstone; `claims` are the stamps (ms) of late
    arrivals, oldest first."""

    position: str
    sender: str
    client_id: str
    path: Path
    message: Message | None
    claims: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """A post.  `text` is None for a tombstone."""

    author: str
    position: str
    client_id: str
    path: Path
    text: str | None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One post as it stands in a home timeline."""

    author: str
    position: str
    text: str
    truncated: bool = False
    """True when `text` is an excerpt, because the whole post was larger than an entry may be."""
