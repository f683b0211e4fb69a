"""What the gateway says of connections: the truth behind the registry.

A lost `$disconnect` leaves an entry in the registry whose connection is gone.  Whoever asks finds out and removes it,
unless it is so young that its handshake may not have ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from tidings.domain.identity import Connection
from tidings.domain.presence import ONLINE_MS
from tidings.ports.people import Registry, Sockets
from tidings.services.live import YOUNG_MS


class Activities:
    """Asks the gateway, and removes what it does not know any more."""

    def __init__(self, registry: Registry, sockets: Sockets, young_ms: int = YOUNG_MS) -> None:
        self._registry = registry
        self._sockets = sockets
        self._young = young_ms

    def of(self, users: Iterable[str], now: int) -> dict[str, list[int]]:
        """When the connections of each were last active (epoch ms), strongly looked up; none: nobody is there."""
        return self.judge(self._registry.lookup(users, now), now)

    def judge(self, entries: Mapping[str, Sequence[Connection]], now: int) -> dict[str, list[int]]:
        """The same for entries that were just read.

        The newest connection of each user is asked about first, and the others only where that one tells nothing.
        """
        ordered = {
            user: sorted((each for each in found if each.live(now)), key=lambda each: -each.connected_at)
            for user, found in entries.items()
        }
        active = self._ask([(user, found[0]) for user, found in ordered.items() if found], now)
        quiet = [user for user in ordered if max(active.get(user, ()), default=0) + ONLINE_MS <= now]
        others = self._ask([(user, each) for user in quiet for each in ordered[user][1:]], now)
        return {user: [*chain(active.get(user, ()), others.get(user, ()))] for user in ordered}

    def _ask(self, wanted: Sequence[tuple[str, Connection]], now: int) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        answers = self._sockets.active([connection for _, connection in wanted])
        for (user, connection), answer in zip(wanted, answers, strict=True):
            if answer == "gone":
                self._forget(user, connection, now)
            else:
                # The gateway did not say: the registry's word stands.
                found.setdefault(user, []).append(now if answer == "unknown" else answer)
        return found

    def _forget(self, user: str, connection: Connection, now: int) -> None:
        if now - connection.connected_at >= self._young:
            self._registry.remove(user, connection.device_id, connection.connection_id)
