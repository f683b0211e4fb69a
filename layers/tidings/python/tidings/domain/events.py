"""Events: what a mailbox holds, a log keeps and a live frame carries.

Identity of what stands in a log is (sender, client_id), wherever and however often it turns up.  `position` orders it
in its conversation; `arrival` orders it in one reader's mailbox and is the position itself on a first try.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from tidings.domain.paths import Path as Path
from tidings.domain.posts import TimelineEntry


class ReceiptKind(StrEnum):
    """What a reader confirms.  `SEEN` is a read that nobody is told of (the reader's privacy setting)."""

    DELIVERED = "delivered"
    READ = "read"
    SEEN = "seen"


class Change(StrEnum):
    """What happened to a group."""

    CREATED = "created"
    UPDATED = "updated"
    ADDED = "added"
    REMOVED = "removed"
    LEFT = "left"
    ROLE = "role"


Details = tuple[tuple[str, str], ...]
"""Names and values, in order of names.  (A mapping that can be a key.)"""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a conversation.

    `reply_to` is the position of the message it answers, `edited` the position of the edit whose text it shows.
    """

    conversation_id: str
    position: str
    sender: str
    client_id: str
    text: str
    arrival: str = ""
    reply_to: str | None = None
    mentions: tuple[str, ...] = ()
    edited: str | None = None

    def arriving(self, arrival: str) -> Message:
        """The same message under an arrival of its own."""
        return replace(self, arrival=arrival)


@dataclass(frozen=True, slots=True)
class Edit:
    """The message at `target` has a new text.  The later position wins."""

    conversation_id: str
    position: str
    sender: str
    client_id: str
    target: str
    text: str
    arrival: str = ""


@dataclass(frozen=True, slots=True)
class Unsend:
    """The message at `target` was taken back for everyone.  A reader remembers it, should the message come later."""

    conversation_id: str
    position: str
    sender: str
    client_id: str
    target: str
    arrival: str = ""


@dataclass(frozen=True, slots=True)
class Reaction:
    """`sender` reacts to the message at `target`; an empty `emoji` takes the reaction back.  The later one wins."""

    conversation_id: str
    position: str
    sender: str
    client_id: str
    target: str
    emoji: str
    arrival: str = ""


@dataclass(frozen=True, slots=True)
class GroupChange:
    """A group was changed by `sender`: `users` are those whom it is about, `details` the new values."""

    conversation_id: str
    position: str
    sender: str
    client_id: str
    change: Change
    users: tuple[str, ...] = ()
    details: Details = ()
    arrival: str = ""


LogEvent = Message | Edit | Unsend | Reaction | GroupChange
"""What a conversation's log holds.  Identity is (sender, client_id)."""


def tells_of(event: LogEvent) -> str | None:
    """A position beside the event's own whose content it tells: that of the message which an edit is of, that of the
    edit whose text a message shows.  Whoever may not see that one is not told."""
    match event:
        case Edit(target=target):
            return target
        case Message(edited=edited):
            return edited
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A reader's watermark moved: everything up to `position` that had arrived by `taken_at` (epoch ms).

    `reader` is None where everybody in a group has got that far.  Nothing up to `after` is covered: the reader had
    blocked the other side until then, and what was withheld is never confirmed.
    """

    conversation_id: str
    position: str
    reader: str | None
    kind: ReceiptKind
    taken_at: int
    arrival: str = ""
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """For the owner's other devices: the owner muted, pinned or archived a conversation.  A register by `position`."""

    conversation_id: str
    position: str
    details: Details
    arrival: str = ""


@dataclass(frozen=True, slots=True)
class Hidden:
    """For the owner's other devices: the owner deleted the message at `target` for themselves."""

    conversation_id: str
    position: str
    target: str
    arrival: str = ""


Event = LogEvent | Receipt | Setting | Hidden
"""What a mailbox can hold."""


@dataclass(frozen=True, slots=True)
class Typing:
    """Live only: `user` is typing in a conversation, or stopped.  `at` is epoch ms."""

    conversation_id: str
    user: str
    typing: bool
    at: int


@dataclass(frozen=True, slots=True)
class Presence:
    """Live only: `user` is online until further notice, at most until `until`, or was last seen at `last_seen`.

    Times are epoch ms.  `last_seen` is None where it is not known or not shown.
    """

    user: str
    online: bool
    at: int
    until: int | None = None
    last_seen: int | None = None


@dataclass(frozen=True, slots=True)
class NewPosts:
    """Live only: `count` posts have come into the home timeline; `posts`, oldest first, while they are few."""

    count: int
    posts: tuple[TimelineEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """Live only: how far the index of `term` has got, in percent of the time that search looks back."""

    term: str
    progress: int
    live: bool


LiveEvent = Event | Typing | Presence | NewPosts | SearchProgress
"""What a live frame can carry."""


MAX_EDITS: Final = 100
"""Of one message: each is noted on it, and swept with it."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One item of a conversation's log.  `event` is None for a tombstone; `claims` are the stamps (ms) of late
    arrivals, oldest first; `edits` the positions of a message's edits, in order.  A `withheld` one is shown to nobody
    but its sender: the reader had blocked them.  `unsent` is, on a message's tombstone, the position of the unsend that
    made it, and `mentions` whom the message named: where its path is `PULL`, only they have copies.  The sender of a
    `quiet` one is not told who reads it, and that of one that is `alone` has no other device to be told of it."""

    position: str
    sender: str
    client_id: str
    path: Path
    event: LogEvent | None
    claims: tuple[int, ...] = ()
    withheld: bool = False
    edits: tuple[str, ...] = ()
    unsent: str = ""
    mentions: tuple[str, ...] = ()
    quiet: bool = False
    alone: bool = False
