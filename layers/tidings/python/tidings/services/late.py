"""Late mailbox items: what a dead first try left out, found by a resend or by a chunk worker past `T`.

A reader may have synced past the message's position by then, so it comes under an arrival of its own, claimed on the
log item: two late writers agree on one arrival, and a delete beats them both.  A claim is a stamp, and goes through
the three phases like any other: its claimer may have died too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from tidings.domain import position
from tidings.domain.errors import RetryLater
from tidings.domain.events import LogEntry, LogEvent, Path
from tidings.domain.identity import Caller
from tidings.ports.messaging import Log, Mailboxes
from tidings.services.claim import Stamps
from tidings.services.deliver import Parcel

_ROUNDS: Final = 3


class LateArrivals:
    """Finishes the mailboxes of an event whose own stamp has settled."""

    def __init__(self, stamps: Stamps, log: Log, mailboxes: Mailboxes) -> None:
        self._stamps = stamps
        self._log = log
        self._mailboxes = mailboxes

    def parcels(self, caller: Caller, entry: LogEntry, owners: Sequence[str]) -> tuple[Parcel, ...]:
        """What a resend still has to write for `owners`.  Nothing for a tombstone, or where somebody else delivers.

        Raises `RetryLater` while another late writer's claim is not settled.
        """
        if entry.path is not Path.INLINE:
            return ()
        return self.missing(entry, owners, self._stamps.stamp(caller))

    def missing(self, entry: LogEntry, owners: Sequence[str], stamp: int) -> tuple[Parcel, ...]:
        """What is still to be written for `owners`, under an arrival that is claimed with `stamp`, or has been by
        another writer.
        """
        if entry.event is None:
            return ()
        event, claims = entry.event, entry.claims
        for _ in range(_ROUNDS):
            open_claim = bool(claims) and not self._stamps.settled(claims[-1])
            missing = self._missing(event, claims[:-1] if open_claim else claims, owners)
            if not missing:
                return ()
            if open_claim:
                return self._under(claims[-1], event, missing)
            fence = self._stamps.fence(stamp)
            standing = self._log.claim_late(event.conversation_id, event.position, claims, stamp, fence)
            if standing is None:
                return ()
            claims = standing
        raise RetryLater("This message is being sent several times at once. Send it again.")

    def _under(self, stamp: int, event: LogEvent, owners: Iterable[str]) -> tuple[Parcel, ...]:
        late, fence = replace(event, arrival=late_arrival(event.position, stamp)), self._stamps.fence(stamp)
        return tuple(Parcel(owner, late, fence) for owner in owners)

    def _missing(self, event: LogEvent, claims: Iterable[int], owners: Sequence[str]) -> list[str]:
        """The owners who have the event under none of its settled arrivals."""
        arrivals = [event.position, *(late_arrival(event.position, stamp) for stamp in claims)]
        return [owner for owner in owners if not any(self._holds(owner, arrival) for arrival in arrivals)]

    def _holds(self, owner: str, arrival: str) -> bool:
        events, _ = self._mailboxes.read(owner, _just_before(arrival), limit=1, max_bytes=1)
        return any(event.arrival == arrival for event in events)


def late_arrival(at: str, stamp: int) -> str:
    """The arrival, under a claim, of what stands at `at`: the position's tags with the claim's stamp."""
    return str(position.parse(at).at(stamp))


def _just_before(arrival: str) -> str:
    """A string below `arrival` with no arrival in between."""
    return arrival[:-1] + chr(ord(arrival[-1]) - 1)
