"""`device.list`: where a user is signed in."""

from __future__ import annotations

from dataclasses import dataclass

from tidings.domain.identity import Caller
from tidings.domain.position import ms_of
from tidings.ports.devices import Devices
from tidings.ports.people import Registry
from tidings.ports.world import Clock


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One device.  `registered_at` (epoch ms, of the last registration) is None for one that only is connected, and
    `connected_at` for one that is not."""

    device_id: str
    platform: str | None
    push: bool
    registered_at: int | None
    connected_at: int | None
    own: bool


class DeviceList:
    """Reads the register and the live connections."""

    def __init__(self, devices: Devices, registry: Registry, clock: Clock) -> None:
        self._devices = devices
        self._registry = registry
        self._clock = clock

    def of(self, caller: Caller) -> list[DeviceLine]:
        """The caller's devices in order of their ids: those that are registered, and those that are connected."""
        registered = {each.device_id: each for each in self._devices.of(caller.user_id)}
        live = self._registry.lookup([caller.user_id], self._clock.now())[caller.user_id]
        connected = {each.device_id: each.connected_at for each in live}
        lines = []
        for device_id in sorted(registered.keys() | connected.keys()):
            device = registered.get(device_id)
            lines.append(
                DeviceLine(
                    device_id,
                    (device.platform or None) if device else None,
                    device is not None and device.endpoint is not None,
                    ms_of(device.position) if device else None,
                    connected.get(device_id),
                    device_id == caller.identity.device_id,
                )
            )
        return lines
