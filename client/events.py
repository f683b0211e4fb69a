"""Events as a program sees them, and from their wire form.

Reading is lenient (unknown fields and kinds are skipped), so that an older client goes on working with a newer server.
What stands in a conversation's log (`LogEvent`) has an identity, `key`; `position` orders it, and of two edits or
reactions the later position stands.  Times are epoch ms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Via = Literal["live", "sync"]
Wire = Mapping[str, Any]


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


LogEvent = Message | Edit | Unsend | Reaction | GroupChange
Stored = LogEvent | Receipt | Setting | Hidden
Event = Stored | Typing | Presence
Entry = Message | GroupChange
"""What is shown of a conversation."""
KINDS: Final = (Message, Edit, Unsend, Reaction, GroupChange, Receipt, Setting, Hidden, Typing, Presence)


def event_of(wire: Wire, via: Via) -> Event | None:
    """An event from its wire form; None for kinds this client does not know, and for what lacks a field."""
    read = _READERS.get(str(wire.get("kind")))
    try:
        return read(wire, via) if read is not None else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def entries_of(reply: Wire) -> list[Entry]:
    """What a history page shows, newest first, with its reactions."""
    counts = reply.get("reactions") or {}
    events = (event_of(_counted(wire, counts.get(wire.get("position"))), "sync") for wire in reply.get("events", ()))
    return [event for event in events if isinstance(event, Message | GroupChange)]


def _counted(wire: Wire, counts: list[Wire] | None) -> Wire:
    return {**wire, "reactions": counts} if counts else wire


def _authored(wire: Wire, via: Via) -> dict[str, Any]:
    return {name: wire[name] for name in _AUTHORED} | {"via": via}


def _stored(wire: Wire, via: Via) -> dict[str, Any]:
    return {name: wire[name] for name in _STORED} | {"via": via}


def _message(wire: Wire, via: Via) -> Message:
    counts: list[Wire] = wire.get("reactions") or []
    return Message(
        **_authored(wire, via),
        text=wire["text"],
        reply_to=wire.get("reply_to"),
        mentions=tuple(wire.get("mentions") or ()),
        edited=wire.get("edited"),
        reactions=tuple(Reactions(each["emoji"], each["count"], each.get("mine", False)) for each in counts),
    )


def _group(wire: Wire, via: Via) -> GroupChange:
    return GroupChange(
        **_authored(wire, via),
        change=wire["change"],
        users=tuple(wire.get("users") or ()),
        details=details_of(wire.get("details")),
    )


def details_of(values: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Names and values in order of the names: a mapping that can be compared and hashed."""
    return tuple(sorted((str(name), _text(value)) for name, value in (values or {}).items()))


def _text(value: Any) -> str:
    """As the server puts it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _receipt(wire: Wire, via: Via) -> Receipt:
    return Receipt(
        **_stored(wire, via),
        reader=wire.get("reader"),
        kind=wire["receipt"],
        taken_at=int(wire["taken_at"]),
        after=wire.get("after"),
    )


_STORED: Final = ("conversation", "position", "arrival")
_AUTHORED: Final = (*_STORED, "sender", "client_id", "at")
_READERS: Final[dict[str, Callable[[Wire, Via], Event]]] = {
    "message": _message,
    "edit": lambda wire, via: Edit(**_authored(wire, via), target=wire["target"], text=wire["text"]),
    "unsend": lambda wire, via: Unsend(**_authored(wire, via), target=wire["target"]),
    "reaction": lambda wire, via: Reaction(**_authored(wire, via), target=wire["target"], emoji=wire.get("emoji")),
    "group": _group,
    "receipt": _receipt,
    "setting": lambda wire, via: Setting(**_stored(wire, via), details=details_of(wire.get("details"))),
    "hidden": lambda wire, via: Hidden(**_stored(wire, via), target=wire["target"]),
    "typing": lambda wire, _: Typing(**{name: wire[name] for name in ("conversation", "user", "typing", "at")}),
    "presence": lambda wire, _: presence_of(wire, wire["at"]),
}


def presence_of(wire: Wire, at: int) -> Presence:
    """Whether a user is there, as an event or a reply said it at `at`."""
    return Presence(
        user=wire["user"], online=wire["online"], at=at, until=wire.get("until"), last_seen=wire.get("last_seen")
    )
