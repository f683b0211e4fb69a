"""Events on the wire, live and in sync pages, and the frame that carries live ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from tidings.domain import position
from tidings.domain.events import (
    Edit,
    Event,
    GroupChange,
    Hidden,
    LiveEvent,
    LogEvent,
    Message,
    NewPosts,
    Presence,
    Reaction,
    Receipt,
    ReceiptKind,
    SearchProgress,
    Setting,
    Typing,
    Unsend,
)
from tidings.protocol.frames import Frame
from tidings.protocol.views import PostView, post_view


class Stored(Frame):
    """What every event of a mailbox has: where it stands, and where in the mailbox (`arrival`)."""

    conversation: str
    position: str
    arrival: str


class Authored(Stored):
    """What every event of a conversation's log has.  Its identity is (sender, client_id); `at` is epoch ms."""

    sender: str
    client_id: str
    at: int


class MessageEvent(Authored):
    """A message; show by `position`.  `reply_to` is the position of the message it answers; `edited` is there on a
    message that was edited: the position of the edit whose text it is."""

    kind: Literal["message"] = "message"
    text: str
    reply_to: str | None = None
    mentions: list[str] | None = None
    edited: str | None = None


class EditEvent(Authored):
    """The message at `target` has a new text.  Of several edits the one with the highest position stands."""

    kind: Literal["edit"] = "edit"
    target: str
    text: str


class UnsendEvent(Authored):
    """The message at `target` was taken back for everyone: show none of it, also when it comes after this."""

    kind: Literal["unsend"] = "unsend"
    target: str


class ReactionEvent(Authored):
    """`sender` reacts to the message at `target`; without `emoji` the reaction is taken back.  The later one stands."""

    kind: Literal["reaction"] = "reaction"
    target: str
    emoji: str | None = None


class GroupEvent(Authored):
    """A group changed: `users` are those whom it is about, `details` the new values."""

    kind: Literal["group"] = "group"
    change: Literal["created", "updated", "added", "removed", "left", "role"]
    users: list[str] | None = None
    details: dict[str, str] | None = None


class ReceiptEvent(Stored):
    """`reader` (absent: everybody in the group) has received or read everything up to `position` that had arrived by
    `taken_at` (epoch ms), and that is later than `after` where that is there."""

    kind: Literal["receipt"] = "receipt"
    reader: str | None = None
    receipt: Literal["delivered", "read"]
    taken_at: int
    after: str | None = None


class SettingEvent(Stored):
    """From another device of your own: a conversation was muted, pinned or archived.  The later position stands."""

    kind: Literal["setting"] = "setting"
    details: dict[str, str]


class HiddenEvent(Stored):
    """From another device of your own: the message at `target` was deleted for you."""

    kind: Literal["hidden"] = "hidden"
    target: str


class TypingEvent(Frame):
    """Live only: `user` is typing, or has stopped; without news for ten seconds they have, too."""

    kind: Literal["typing"] = "typing"
    conversation: str
    user: str
    typing: bool
    at: int


class PresenceEvent(Frame):
    """Live only: `user` is online, at most until `until` unless you hear more, or was last seen at `last_seen`."""

    kind: Literal["presence"] = "presence"
    user: str
    online: bool
    at: int
    until: int | None = None
    last_seen: int | None = None


class TimelineEvent(Frame):
    """Live only: `new` posts have come into the home timeline.  While they are few they are in `posts`, oldest first;
    without, ask what is new."""

    kind: Literal["timeline"] = "timeline"
    new: int
    posts: list[PostView] | None = None


class SearchEvent(Frame):
    """Live only: the index of `term` is being built, and has got so far, in percent; `live`: search again now."""

    kind: Literal["search"] = "search"
    term: str
    progress: int
    live: bool


LogWire = MessageEvent | EditEvent | UnsendEvent | ReactionEvent | GroupEvent
StoredWire = LogWire | ReceiptEvent | SettingEvent | HiddenEvent
WireEvent = StoredWire | TypingEvent | PresenceEvent | TimelineEvent | SearchEvent


class EventsFrame(Frame):
    """Live events, in order.  They never move the sync cursor."""

    type: Literal["events"] = "events"
    events: list[WireEvent]


def to_wire(event: Event) -> StoredWire:
    """The wire form of what a mailbox holds."""
    place: dict[str, Any] = {
        "conversation": event.conversation_id,
        "position": event.position,
        "arrival": event.arrival or event.position,
    }
    match event:
        case Receipt():
            kind: Any = (ReceiptKind.READ if event.kind is ReceiptKind.SEEN else event.kind).value
            return ReceiptEvent(**place, reader=event.reader, receipt=kind, taken_at=event.taken_at, after=event.after)
        case Setting():
            return SettingEvent(**place, details=dict(event.details))
        case Hidden():
            return HiddenEvent(**place, target=event.target)
        case _:
            return _log(event, place)


def _log(event: LogEvent, place: dict[str, Any]) -> LogWire:
    """The wire form of what a log holds."""
    at = position.ms_of(event.position)
    own: dict[str, Any] = {**place, "sender": event.sender, "client_id": event.client_id, "at": at}
    match event:
        case Message():
            mentions = list(event.mentions) or None
            return MessageEvent(**own, text=event.text, reply_to=event.reply_to, mentions=mentions, edited=event.edited)
        case Edit():
            return EditEvent(**own, target=event.target, text=event.text)
        case Unsend():
            return UnsendEvent(**own, target=event.target)
        case Reaction():
            return ReactionEvent(**own, target=event.target, emoji=event.emoji or None)
        case GroupChange():
            users, details = list(event.users) or None, dict(event.details) or None
            return GroupEvent(**own, change=event.change.value, users=users, details=details)


def live_to_wire(event: LiveEvent) -> WireEvent:
    """The wire form of what a live frame can carry."""
    match event:
        case Typing():
            return TypingEvent(conversation=event.conversation_id, user=event.user, typing=event.typing, at=event.at)
        case Presence():
            return PresenceEvent(
                user=event.user, online=event.online, at=event.at, until=event.until, last_seen=event.last_seen
            )
        case NewPosts():
            return TimelineEvent(new=event.count, posts=[post_view(each) for each in event.posts] or None)
        case SearchProgress():
            return SearchEvent(term=event.term, progress=event.progress, live=event.live)
        case _:
            return to_wire(event)


def events_frame(events: Iterable[LiveEvent]) -> EventsFrame:
    """The live frame for some events."""
    return EventsFrame(events=[live_to_wire(event) for event in events])
