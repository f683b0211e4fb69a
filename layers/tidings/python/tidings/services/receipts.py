"""`ack`: a reader confirms everything up to a position, as delivered or as read.

The watermark lives in the reader's own partition and only moves forward, so a receipt needs no outbox: the same mark
twice is told again (the first try may have died before it told anybody), an older one is answered with the mark that
stands.  Reading implies delivery: `read` moves only its own mark, and whoever asks whether a message was delivered
looks at all of them.

Whom it is told to:

    1:1                                 the other side, at once
    1:1, and the reader hides reads     a read moves `SEEN`; the other side learns of the delivery, if that is news
    1:1, and the sender hides reads     the other side, of the delivery only, likewise
    1:1, and the reader has blocked     nobody; only a read moves a mark at all, and that is `SEEN`
    group                               nobody: the tally is asked to work out how far everybody has got
    the reader's own other devices      every read

The write of the mark answers with the reader's row, for nothing: whether the other side is blocked, and whether the
reader was ever in the group.  A strong read of the member for each receipt would cost as much as all the rest; the row
is made by the join and stays after a leave, and whoever has left may still confirm what they received.  What they
confirm beyond counts for nothing, for they are not among those who were there.  That a sender hides reads stands on
the message that is confirmed: it is read anyway, the sender's settings would cost more than a receipt may.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from tidings.domain import conversation, position
from tidings.domain.errors import Forbidden, InvalidRequest, NotFound
from tidings.domain.events import LogEntry, Path, Receipt, ReceiptKind
from tidings.domain.identity import Caller
from tidings.domain.stamp import Fence
from tidings.domain.tally import DELAY_MS
from tidings.domain.watermark import Watermark
from tidings.ports.groups import Membership, Memberships
from tidings.ports.messaging import Log
from tidings.ports.tally import Tallies
from tidings.services.claim import Claims
from tidings.services.deliver import Parcel, Prepared
from tidings.services.own_rows import OwnRows
from tidings.services.people import Circle

SKEW_MS: Final = 3_500
"""How far two gateways' clocks may be apart: half of what T leaves beside F and C."""
DELIVERED, READ, SEEN = ReceiptKind.DELIVERED, ReceiptKind.READ, ReceiptKind.SEEN


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


@dataclass(frozen=True, slots=True)
class _Step:
    """What a confirmation did: the kind of mark that stands at `mark` now, and the row as it was before.

    `told`: others may hear of it.
    """

    kind: ReceiptKind
    mark: Watermark
    before: Membership
    told: bool = True


