"""Events as a program sees them.

What stands in a conversation's log (`LogEvent`) has an identity, `key`; `position` orders it, and of two edits or
reactions the later position stands.  Times are epoch ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from client.posts import Post

Via = Literal["live", "sync"]


@dataclass(frozen=True, slots=True)
class Reactions:
    """How many reacted to a message with `emoji`; `mine`: so did we."""

    emoji: str
    count: int
    mine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Authored:
    """What every event of a conversation's log has.  `arrival` orders the reader's mailbox."""

    conversation: str
    position: str
    arrival: str
    sender: str
    client_id: str
    at: int
    via: Via = "live"

    @property
    def key(self) -> tuple[str, str]:
        """What makes two copies the same event."""
        return (self.sender, self.client_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Authored):
    """A message.  `reply_to` is the position of the one it answers, `edited` that of the edit whose text it shows.

    `reactions` are there in what is shown of a conversation and in its history.
    """

    text: str
    reply_to: str | None = None
    mentions: tuple[str, ...] = ()
    edited: str | None = None
    reactions: tuple[Reactions, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(Authored):
    """The message at `target` has a new text."""

    target: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsend(Authored):
    """The message at `target` was taken back for everyone."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction(Authored):
    """`sender` reacts to the message at `target`; without `emoji` they take it back.  One reaction a person."""

    target: str
    emoji: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange(Authored):
    """A group changed: created, updated, added, removed, left or role.  `details` are the new values, by name."""

    change: str
    users: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`reader` (None: everybody in a group) has received or read all up to `position` that had come by `taken_at`, and
    that is later than `after` (where that is given)."""

    conversation: str
    position: str
    arrival: str
    reader: str | None
    kind: Literal["delivered", "read"]
    taken_at: int
    after: str | None = None
    via: Via = "live"

    @property
    def key(self) -> tuple[str, str]:
        """What makes two copies the same event.  No user id holds a `#`."""
        return ("#receipt", self.arrival)

    def covers(self, position: str) -> bool:
        """Whether it tells of a message of ours at `position`: those had come when we wrote them."""
        return (self.after or "") < position <= self.position


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Another device of ours muted, pinned or archived a conversation.  `details`: the new values, by name."""

    conversation: str
    position: str
    arrival: str
    details: tuple[tuple[str, str], ...] = ()
    via: Via = "live"

    @property
    def key(self) -> tuple[str, str]:
        """What makes two copies the same event.  No user id holds a `#`."""
        return ("#setting", self.position)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Another device of ours deleted the message at `target` for us."""

    conversation: str
    position: str
    arrival: str
    target: str
    via: Via = "live"

    @property
    def key(self) -> tuple[str, str]:
        """What makes two copies the same event."""
        return ("#hidden", self.position)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typing:
    """Live only: `user` is typing, or has stopped; without news for ten seconds they have, too."""

    conversation: str
    user: str
    typing: bool
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Live only, for whom `presence.watch` named: online (at most until `until`), or last seen then, where shown."""

    user: str
    online: bool
    at: int
    until: int | None = None
    last_seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPosts:
    """Live only, after `watch_timeline`: `new` posts have come into the home timeline.  `posts`, oldest first, while
    they are few; without, ask for what is new: so also when `new` is 0, after a line that was lost.  A post may be told
    twice."""

    new: int
    posts: tuple[Post, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchProgress:
    """Live only, for whoever searched a word that was new: how far its index has got, in percent; `live`: search
    again now."""

    term: str
    progress: int
    live: bool


LogEvent = Message | Edit | Unsend | Reaction | GroupChange
Stored = LogEvent | Receipt | Setting | Hidden
Event = Stored | Typing | Presence | NewPosts | SearchProgress
Entry = Message | GroupChange
"""What is shown of a conversation."""
KINDS: Final = (
    Message,
    Edit,
    Unsend,
    Reaction,
    GroupChange,
    Receipt,
    Setting,
    Hidden,
    Typing,
    Presence,
    NewPosts,
    SearchProgress,
)
