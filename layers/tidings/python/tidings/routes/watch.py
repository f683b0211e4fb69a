"""Watching a conversation, on the wire."""

from __future__ import annotations

from tidings.domain.identity import Caller
from tidings.protocol.conversations import WatchRequest
from tidings.protocol.frames import AckReply
from tidings.router import Router
from tidings.services.watch import Watches


def register(router: Router, watches: Watches) -> None:
    """Enter the route."""

    def watch(caller: Caller, request: WatchRequest) -> AckReply:
        watches.set(caller, request.conversation, request.on)
        return AckReply(id=request.id, conversation=request.conversation)

    router.route(WatchRequest, watch)
