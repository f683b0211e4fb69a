"""`device.remove`: a device is signed out.  It gets no copies and no pushes, its socket closes, and it cannot come back
with the token that it had.

    tokens issued until now open and register no other devices   ->   the device leaves the register and the set
        ->   look up the device's sockets (strongly), end them all

A token says who somebody is, not on which device: whoever holds one may call the device as they like.  So from the
moment of the removal on, a token that is older is good only on devices that are registered then; on any other it takes
a newer token, which the issuer gives to whoever signs in anew.  `$connect` enters its socket first and meets the user's
item then, a removal writes that item first and looks for sockets then: at least one of the two sees the other.  A frame
of the device that is still on its way, be it stamped later, does not register it again, nor does another socket of that
token register a name of its own: the register takes a registration only from a token that is later than the removal.

That an older token still opens the user's other registered devices is on purpose: these must not be signed out.
"""

from __future__ import annotations

from dataclasses import dataclass

from tidings.domain.errors import Unavailable
from tidings.domain.identity import Caller
from tidings.ports.people import Registry, Sockets, Users
from tidings.services.connect import Connections
from tidings.services.devices import DeviceRegistry, DeviceState


@dataclass(frozen=True, slots=True)
class Revoked:
    """How the device stands.  `own`: it is the caller's, whose connection ends with the reply."""

    state: DeviceState
    own: bool


class Revoker:
    """Signs devices out."""

    def __init__(
        self,
        users: Users,
        registry: Registry,
        sockets: Sockets,
        devices: DeviceRegistry,
        connections: Connections,
    ) -> None:
        self._users = users
        self._registry = registry
        self._sockets = sockets
        self._devices = devices
        self._connections = connections

    def revoke(self, caller: Caller, device_id: str | None) -> Revoked:
        """Sign one of the caller's devices out, by default their own; one that is not there is fine.

        A registration that is later than this request stands, and nothing closes then.  Raises `Unavailable`: some
        socket may still be open, and the request is to be sent again.
        """
        self._users.revoke(caller.user_id, caller.stamp)
        state = self._devices.remove(caller, device_id)
        if state.registered:
            return Revoked(state, own=False)
        own = state.device_id == caller.identity.device_id
        mine = caller.connection.connection_id
        opened = self._registry.opened(caller.user_id, state.device_id)
        others = [each for each in opened if each.connection_id != mine]
        if not all(self._sockets.close(others)):
            raise Unavailable("The device was removed, but its connection could not be ended. Send this again.")
        for connection in others:
            self._connections.gone(caller.user_id, connection, caller.stamp)
        return Revoked(state, own)

    def hang_up(self, caller: Caller, reply: str) -> None:
        """End the caller's own connection with its last reply."""
        self._sockets.farewell(caller.connection, reply)
        self._connections.gone(caller.user_id, caller.connection, caller.stamp)
