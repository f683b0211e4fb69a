"""Receipts on demand on the wire."""

from __future__ import annotations

from tidings.domain.identity import Caller
from tidings.protocol.conversations import ReceiptsReply, ReceiptsRequest, ReceiptView
from tidings.router import Router
from tidings.services.readers import Readers


def register(router: Router, readers: Readers) -> None:
    """Enter the route."""

    def receipts(caller: Caller, request: ReceiptsRequest) -> ReceiptsReply:
        page = readers.page(caller, request.conversation, request.position, request.after, request.limit)
        views = [
            ReceiptView(user=each.user_id, delivered_at=each.delivered_at, read_at=each.read_at)
            for each in page.readers
        ]
        return ReceiptsReply(
            id=request.id,
            conversation=request.conversation,
            position=request.position,
            members=views,
            after=page.following,
        )

    router.route(ReceiptsRequest, receipts)
