"""A message's life on the wire: edit, unsend, react, hide; alone or in a batch."""

from __future__ import annotations

from tidings.domain.identity import Caller
from tidings.protocol.frames import AckReply, Request
from tidings.protocol.life import EditRequest, HideRequest, ReactRequest, UnsendRequest
from tidings.router import Router
from tidings.routes.acks import ack_reply
from tidings.services.edit import EditMessage
from tidings.services.facts import Sent
from tidings.services.hide import HideMessage
from tidings.services.messaging import Command, Messaging
from tidings.services.react import React
from tidings.services.unsend import UnsendMessage

LifeRequest = EditRequest | UnsendRequest | ReactRequest | HideRequest


def register(router: Router, messaging: Messaging) -> None:
    """Enter the routes of a message's life."""

    def change(caller: Caller, request: Request) -> AckReply:
        assert isinstance(request, LifeRequest)
        return ack_reply(request.id, messaging.one(caller, command(request), Sent))

    for model in (EditRequest, UnsendRequest, ReactRequest, HideRequest):
        router.route(model, change)


def command(request: LifeRequest) -> Command:
    """What a request asks for."""
    place = (request.client_id, request.conversation, request.position)
    match request:
        case EditRequest():
            return EditMessage(*place, request.text)
        case UnsendRequest():
            return UnsendMessage(*place)
        case ReactRequest():
            return React(*place, request.emoji or "")
        case HideRequest():
            return HideMessage(*place)
