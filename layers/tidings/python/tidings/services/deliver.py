"""Delivery of events to mailboxes and live sockets, after the fact itself is durable.

    write the mailboxes  ->  look up the connections (strongly)  ->  post concurrently

Persist, then look up: a client registers first and syncs then, so at least one of the two sees the other.  Only the
mailboxes decide whether the request succeeded.  A live post is best effort: what fails is repaired by the next sync.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tidings.domain.errors import TidingsError
from tidings.domain.events import Event
from tidings.domain.identity import Caller
from tidings.domain.position import tag
from tidings.domain.stamp import Fence
from tidings.ports.messaging import Mailboxes
from tidings.services.live import Live

Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Parcel:
    """One event on its way to one user: written under the event's `arrival` and `fence`, and posted if `live`."""

    user_id: str
    event: Event
    fence: Fence
    live: bool = True


@dataclass(frozen=True, slots=True)
class Prepared(Generic[Outcome]):
    """A use case that is durable but for its parcels: with them written, `outcome` may be acked."""

    outcome: Outcome
    parcels: tuple[Parcel, ...] = ()


class Deliverer:
    """Writes parcels to mailboxes and posts them to live sockets."""

    def __init__(self, mailboxes: Mailboxes, live: Live) -> None:
        self._mailboxes = mailboxes
        self._live = live

    def persist(self, parcels: Iterable[Parcel]) -> dict[int, TidingsError]:
        """Write all parcels, those of one stamp in one batch.  What went wrong, by stamp; empty: all are durable."""
        groups: dict[int, list[Parcel]] = {}
        for parcel in parcels:
            groups.setdefault(parcel.fence.stamp, []).append(parcel)
        failed: dict[int, TidingsError] = {}
        for stamp, group in sorted(groups.items()):
            try:
                self._mailboxes.put([(each.user_id, each.event) for each in group], group[0].fence)
            except TidingsError as error:
                failed[stamp] = error
        return failed

    def announce(self, parcels: Iterable[Parcel], caller: Caller) -> None:
        """Post the live ones among persisted `parcels`: one frame a connection, never to the caller's own device."""
        events: dict[str, list[Event]] = {}
        for parcel in parcels:
            if parcel.live:
                events.setdefault(parcel.user_id, []).append(parcel.event)
        self._live.post(events, (tag(caller.user_id, caller.identity.device_id),))
