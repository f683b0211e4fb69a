"""Connections: who is there, and on which socket."""

from __future__ import annotations

from tidings.domain.identity import Caller
from tidings.ports.people import Registry, Users
from tidings.ports.world import Clock


class Connections:
    """Opens and closes connections.  `cap` is how many devices of a user may be connected."""

    def __init__(self, users: Users, registry: Registry, clock: Clock, cap: int) -> None:
        self._users = users
        self._registry = registry
        self._clock = clock
        self._cap = cap

    def open(self, caller: Caller) -> None:
        """Make the user if this is their first time, then enter the socket.

        In this order: who can be found can be written to.  The client syncs after the handshake, that is after this:
        whoever writes to the user either finds the socket or is found by the sync.
        """
        now = self._clock.now()
        self._users.ensure(caller.identity, now)
        self._registry.register(caller.user_id, caller.connection, now, self._cap)

    def close(self, caller: Caller) -> None:
        """Remove the socket, unless the device is connected on another one by now."""
        self._registry.remove(caller.user_id, caller.connection.device_id, caller.connection.connection_id)
