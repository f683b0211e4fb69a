"""Facts: an event of a conversation, durable once its log item is there.

Order of writes: outbox (conditional), log (never over anything), mailboxes, and only then the ack.  The log item is
the fact; the rest follows from it, now or when the sender resends: inline the mailboxes are written here, on the
other paths the stream of the log does it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tidings.domain.errors import TidingsError
from tidings.domain.events import LogEntry, LogEvent, Path, tells_of
from tidings.domain.identity import Caller
from tidings.domain.position import ms_of
from tidings.ports.messaging import Log
from tidings.services.claim import Claims
from tidings.services.deliver import Parcel, Prepared
from tidings.services.late import LateArrivals
from tidings.services.room import Room


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the event stands, for good."""

    client_id: str
    conversation_id: str
    position: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What a caller asks to write into a room.

    `make(position)` gives the event; `fingerprint` is of the request; `copies`: the caller has other devices; `after`
    is the position of what stood before it in the same frame; `about` of the message that the event is about; `quiet`:
    the caller is not to learn who reads it.
    """

    client_id: str
    fingerprint: str
    make: Callable[[str], LogEvent]
    copies: bool
    after: str = ""
    about: str = ""
    quiet: bool = False


class Facts:
    """Makes an event a fact and says which mailboxes it belongs into."""

    def __init__(self, claims: Claims, log: Log, late: LateArrivals) -> None:
        self._claims = claims
        self._log = log
        self._late = late

    def publish(
        self, caller: Caller, room: Room, draft: Draft, first: Callable[[str], Room | None] | None = None
    ) -> Prepared[Sent]:
        """Write outbox and log, or find them written.

        `first(position)` is done once the position is claimed, before the event is written: what has to be there by
        then, and what may refuse the event.  It may give the room as it is for this event, and may happen again with a
        resend, which it cannot refuse any more once the event is there.

        Raises `Conflict` (nothing is written), `RetryLater`, `Unavailable`, what `first` raises, and what the room
        refuses: unless a first try was carried out before that, for then the event stands, and its resend is acked.
        """

        def look(at: str) -> LogEntry | None:
            return _own(self._log.get(room.conversation_id, at, strong=True), caller, draft)

        if room.refused is not None:
            return self._done(caller, room, draft, look)
        claim = self._claims.take(caller, draft.client_id, draft.fingerprint, look, after=draft.after)
        sent = Sent(draft.client_id, room.conversation_id, claim.position)
        if claim.fact is not None:
            owners = self._owners(caller, room, draft, claim.fact)
            return Prepared(sent, self._late.parcels(caller, claim.fact, owners))
        if first is not None:
            room = _before(first, claim.position, look) or room
        if room.begin is not None:
            room.begin(claim.position, claim.fence)
        event = draft.make(claim.position)
        alone = room.path is Path.CHUNK and not draft.copies
        standing = self._log.append(
            event, room.path, claim.fence, withheld=room.withheld, quiet=draft.quiet, alone=alone
        )
        if standing is None:
            standing = LogEntry(
                claim.position, caller.user_id, draft.client_id, room.path, event, withheld=room.withheld
            )
        elif _own(standing, caller, draft) is None:
            # A collision of tags: nothing is lost, for the outbox keeps the request, and past `T` the resend finds
            # that it was never written and claims a new position.
            raise self._claims.unsettled(ms_of(standing.position))
        return Prepared(sent, self._copies(caller, room, draft, standing))

    def _done(self, caller: Caller, room: Room, draft: Draft, look: Callable[[str], LogEntry | None]) -> Prepared[Sent]:
        """What a first try left in a room that the caller may not write to any more, finished like any other."""
        assert room.refused is not None

        def left(at: str) -> LogEntry | None:
            settled = self._claims.settled(ms_of(at))
            entry = look(at)
            if entry is None and not settled:
                raise self._claims.unsettled(ms_of(at))
            return entry

        fact = self._claims.found(caller, draft.client_id, draft.fingerprint, left)
        if fact is None:
            raise room.refused
        sent = Sent(draft.client_id, room.conversation_id, fact.position)
        if fact.path is Path.INLINE and self._claims.settled(ms_of(fact.position)):
            return Prepared(sent, self._late.parcels(caller, fact, self._owners(caller, room, draft, fact)))
        return Prepared(sent, self._copies(caller, room, draft, fact))

    def _copies(self, caller: Caller, room: Room, draft: Draft, entry: LogEntry) -> tuple[Parcel, ...]:
        """Those of an event that may still be written with its own stamp, if they are made here."""
        if entry.event is None or entry.path is not Path.INLINE:
            return ()
        copy, fence = replace(entry.event, arrival=entry.position), self._claims.fence(entry.position)
        return tuple(Parcel(owner, copy, fence) for owner in self._owners(caller, room, draft, entry))

    def _owners(self, caller: Caller, room: Room, draft: Draft, entry: LogEntry) -> Sequence[str]:
        """Whose mailboxes: as the entry says, whatever has become of the room since."""
        own = (caller.user_id,) if draft.copies else ()
        if entry.withheld or entry.path is not Path.INLINE:
            return own
        told = tells_of(entry.event) if entry.event is not None else None
        return (*room.readers(entry.position, draft.about or told or ""), *own)


def _before(first: Callable[[str], Room | None], at: str, look: Callable[[str], LogEntry | None]) -> Room | None:
    try:
        return first(at)
    except TidingsError as refusal:
        if refusal.retryable or look(at) is None:
            raise
        return None


def _own(entry: LogEntry | None, caller: Caller, draft: Draft) -> LogEntry | None:
    """`entry` if it is this very request's, or its tombstone."""
    if entry is None or (entry.sender, entry.client_id) != (caller.user_id, draft.client_id):
        return None
    return entry
