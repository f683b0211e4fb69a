"""The home screen on the wire."""

from __future__ import annotations

from typing import Any

from tidings.domain.events import ReceiptKind
from tidings.domain.identity import Caller
from tidings.protocol.conversations import (
    ConversationSetRequest,
    ConversationsReply,
    ConversationsRequest,
    ConversationView,
)
from tidings.protocol.events import GroupEvent, MessageEvent, to_wire
from tidings.protocol.frames import AckReply
from tidings.router import Router
from tidings.routes.acks import ack_reply
from tidings.services.conversations import Conversations, Listed
from tidings.services.facts import Sent
from tidings.services.messaging import Messaging
from tidings.services.preferences import SetConversation
from tidings.services.unread import read_up_to

SETTINGS = ("muted_until", "mentions", "pinned", "archived")


def register(router: Router, messaging: Messaging, conversations: Conversations) -> None:
    """Enter the routes of the conversation list."""

    def list_them(caller: Caller, request: ConversationsRequest) -> ConversationsReply:
        page = conversations.page(caller, request.before, request.limit)
        views = [_view(each) for each in page.conversations]
        return ConversationsReply(id=request.id, conversations=views, unread=page.unread, before=page.before)

    def set_one(caller: Caller, request: ConversationSetRequest) -> AckReply:
        given = {name: getattr(request, name) for name in SETTINGS}
        values = {name: value for name, value in given.items() if value is not None}
        command = SetConversation(request.client_id, request.conversation, values)
        return ack_reply(request.id, messaging.one(caller, command, Sent))

    router.route(ConversationsRequest, list_them)
    router.route(ConversationSetRequest, set_one)


def _view(listed: Listed) -> ConversationView:
    """What stands at its default is left out."""
    row, group = listed.row, listed.group
    delivered = row.marks.get(ReceiptKind.DELIVERED)
    settings: dict[str, Any] = {
        "muted_until": row.muted_until or None,
        "mentions": None if row.mentions else False,
        "pinned": row.pinned or None,
        "archived": row.archived or None,
        "blocked": row.blocked or None,
        "left": row.left or None,
    }
    last = None if listed.last is None else to_wire(listed.last)
    assert last is None or isinstance(last, MessageEvent | GroupEvent)
    return ConversationView(
        conversation=row.conversation_id,
        title=None if group is None else group.title,
        picture=(group.picture or None) if group is not None else None,
        last=last,
        unread=listed.unread,
        active_at=listed.active_at,
        delivered=None if delivered is None else delivered.position,
        read=read_up_to(row) or None,
        **settings,
    )
