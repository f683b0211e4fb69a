"""The device registry: which devices get copies and pushes.

Two stores hold a device: the user's set of device ids (`Users`, read on every send) and its push endpoint (`Devices`,
a register by position).  Registering enters the set first, removing leaves it last: a crash in between leaves a
device that gets copies it does not need, never one that misses them.  The client's resend puts it right.  And whoever
has changed the register looks after the set once more, for the other request may have done so in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from tidings.domain.errors import InvalidRequest, TooMany
from tidings.domain.identity import Caller
from tidings.domain.position import stamped
from tidings.ports.devices import Device, Devices, Push
from tidings.ports.people import Users

PushState = Literal["on", "off", "unavailable"]
_ROUNDS: Final = 4
"""Each round that is not the last one meets another request for the same device."""


@dataclass(frozen=True, slots=True)
class DeviceState:
    """How a device stands after a request.  `push`: on, off (no token given), unavailable (not set up here)."""

    device_id: str
    registered: bool
    push: PushState


class DeviceRegistry:
    """Registers and removes devices; `cap` is how many a user may have."""

    def __init__(self, users: Users, devices: Devices, push: Push, cap: int) -> None:
        self._users = users
        self._devices = devices
        self._push = push
        self._cap = cap

    def register(self, caller: Caller, platform: str | None, token: str | None) -> DeviceState:
        """Register the caller's own device; again with another token when the platform gave it a new one.

        Raises `TooMany`, `TokenExpired` for a new device of whoever has been signed out, and `InvalidRequest` for a
        token that its platform refuses or a platform without a token.
        """
        if (platform is None) != (token is None):
            raise InvalidRequest("`platform` and `push_token` come together, or neither.")
        user_id, device_id = caller.user_id, caller.identity.device_id
        if not self._users.add_device(user_id, device_id, self._cap, caller.identity.issued_at):
            raise TooMany(f"A user may register {self._cap} devices. Remove one of them first.")
        standing = self._devices.get(user_id, device_id)
        try:
            endpoint = self._endpoint(caller, platform, token, standing)
        except InvalidRequest:
            self._agree(user_id, device_id, there=standing is not None)  # Nobody is to find it half registered.
            raise
        if endpoint is not None and (standing is None or standing.endpoint != endpoint):
            self._take(endpoint, _owner(user_id, device_id))
        device = Device(device_id, platform or "", endpoint, _position(caller), caller.identity.issued_at)
        if not self._devices.put(user_id, device):
            return self._later_one(caller, device_id, superseded=endpoint)
        self._agree(user_id, device_id, there=True)
        if standing is not None and standing.endpoint not in (None, endpoint):
            self._push.drop(standing.endpoint, _owner(user_id, device_id))
        return DeviceState(device_id, True, _state(token, endpoint))

    def remove(self, caller: Caller, device_id: str | None) -> DeviceState:
        """Forget a device of the caller's, by default their own; one that is not there is fine."""
        user_id, name = caller.user_id, device_id or caller.identity.device_id
        standing = self._devices.get(user_id, name)
        removed = self._devices.remove(user_id, name, _position(caller))
        if not removed and self._devices.get(user_id, name) is not None:
            return self._later_one(caller, name, superseded=None)
        if standing is not None and standing.endpoint is not None:
            self._push.drop(standing.endpoint, _owner(user_id, name))
        self._agree(user_id, name, there=False)
        return DeviceState(name, False, "off")

    def _endpoint(self, caller: Caller, platform: str | None, token: str | None, standing: Device | None) -> str | None:
        if platform is None or token is None:
            return None
        old = standing.endpoint if standing is not None and standing.platform == platform else None
        owner = _owner(caller.user_id, caller.identity.device_id)
        return self._push.endpoint(platform, token, owner, old, self._release)

    def _take(self, endpoint: str, owner: str) -> None:
        """Note whose the endpoint is now.  SNS names the endpoint of a token always alike, so one that was deleted and
        made anew may still stand in somebody else's device: that phone is released like any other."""
        former = self._devices.owner(endpoint)
        if former not in (None, owner):
            self._release(former, endpoint)
        if former != owner:
            self._devices.own(endpoint, owner)

    def _release(self, owner: str, endpoint: str) -> None:
        """The phone behind `endpoint` belongs to somebody else from now on."""
        user_id, _, device_id = owner.partition("#")
        if user_id and device_id:
            self._devices.forget_endpoint(user_id, device_id, endpoint)

    def _later_one(self, caller: Caller, device_id: str, superseded: str | None) -> DeviceState:
        """A later request for the device has won: answer what it left, and leave no endpoint without a device."""
        standing = self._devices.get(caller.user_id, device_id)
        endpoint = standing.endpoint if standing is not None else None
        self._agree(caller.user_id, device_id, there=standing is not None)
        if superseded not in (None, endpoint):
            self._push.drop(superseded, _owner(caller.user_id, device_id))
        return DeviceState(device_id, standing is not None, "off" if endpoint is None else "on")

    def _agree(self, user_id: str, device_id: str, *, there: bool) -> None:
        """Bring the set into line with the register, where the device is `there`, or was a moment ago."""
        for _ in range(_ROUNDS):
            if there:
                self._users.add_device(user_id, device_id, self._cap)
            else:
                self._users.drop_device(user_id, device_id)
            stands = self._devices.get(user_id, device_id) is not None
            if stands == there:
                return
            there = stands


def _owner(user_id: str, device_id: str) -> str:
    """Neither part holds a `#`."""
    return f"{user_id}#{device_id}"


def _position(caller: Caller) -> str:
    return str(stamped(caller.stamp, caller.user_id, caller.identity.device_id, caller.frame_id, caller.index))


def _state(token: str | None, endpoint: str | None) -> PushState:
    if endpoint is not None:
        return "on"
    return "off" if token is None else "unavailable"
