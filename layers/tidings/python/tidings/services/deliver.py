"""Delivery of events to mailboxes and live sockets, after the fact itself is durable.

    write the mailboxes  ->  look up the connections (strongly)  ->  post concurrently

Persist, then look up: a client registers first and syncs then, so at least one of the two sees the other.  Only the
mailboxes decide whether the request succeeded.  A live post is best effort: what fails is repaired by the next sync.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from tidings.domain.errors import TidingsError
from tidings.domain.events import Event
from tidings.domain.identity import Caller
from tidings.domain.stamp import Fence
from tidings.ports.messaging import Mailboxes
from tidings.ports.people import Delivery, PostResult, Registry, Sockets
from tidings.ports.world import Clock, Meter

YOUNG_MS: Final = 30_000
"""An entry younger than this when looked up may answer 410 because its handshake has not ended: not believed."""

_METRICS: Final[Mapping[PostResult, str]] = {
    "gone": "LiveGone",
    "busy": "LiveBusy",
    "too_large": "LiveTooLarge",
    "failed": "LiveFailed",
}

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

    def __init__(
        self,
        mailboxes: Mailboxes,
        registry: Registry,
        sockets: Sockets,
        clock: Clock,
        meter: Meter,
        young_ms: int = YOUNG_MS,
    ) -> None:
        self._mailboxes = mailboxes
        self._registry = registry
        self._sockets = sockets
        self._clock = clock
        self._meter = meter
        self._young = young_ms

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
        if not events:
            return
        now = self._clock.now()
        try:
            deliveries = self._deliveries(events, caller, now)
        except TidingsError:
            self._meter.count("LiveLookupFailed")
            return
        if deliveries:
            self._judge(deliveries, self._sockets.post(deliveries), now)

    def _deliveries(self, events: Mapping[str, Sequence[Event]], caller: Caller, now: int) -> list[Delivery]:
        own = (caller.user_id, caller.identity.device_id)
        return [
            Delivery(user_id, connection, tuple(events[user_id]))
            for user_id, connections in self._registry.lookup(events, now).items()
            for connection in connections
            if (user_id, connection.device_id) != own
        ]

    def _judge(self, deliveries: Sequence[Delivery], results: Sequence[PostResult], now: int) -> None:
        """Forget exactly the connections that are gone; everything else is left to sync."""
        for delivery, result in zip(deliveries, results, strict=True):
            if result == "sent":
                continue
            self._meter.count(_METRICS[result])
            if result == "gone" and now - delivery.connection.connected_at >= self._young:
                self._forget(delivery)

    def _forget(self, delivery: Delivery) -> None:
        gone = delivery.connection
        try:
            self._registry.remove(delivery.user_id, gone.device_id, gone.connection_id)
        except TidingsError:
            self._meter.count("LiveForgetFailed")
