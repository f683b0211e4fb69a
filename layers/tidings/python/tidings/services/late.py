"""Late mailbox items: what a dead first try left out, found by a resend past `T`.

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
from tidings.services.claim import Claims
from tidings.services.deliver import Parcel

_ROUNDS: Final = 3


class LateArrivals:
    """Finishes the mailboxes of an event whose own stamp has settled."""

    def __init__(self, claims: Claims, log: Log, mailboxes: Mailboxes) -> None:
        self._claims = claims
        self._log = log
        self._mailboxes = mailboxes

    def parcels(self, caller: Caller, entry: LogEntry, owners: Sequence[str]) -> tuple[Parcel, ...]:
        """What is still to be written for `owners`.  Nothing for a tombstone, or where somebody else delivers.

        Raises `RetryLater` while another late writer's claim is not settled.
        """
        if entry.event is None or entry.path is not Path.INLINE:
            return ()
        event, claims = entry.event, entry.claims
        for _ in range(_ROUNDS):
            open_claim = bool(claims) and not self._claims.settled(claims[-1])
            missing = self._missing(event, claims[:-1] if open_claim else claims, owners)
            if not missing:
                return ()
            if open_claim:
                return self._under(claims[-1], event, missing)
            stamp = self._claims.stamp(caller)
            fence = self._claims.fence(stamp)
            standing = self._log.claim_late(event.conversation_id, event.position, claims, stamp, fence)
            if standing is None:
                return ()
            claims = standing
        raise RetryLater("This message is being sent several times at once. Send it again.")

    def _under(self, stamp: int, event: LogEvent, owners: Iterable[str]) -> tuple[Parcel, ...]:
        late, fence = replace(event, arrival=late_arrival(event.position, stamp)), self._claims.fence(stamp)
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
