"""Frames of messaging: send, ack, sync, history, batch."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tidings.protocol.events import GroupEvent, MessageEvent, StoredWire
from tidings.protocol.frames import (
    AckReply,
    ClientId,
    ConversationId,
    CursorText,
    ErrorReply,
    Frame,
    PositionText,
    Reply,
    Request,
    RequestId,
    Text,
    UserId,
)
from tidings.protocol.life import EditRequest, HideRequest, ReactRequest, UnsendRequest

MAX_BATCH = 25
MAX_PAGE = 100
MAX_MENTIONS = 20


class SendRequest(Request):
    """A message to a user (`to`) or into a `conversation`.  Resend the same frame until it is acked: it is stored once.

    `reply_to` is the position of the message it answers; `mentions` are members whose phones shall sound.
    """

    action: Literal["send"] = "send"
    client_id: ClientId
    to: UserId | None = None
    conversation: ConversationId | None = None
    text: Text
    reply_to: PositionText | None = None
    mentions: Annotated[list[UserId], Field(min_length=1, max_length=MAX_MENTIONS)] | None = None


class AckRequest(Request):
    """A confirmation of everything up to `position` in a conversation.

    `taken_at` is the newest time (epoch ms of an event's arrival, or a sync's `at`) up to which the client has seen
    its mailbox; left out, it is the moment the gateway took this frame.
    """

    action: Literal["ack"] = "ack"
    conversation: ConversationId
    kind: Literal["delivered", "read"]
    position: PositionText
    taken_at: Annotated[int, Field(ge=0)] | None = None


class SyncRequest(Request):
    """Everything since `cursor` (or the beginning); `next` goes on with the sync that gave it.  Also the keep-alive."""

    action: Literal["sync"] = "sync"
    cursor: CursorText | None = None
    next: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50


class HistoryRequest(Request):
    """Older messages of a conversation, newest first; `before` is the string that the last page gave."""

    action: Literal["history"] = "history"
    conversation: ConversationId
    before: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50


class BatchRequest(Request):
    """Several actions in order, in one frame.  Stops at the first failure that may pass."""

    action: Literal["batch"] = "batch"
    actions: Annotated[
        list[
            Annotated[
                SendRequest | AckRequest | EditRequest | UnsendRequest | ReactRequest | HideRequest,
                Field(discriminator="action"),
            ]
        ],
        Field(min_length=1, max_length=MAX_BATCH),
    ]


class ReceiptReply(Reply):
    """The watermark that stands now (not older than the one sent)."""

    type: Literal["receipt"] = "receipt"
    conversation: str
    kind: Literal["delivered", "read"]
    position: str
    taken_at: int


class SyncReply(Reply):
    """Events in order of arrival.  Keep `cursor`; with `next` present, ask on with it at once.  `at` is epoch ms."""

    type: Literal["sync"] = "sync"
    events: list[StoredWire]
    cursor: str
    next: str | None = None
    at: int


class ReactionCount(Frame):
    """How many reacted with `emoji`; `mine`: so did the caller."""

    emoji: str
    count: int
    mine: bool = False


class HistoryReply(Reply):
    """Messages and what happened to the group, newest first; `before` is absent at the beginning of the conversation.

    `reactions` are those to the messages of this page, by position.
    """

    type: Literal["history"] = "history"
    conversation: str
    events: list[MessageEvent | GroupEvent]
    before: str | None = None
    reactions: dict[str, list[ReactionCount]] | None = None


class BatchReply(Reply):
    """One reply an action, in order."""

    type: Literal["batch"] = "batch"
    results: list[AckReply | ReceiptReply | ErrorReply]


__all__ = [
    "AckRequest",
    "BatchReply",
    "BatchRequest",
    "HistoryReply",
    "HistoryRequest",
    "ReceiptReply",
    "RequestId",
    "SendRequest",
    "SyncReply",
    "SyncRequest",
]
