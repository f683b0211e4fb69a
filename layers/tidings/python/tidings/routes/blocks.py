"""Blocks and mutes on the wire."""

from __future__ import annotations

from tidings.domain.identity import Caller
from tidings.domain.position import ms_of
from tidings.protocol.frames import AckReply
from tidings.protocol.people import (
    BlockRequest,
    BlocksReply,
    BlocksRequest,
    MuteRequest,
    MutesReply,
    MutesRequest,
    UnblockRequest,
    UnmuteRequest,
)
from tidings.router import Router
from tidings.services.blocking import Blocking
from tidings.services.muting import Muting


def register(router: Router, blocking: Blocking, muting: Muting) -> None:
    """Enter the routes of blocks and mutes."""

    def block(caller: Caller, request: BlockRequest) -> AckReply:
        return _ack(request, blocking.block(caller, request.client_id, request.user))

    def unblock(caller: Caller, request: UnblockRequest) -> AckReply:
        return _ack(request, blocking.unblock(caller, request.client_id, request.user))

    def blocks(caller: Caller, request: BlocksRequest) -> BlocksReply:
        users, after = blocking.page(caller, request.after, request.limit)
        return BlocksReply(id=request.id, users=users, after=after)

    def mute(caller: Caller, request: MuteRequest) -> AckReply:
        return _ack(request, muting.mute(caller, request.client_id, request.user))

    def unmute(caller: Caller, request: UnmuteRequest) -> AckReply:
        return _ack(request, muting.unmute(caller, request.client_id, request.user))

    def mutes(caller: Caller, request: MutesRequest) -> MutesReply:
        users, after = muting.page(caller, request.after, request.limit)
        return MutesReply(id=request.id, users=users, after=after)

    router.route(BlockRequest, block)
    router.route(UnblockRequest, unblock)
    router.route(BlocksRequest, blocks)
    router.route(MuteRequest, mute)
    router.route(UnmuteRequest, unmute)
    router.route(MutesRequest, mutes)


def _ack(request: BlockRequest | UnblockRequest | MuteRequest | UnmuteRequest, position: str) -> AckReply:
    return AckReply(id=request.id, client_id=request.client_id, position=position, at=ms_of(position))
