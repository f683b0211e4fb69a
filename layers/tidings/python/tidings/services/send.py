"""`send`: a 1:1 message, once, in order, durable before it is acked.

Order of writes: outbox (conditional), log (never over anything), mailboxes, and only then the ack.  The log item is
the fact; the rest follows from it, now or when the sender resends.
"""

from __future__ import annotations

from dataclasses import dataclass

from tidings.domain.conversation import direct_id
from tidings.domain.errors import UnknownUser
from tidings.domain.events import LogEntry, Message, Path
from tidings.domain.fingerprint import fingerprint
from tidings.domain.identity import Caller
from tidings.domain.position import ms_of
from tidings.ports.messaging import Log
from tidings.services.claim import Claims
from tidings.services.deliver import Parcel, Prepared
from tidings.services.late import LateArrivals
from tidings.services.people import Circle


@dataclass(frozen=True, slots=True)
class SendMessage:
    """A message to one user."""

    client_id: str
    to: str
    text: str


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the message stands, for good."""

    client_id: str
    conversation_id: str
    position: str


class Sender:
    """Makes a message a fact and says which mailboxes it belongs into."""

    def __init__(self, claims: Claims, log: Log, late: LateArrivals) -> None:
        self._claims = claims
        self._log = log
        self._late = late

    def prepare(self, caller: Caller, command: SendMessage, circle: Circle, after: str = "") -> Prepared[Sent]:
        """Write outbox and log, or find them written.  `after` is the position of the frame's message before it.

        Raises `InvalidRequest` for a message to oneself, `UnknownUser`, `Conflict` (nothing is written by these),
        `RetryLater`, `Unavailable`.
        """
        conversation_id = direct_id(caller.user_id, command.to)
        if command.to not in circle.known:
            raise UnknownUser("Nobody of that user id has ever connected.")
        owners = (command.to, caller.user_id) if circle.other_devices else (command.to,)

        def look(at: str) -> LogEntry | None:
            return _own(self._log.get(conversation_id, at, strong=True), caller, command)

        mark = fingerprint("send", {"to": command.to, "text": command.text})
        claim = self._claims.take(caller, command.client_id, mark, look, after=after)
        sent = Sent(command.client_id, conversation_id, claim.position)
        if claim.fact is not None:
            return Prepared(sent, self._late.parcels(caller, claim.fact, owners))
        message = Message(conversation_id, claim.position, caller.user_id, command.client_id, command.text)
        standing = self._log.append(message, Path.INLINE, claim.fence)
        if standing is not None and self._finished(standing, caller, command):
            return Prepared(sent)
        event = message.arriving(claim.position)
        return Prepared(sent, tuple(Parcel(owner, event, claim.fence) for owner in owners))

    def _finished(self, standing: LogEntry, caller: Caller, command: SendMessage) -> bool:
        """Whether the entry that an earlier try left needs no mailboxes from us.

        Another event at our position is a collision of tags: nothing is lost, for the outbox keeps the request, and
        past `T` the resend finds that it was never written and claims a new position.
        """
        if _own(standing, caller, command) is None:
            raise self._claims.unsettled(ms_of(standing.position))
        return standing.message is None or standing.path is not Path.INLINE


def _own(entry: LogEntry | None, caller: Caller, command: SendMessage) -> LogEntry | None:
    """`entry` if it is this very message, or its tombstone."""
    if entry is None or (entry.sender, entry.client_id) != (caller.user_id, command.client_id):
        return None
    return entry
