"""Frames of the conversation list, of receipts on demand, and of what is only live: watching and typing."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tidings.protocol.events import GroupEvent, MessageEvent
from tidings.protocol.frames import ClientId, ConversationId, CursorText, Frame, PositionText, Reply, Request

MAX_PAGE = 50
MAX_RECEIPTS = 100


class ReceiptsRequest(Request):
    """Who has received and who has read a message, when; `after` is the string that the last page gave."""

    action: Literal["receipts"] = "receipts"
    conversation: ConversationId
    position: PositionText
    after: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_RECEIPTS)] = 50


class ConversationsRequest(Request):
    """The home screen: conversations, newest activity first; `before` pages down."""

    action: Literal["conversations"] = "conversations"
    before: CursorText | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 20


class ConversationSetRequest(Request):
    """Mute, pin or archive a conversation, for the caller; what is left out stays.

    `muted_until` is epoch ms (0: not muted); `mentions`: a mention sounds although it is muted.
    """

    action: Literal["conversation.set"] = "conversation.set"
    client_id: ClientId
    conversation: ConversationId
    muted_until: Annotated[int, Field(ge=0, le=9_999_999_999_999)] | None = None
    mentions: bool | None = None
    pinned: bool | None = None
    archived: bool | None = None


class WatchRequest(Request):
    """Want live frames of a large group, whose events otherwise come by sync only, and who types in a group.

    It ends by itself after two hours and ten minutes, or with `on` false.
    """

    action: Literal["watch"] = "watch"
    conversation: ConversationId
    on: bool = True


class TypingRequest(Request):
    """Tell the others that the caller is typing, or has stopped.  Never stored."""

    action: Literal["typing"] = "typing"
    conversation: ConversationId
    typing: bool = True


class ReceiptView(Frame):
    """How far a member has got with a message.  Times (epoch ms) are those of the confirmation that covers it."""

    user: str
    delivered_at: int | None = None
    read_at: int | None = None


class ReceiptsReply(Reply):
    """One entry a member who was there at the message, its sender aside; `after` is absent at the end."""

    type: Literal["receipts"] = "receipts"
    conversation: str
    position: str
    members: list[ReceiptView]
    after: str | None = None


class ConversationView(Frame):
    """A conversation on the home screen.

    `last` is its newest message or change; `unread` is counted up to 99; `active_at` is epoch ms; `title` is a
    group's; `left`: the caller is no longer in it.
    """

    conversation: str
    title: str | None = None
    picture: str | None = None
    last: MessageEvent | GroupEvent | None = None
    unread: int = 0
    active_at: int
    muted_until: int | None = None
    mentions: bool | None = None
    pinned: bool | None = None
    archived: bool | None = None
    blocked: bool | None = None
    left: bool | None = None
    delivered: str | None = None
    read: str | None = None


class ConversationsReply(Reply):
    """Newest activity first; `before` is absent at the end.  `unread` (first page only) is the total, up to 99, of
    what is neither muted nor archived."""

    type: Literal["conversations"] = "conversations"
    conversations: list[ConversationView]
    unread: int | None = None
    before: str | None = None
