"""Live frames: look up the connections (strongly), post concurrently, forget exactly those that are gone.

Best effort: what fails is repaired by the next sync, so nothing here ever raises for a socket.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from tidings.domain.errors import TidingsError
from tidings.domain.events import LiveEvent
from tidings.domain.position import tag
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


class Live:
    """Posts events to whoever is connected."""

    def __init__(
        self, registry: Registry, sockets: Sockets, clock: Clock, meter: Meter, young_ms: int = YOUNG_MS
    ) -> None:
        self._registry = registry
        self._sockets = sockets
        self._clock = clock
        self._meter = meter
        self._young = young_ms

    def post(self, events: Mapping[str, Sequence[LiveEvent]], sender_tags: Iterable[str] = ()) -> int:
        """One frame a connection with its user's events, in order.  How many were posted.

        `sender_tags` (`tidings.domain.position.tag` of user and device) name devices that get none: they know already.
        """
        skipped = frozenset(sender_tags)

        def due(user_id: str, device_id: str) -> Sequence[LiveEvent]:
            return () if skipped and tag(user_id, device_id) in skipped else events[user_id]

        return self._post(events, due)

    def tell(self, events: Mapping[str, Mapping[str, Sequence[LiveEvent]]]) -> int:
        """One frame a connection with the events of its user's device, in order, to no other devices.  How many."""
        return self._post(events, lambda user_id, device_id: events[user_id].get(device_id, ()))

    def _post(self, users: Collection[str], due: Callable[[str, str], Sequence[LiveEvent]]) -> int:
        """Post what is `due` to each device of `users` that is connected."""
        if not users:
            return 0
        now = self._clock.now()
        try:
            found = self._registry.lookup(users, now)
        except TidingsError:
            self._meter.count("LiveLookupFailed")
            return 0
        deliveries = [
            Delivery(user_id, connection, tuple(events))
            for user_id, connections in found.items()
            for connection in connections
            if (events := due(user_id, connection.device_id))
        ]
        if deliveries:
            self._judge(deliveries, self._sockets.post(deliveries), now)
        return len(deliveries)

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
