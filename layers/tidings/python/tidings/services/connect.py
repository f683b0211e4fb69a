"""Connections: who is there, and on which socket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tidings.domain.errors import TokenExpired
from tidings.domain.identity import SIGNED_OUT, Caller, Connection, Opened, signed_out
from tidings.ports.people import Registry, Sockets, User, Users
from tidings.ports.world import Clock


class Attendance(Protocol):
    """Who wants to know of devices that come and go (`tidings.services.presence`)."""

    def came(self, user: User, connection: Connection, entries: Sequence[Connection]) -> None:
        """A device has connected; `entries` is what the registry holds now."""

    def left(self, user_id: str, connection: Connection, left_at: int, entries: Sequence[Connection]) -> None:
        """A device has gone; `entries` is what the registry still holds."""


class Connections:
    """Opens and closes connections.  `cap` is how many devices of a user may be connected."""

    def __init__(
        self, users: Users, registry: Registry, sockets: Sockets, attendance: Attendance, clock: Clock, cap: int
    ) -> None:
        self._users = users
        self._attendance = attendance
        self._registry = registry
        self._sockets = sockets
        self._clock = clock
        self._cap = cap

    def open(self, caller: Caller) -> None:
        """Enter the socket, then make the user if this is their first time, or look whether the token is still good.

        In this order: whoever signs the device out writes the user first and looks for sockets then, so either they
        find this one, or it finds the removal.  The client syncs after the handshake, that is after this: whoever
        writes to the user either finds the socket or is found by the sync.  Where far more sockets are open than
        devices may be connected, those are ended that hear nothing any more, as later ones of their device do.

        Raises `TokenExpired`; then nothing is entered.
        """
        now = self._clock.now()
        entered = self._registry.register(caller.user_id, caller.connection, now, self._cap)
        if entered.surplus:
            self._end(caller.user_id, entered.surplus)
        user = self._users.ensure(caller.identity, now)
        mine = caller.identity
        if signed_out(user.revoked_at, mine.issued_at, mine.device_id, user.devices):
            self._registry.remove(caller.user_id, caller.connection.device_id, caller.connection.connection_id)
            raise TokenExpired(SIGNED_OUT)
        self._attendance.came(user, caller.connection, entered.entries)

    def _end(self, user_id: str, surplus: Sequence[Opened]) -> None:
        """What cannot be ended now is met again by the next one who connects."""
        ended = self._sockets.close([Connection("", each.connection_id, 0) for each in surplus])
        self._registry.forget(user_id, [each for each, done in zip(surplus, ended, strict=True) if done])

    def close(self, caller: Caller) -> None:
        """Remove the socket, unless the device is connected on another one by now."""
        self.gone(caller.user_id, caller.connection, caller.stamp)

    def gone(self, user_id: str, connection: Connection, at: int) -> None:
        """A connection that ended at `at` (epoch ms)."""
        left = self._registry.remove(user_id, connection.device_id, connection.connection_id)
        if left is not None:
            self._attendance.left(user_id, connection, at, left)
