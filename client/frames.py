"""Frames as the client writes and reads them: small values instead of the server's strict models.

Reading is lenient (unknown fields and kinds are skipped), so that an older client goes on working with a newer
server; writing is strict on the server's side.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from client.errors import RequestError

MAX_FRAME: Final = 32 * 1024
"""Bytes; the gateway closes the connection (1009) on a larger one."""
MAX_BATCH: Final = 25
"""Actions in a batch."""

Via = Literal["live", "sync"]


@dataclass(frozen=True, slots=True)
class Message:
    """A message.  Identity is `key`; shown by `position`; `arrival` orders the reader's mailbox; `at` is epoch ms."""

    conversation: str
    position: str
    arrival: str
    sender: str
    client_id: str
    text: str
    at: int
    via: Via = "live"

    @property
    def key(self) -> tuple[str, str]:
        """What makes two copies the same message."""
        return (self.sender, self.client_id)


@dataclass(frozen=True, slots=True)
class Receipt:
    """`reader` has received or read all up to `position` that had arrived by `taken_at` (epoch ms)."""

    conversation: str
    position: str
    arrival: str
    reader: str
    kind: Literal["delivered", "read"]
    taken_at: int
    via: Via = "live"


@dataclass(frozen=True, slots=True)
class Ack:
    """A mutation is durable.  `position` is its place in the order, `at` that place's time (epoch ms)."""

    client_id: str | None = None
    conversation: str | None = None
    position: str | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A post.  Identity is (author, position); `truncated`: the whole text is in the author's timeline."""

    author: str
    position: str
    text: str
    at: int
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Posts, newest first.  `before` pages down (None at the end), `since` asks later what is new."""

    posts: tuple[Post, ...]
    before: str | None = None
    since: str | None = None


Event = Message | Receipt
Reply = Mapping[str, Any]


def encode(frame: Mapping[str, Any]) -> str:
    """The JSON text of a frame; None values are left out.

    Raises `RequestError` when the gateway could not take it: text that is no Unicode, or more than 32 KB.
    """
    text = json.dumps({k: v for k, v in frame.items() if v is not None}, ensure_ascii=False, separators=(",", ":"))
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise RequestError("invalid_request", "The text holds half a character (a lone surrogate).") from None
    if size > MAX_FRAME:
        raise RequestError("invalid_request", f"This request is {size} bytes long; a frame holds {MAX_FRAME}.")
    return text


def decode(text: str | bytes) -> dict[str, Any]:
    """The object of a frame; empty for what is not a JSON object."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return frame if isinstance(frame, dict) else {}


def event_of(wire: Mapping[str, Any], via: Via) -> Event | None:
    """An event from its wire form; None for kinds this client does not know."""
    kind = wire.get("kind")
    try:
        if kind == "message":
            return Message(**{name: wire[name] for name in _MESSAGE}, via=via)
        if kind == "receipt":
            return Receipt(**{name: wire[name] for name in _RECEIPT}, kind=wire["receipt"], via=via)
    except KeyError:
        return None
    return None


def message_of(wire: Mapping[str, Any]) -> Message | None:
    """A message of a history page."""
    event = event_of(wire, "sync")
    return event if isinstance(event, Message) else None


def ack_of(reply: Reply) -> Ack:
    """An ack reply as a value."""
    return Ack(reply.get("client_id"), reply.get("conversation"), reply.get("position"), reply.get("at"))


def page_of(reply: Reply) -> Page:
    """A timeline reply as a value."""
    posts = (Post(p["author"], p["position"], p["text"], p["at"], p.get("truncated", False)) for p in reply["posts"])
    return Page(tuple(posts), reply.get("before"), reply.get("since"))


_MESSAGE = ("conversation", "position", "arrival", "sender", "client_id", "text", "at")
_RECEIPT = ("conversation", "position", "arrival", "reader", "taken_at")
