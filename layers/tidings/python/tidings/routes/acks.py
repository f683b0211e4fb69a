"""The reply that most of messaging shares."""

from __future__ import annotations

from tidings.domain.position import ms_of
from tidings.protocol.frames import AckReply
from tidings.services.facts import Sent


def ack_reply(request_id: str, sent: Sent) -> AckReply:
    """The ack of an event of a conversation."""
    return AckReply(
        id=request_id,
        client_id=sent.client_id,
        conversation=sent.conversation_id,
        position=sent.position,
        at=ms_of(sent.position),
    )
