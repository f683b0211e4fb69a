"""`ack`: a reader confirms everything up to a position, as delivered or as read.

The watermark lives in the reader's own partition and only moves forward, so a receipt needs no outbox: the same mark
twice is told again (the first try may have died before it told anybody), an older one is answered with the mark that
stands.  Reading implies delivery: `read` moves only its own mark, and whoever asks whether a message was delivered
looks at both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tidings.domain import conversation, position
from tidings.domain.errors import InvalidRequest, NotFound
from tidings.domain.events import Receipt, ReceiptKind
from tidings.domain.identity import Caller
from tidings.domain.watermark import Watermark
from tidings.ports.groups import Memberships
from tidings.ports.messaging import Log
from tidings.services.claim import Claims
from tidings.services.deliver import Parcel, Prepared
from tidings.services.people import Circle

SKEW_MS: Final = 3_500
"""How far two gateways' clocks may be apart: half of what T leaves beside F and C."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """A confirmation up to `position`; `taken_at` (epoch ms) is None for "the moment of this frame"."""

    conversation_id: str
    kind: ReceiptKind
    position: str
    taken_at: int | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The mark that stands now."""

    conversation_id: str
    kind: ReceiptKind
    mark: Watermark


class Receipts:
    """Moves watermarks and says whom to tell."""

    def __init__(self, claims: Claims, log: Log, memberships: Memberships) -> None:
        self._claims = claims
        self._log = log
        self._memberships = memberships

    def prepare(self, caller: Caller, command: Confirm, circle: Circle, _after: str = "") -> Prepared[Confirmed]:
        """Move the mark.  Raises `Forbidden`, `NotFound`, `InvalidRequest`, `RetryLater`, `Unavailable`."""
        other = conversation.other(command.conversation_id, caller.user_id)
        mark = self._mark(caller, command)
        if not self._exists(command.conversation_id, command.position):
            raise NotFound("There is no message at this position of the conversation.")
        stamp = self._claims.stamp(caller)
        fence = self._claims.fence(stamp)
        standing = self._memberships.advance(caller.user_id, command.conversation_id, command.kind, mark, fence)
        if standing is not None and standing != mark:
            return Prepared(Confirmed(command.conversation_id, command.kind, standing))
        arrival = position.stamped(stamp, caller.user_id, caller.identity.device_id, caller.frame_id, caller.index)
        event = Receipt(
            command.conversation_id, mark.position, caller.user_id, command.kind, mark.taken_at, str(arrival)
        )
        parcels = [Parcel(other, event, fence)]
        if command.kind is ReceiptKind.READ and circle.other_devices:
            # The caller's other devices clear their badges at their next sync: not worth a lookup of its own.
            parcels.append(Parcel(caller.user_id, event, fence, live=False))
        return Prepared(Confirmed(command.conversation_id, command.kind, mark), tuple(parcels))

    def _mark(self, caller: Caller, command: Confirm) -> Watermark:
        """The mark that the command may set: a reader has seen nothing that arrived after this frame.

        Its position may carry another gateway's stamp, a little ahead of this frame's; such a message has arrived.
        """
        confirmed = position.ms_of(command.position)
        if confirmed > caller.stamp + SKEW_MS:
            raise InvalidRequest("`position` lies in the future.")
        newest = max(caller.stamp, confirmed)
        return Watermark(command.position, newest if command.taken_at is None else min(command.taken_at, newest))

    def _exists(self, conversation_id: str, at: str) -> bool:
        """Whether the log has an entry there: a cheap read first, for it nearly always has."""
        return any(self._log.get(conversation_id, at, strong=strong) is not None for strong in (False, True))
