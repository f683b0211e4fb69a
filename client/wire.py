"""Events from their wire form.

Reading is lenient (unknown fields and kinds are skipped), so that an older client goes on working with a newer server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from client.events import (
    Edit,
    Entry,
    Event,
    GroupChange,
    Hidden,
    Message,
    NewPosts,
    Presence,
    Reaction,
    Reactions,
    Receipt,
    SearchProgress,
    Setting,
    Typing,
    Unsend,
    Via,
)
from client.posts import post_of

Wire = Mapping[str, Any]


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
    "search": lambda wire, _: SearchProgress(**{name: wire[name] for name in ("term", "progress", "live")}),
    "timeline": lambda wire, _: NewPosts(new=wire["new"], posts=tuple(map(post_of, wire.get("posts") or ()))),
}


def presence_of(wire: Wire, at: int) -> Presence:
    """Whether a user is there, as an event or a reply said it at `at`."""
    return Presence(
        user=wire["user"], online=wire["online"], at=at, until=wire.get("until"), last_seen=wire.get("last_seen")
    )
