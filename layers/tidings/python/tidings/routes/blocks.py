"""Blocks on the wire."""

from __future__ import annotations

from pydantic import BaseModel

from tidings.domain.identity import Caller
from tidings.domain.position import ms_of
from tidings.protocol.frames import AckReply
from tidings.protocol.people import BlockRequest, BlocksReply, BlocksRequest, UnblockRequest
from tidings.router import Router
from tidings.services.blocking import Blocking


def register(router: Router, blocking: Blocking) -> None:
    """Enter the routes of blocks."""

    def block(caller: Caller, request: BlockRequest) -> BaseModel:
        return _ack(request, blocking.block(caller, request.client_id, request.user))

    def unblock(caller: Caller, request: UnblockRequest) -> BaseModel:
        return _ack(request, blocking.unblock(caller, request.client_id, request.user))

    def blocks(caller: Caller, request: BlocksRequest) -> BaseModel:
        users, after = blocking.page(caller, request.after, request.limit)
        return BlocksReply(id=request.id, users=users, after=after)

    router.route(BlockRequest, block)
    router.route(UnblockRequest, unblock)
    router.route(BlocksRequest, blocks)


def _ack(request: BlockRequest | UnblockRequest, position: str) -> AckReply:
    return AckReply(id=request.id, client_id=request.client_id, position=position, at=ms_of(position))
