"""Messaging on the wire: from the frames of `tidings.v1` to the use cases and back."""

from __future__ import annotations

from typing import Any

from tidings.domain.errors import InvalidRequest, TidingsError
from tidings.domain.events import ReceiptKind
from tidings.domain.identity import Caller
from tidings.protocol.actions import ROUTES
from tidings.protocol.events import GroupEvent, MessageEvent, to_wire
from tidings.protocol.frames import AckReply, ErrorReply, Request, error_reply
from tidings.protocol.messaging import (
    AckRequest,
    BatchReply,
    BatchRequest,
    HistoryReply,
    HistoryRequest,
    ReactionCount,
    ReceiptReply,
    SendRequest,
    SyncReply,
    SyncRequest,
)
from tidings.router import Router
from tidings.routes import life
from tidings.routes.acks import ack_reply
from tidings.services.facts import Sent
from tidings.services.history import Histories
from tidings.services.messaging import Command, Messaging
from tidings.services.receipts import Confirm, Confirmed
from tidings.services.send import SendMessage
from tidings.services.sync import Syncs
from tidings.services.tallies import Tally

ACTIONS = frozenset(action for routes in ROUTES.values() for action in routes if not action.startswith("$"))


def register(router: Router, messaging: Messaging, syncs: Syncs, histories: Histories) -> None:
    """Enter the routes of the send function."""

    def send(caller: Caller, request: SendRequest) -> AckReply:
        return ack_reply(request.id, messaging.one(caller, _message(request), Sent))

    def ack(caller: Caller, request: AckRequest) -> ReceiptReply:
        return _receipt(request.id, messaging.one(caller, _confirmation(request), Confirmed))

    def batch(caller: Caller, request: BatchRequest) -> BatchReply:
        results = messaging.run(caller, [_command(action) for action in request.actions])
        pairs = zip(request.actions, results, strict=True)
        return BatchReply(id=request.id, results=[_reply(action.id, result) for action, result in pairs])

    def sync(caller: Caller, request: SyncRequest) -> SyncReply:
        page = syncs.page(caller, request.cursor, request.next, request.limit)
        events = [to_wire(event) for event in page.events]
        return SyncReply(id=request.id, events=events, cursor=page.cursor, next=page.following, at=page.at)

    def history(caller: Caller, request: HistoryRequest) -> HistoryReply:
        page = histories.page(caller, request.conversation, request.before, request.limit)
        wire = (to_wire(event) for event in page.events)
        events = [event for event in wire if isinstance(event, MessageEvent | GroupEvent)]
        reactions = {at: [_count(tally) for tally in tallies] for at, tallies in page.reactions.items()}
        return HistoryReply(
            id=request.id,
            conversation=request.conversation,
            events=events,
            before=page.before,
            reactions=reactions or None,
        )

    router.on_default(ACTIONS)
    router.route(SendRequest, send)
    router.route(AckRequest, ack)
    router.route(BatchRequest, batch)
    router.route(SyncRequest, sync)
    router.route(HistoryRequest, history)


def _command(action: Request) -> Command:
    """The command of an action of a batch."""
    match action:
        case SendRequest():
            return _message(action)
        case AckRequest():
            return _confirmation(action)
    if isinstance(action, life.LifeRequest):
        return life.command(action)
    raise InvalidRequest("`actions`: this cannot travel in a batch.")


def _message(request: SendRequest) -> SendMessage:
    return SendMessage(
        request.client_id,
        request.to,
        request.text,
        request.conversation,
        request.reply_to,
        tuple(dict.fromkeys(request.mentions or ())),
    )


def _confirmation(request: AckRequest) -> Confirm:
    return Confirm(request.conversation, ReceiptKind(request.kind), request.position, request.taken_at)


def _reply(request_id: str, result: Any) -> AckReply | ReceiptReply | ErrorReply:
    if isinstance(result, TidingsError):
        return error_reply(request_id, result)
    return ack_reply(request_id, result) if isinstance(result, Sent) else _receipt(request_id, result)


def _receipt(request_id: str, confirmed: Confirmed) -> ReceiptReply:
    return ReceiptReply(
        id=request_id,
        conversation=confirmed.conversation_id,
        kind="delivered" if confirmed.kind is ReceiptKind.DELIVERED else "read",
        position=confirmed.mark.position,
        taken_at=confirmed.mark.taken_at,
    )


def _count(tally: Tally) -> ReactionCount:
    return ReactionCount(emoji=tally.emoji, count=tally.count, mine=tally.mine)