class Receipts:
    """Moves watermarks and says whom to tell."""

    def __init__(self, claims: Claims, log: Log, memberships: Memberships, rows: OwnRows, tallies: Tallies) -> None:
        self._claims = claims
        self._log = log
        self._memberships = memberships
        self._rows = rows
        self._tallies = tallies

    def prepare(self, caller: Caller, command: Confirm, circle: Circle, _after: str = "") -> Prepared[Confirmed]:
        """Move the mark.  Raises `Forbidden`, `NotFound`, `InvalidRequest`, `RetryLater`, `Unavailable`."""
        group = conversation.is_group(command.conversation_id)
        other = "" if group else conversation.other(command.conversation_id, caller.user_id)
        mark = self._mark(caller, command)
        entry = self._entry(caller, command)
        fence = self._claims.fence(self._claims.stamp(caller))
        if command.kind is READ and not circle.privacy.read_receipts:
            command = replace(command, kind=SEEN)
        step = self._group(caller, command, mark, fence) if group else self._direct(caller, command, mark, fence)
        done = Prepared(Confirmed(command.conversation_id, command.kind, step.mark))
        if step.mark != mark:
            return done
        if group and entry.path is not Path.PULL:
            self._tally(caller, command.conversation_id, step.kind, fence)
        parcels = []
        if not group and step.told and not entry.withheld:
            quiet = entry.quiet and entry.sender == other
            parcels += self._to_other(caller, other, step, quiet, fence)
        if step.kind is not DELIVERED and circle.other_devices:
            # The caller's other devices clear their badges at their next sync: not worth a lookup of its own.
            own = self._receipt(caller, command.conversation_id, step.kind, mark, fence)
            parcels.append(Parcel(caller.user_id, own, fence, live=False))
        return replace(done, parcels=tuple(parcels))

    def _mark(self, caller: Caller, command: Confirm) -> Watermark:
        """The mark that the command may set: a reader has seen nothing that arrived after this frame.

        Its position may carry another gateway's stamp, a little ahead of this frame's; such a message has arrived.
        """
        confirmed = position.ms_of(command.position)
        if confirmed > caller.stamp + SKEW_MS:
            raise InvalidRequest("`position` lies in the future.")
        newest = max(caller.stamp, confirmed)
        return Watermark(command.position, newest if command.taken_at is None else min(command.taken_at, newest))

    def _entry(self, caller: Caller, command: Confirm) -> LogEntry:
        """What stands there: a cheap read first, for there nearly always is something."""
        for strong in (False, True):
            entry = self._log.get(command.conversation_id, command.position, strong=strong)
            if entry is not None and (entry.sender == caller.user_id or not entry.withheld):
                return entry
        raise NotFound("There is no message at this position of the conversation.")

    def _direct(self, caller: Caller, command: Confirm, mark: Watermark, fence: Fence) -> _Step:
        user_id, chat, kind = caller.user_id, command.conversation_id, command.kind
        done = self._memberships.advance(user_id, chat, kind, mark, fence)
        before = done.before or Membership(chat)
        if not before.blocked:
            return _Step(kind, mark if done.moved else before.marks[kind], before)
        if kind is DELIVERED:
            return _Step(kind, mark, before, told=False)
        if kind is READ:
            done = self._memberships.advance(user_id, chat, SEEN, mark, fence)
            before = done.before or before
        return _Step(SEEN, mark if done.moved else before.marks[SEEN], before, told=False)

    def _group(self, caller: Caller, command: Confirm, mark: Watermark, fence: Fence) -> _Step:
        user_id, chat, kind = caller.user_id, command.conversation_id, command.kind
        done = self._memberships.advance(user_id, chat, kind, mark, fence, begun=True)
        if done.before is None or not (done.before.since or done.before.left):
            if not self._rows.begin(user_id, chat, fence):
                raise Forbidden("You are not in this conversation.")
            done = self._memberships.advance(user_id, chat, kind, mark, fence, begun=True)
        before = done.before or Membership(chat)
        return _Step(kind, mark if done.moved else before.marks[kind], before)

    def _tally(self, caller: Caller, chat: str, kind: ReceiptKind, fence: Fence) -> None:
        """Ask for a tally unless one is on its way, or somebody else is in the way of any news.

        The read is strong and comes after the write of the mark.  So a job that is found pending has not begun and
        will see the mark; and whoever is named as laggard was so in a tally that this mark could not have helped.
        """
        tally, now = self._tallies.get(chat), fence.now()
        if not tally.pending(now) and tally.waits_for(caller.user_id, kind):
            self._tallies.ask(chat, tally.due, now + DELAY_MS, fence)

    def _to_other(self, caller: Caller, other: str, step: _Step, quiet: bool, fence: Fence) -> list[Parcel]:
        """The receipt for the other side, unless it is no news, or covers nothing but what was withheld."""
        shown = READ if step.kind is READ and not quiet else DELIVERED
        earlier = [mark for kind, mark in step.before.marks.items() if shown is DELIVERED and kind is not step.kind]
        known = any(mark.position >= step.mark.position and mark.taken_at >= step.mark.taken_at for mark in earlier)
        if known or step.mark.position <= step.before.blocked_at:
            return []
        event = self._receipt(caller, step.before.conversation_id, shown, step.mark, fence)
        return [Parcel(other, replace(event, after=step.before.blocked_at or None), fence)]

    def _receipt(self, caller: Caller, chat: str, kind: ReceiptKind, mark: Watermark, fence: Fence) -> Receipt:
        device = caller.identity.device_id
        arrival = position.stamped(fence.stamp, caller.user_id, device, caller.frame_id, caller.index)
        return Receipt(chat, mark.position, caller.user_id, kind, mark.taken_at, str(arrival))
