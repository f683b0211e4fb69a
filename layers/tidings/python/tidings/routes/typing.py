"""`typing` on the wire."""

from __future__ import annotations

from tidings.domain.identity import Caller
from tidings.protocol.conversations import TypingRequest
from tidings.protocol.frames import AckReply
from tidings.router import Router
from tidings.services.typing import Typists


def register(router: Router, typists: Typists) -> None:
    """Enter the route."""

    def tell(caller: Caller, request: TypingRequest) -> AckReply:
        typists.tell(caller, request.conversation, request.typing)
        return AckReply(id=request.id, conversation=request.conversation)

    router.route(TypingRequest, tell)
