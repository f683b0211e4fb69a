"""Registered devices and mobile push in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from tidings.domain.errors import InvalidRequest, Unavailable
from tidings.domain.position import floor, ms_of
from tidings.ports import Device, Notification


class FakeDevices:
    """Devices and tombstones by (user id, device id)."""

    def __init__(self) -> None:
        self.devices: dict[tuple[str, str], Device] = {}
        self.removed: dict[tuple[str, str], str] = {}
        self.owners: dict[str, str] = {}

    def _position(self, key: tuple[str, str]) -> str:
        return self.devices[key].position if key in self.devices else self.removed.get(key, "")

    def put(self, user_id: str, device: Device) -> bool:
        key = (user_id, device.device_id)
        if self._position(key) > device.position or self.removed.get(key, "") >= floor(device.issued_at):
            return False
        self.devices[key] = device
        self.removed.pop(key, None)
        return True

    def get(self, user_id: str, device_id: str) -> Device | None:
        return self.devices.get((user_id, device_id))

    def remove(self, user_id: str, device_id: str, position: str) -> bool:
        key = (user_id, device_id)
        older = key in self.devices and self.devices[key].issued_at <= ms_of(position)
        if self._position(key) > position and not older:
            return False
        there = key in self.devices or self.removed.get(key) == position
        self.devices.pop(key, None)
        self.removed[key] = position
        return there

    def of(self, user_id: str) -> list[Device]:
        return [device for (owner, _), device in sorted(self.devices.items()) if owner == user_id]

    def forget_endpoint(self, user_id: str, device_id: str, endpoint: str, position: str | None = None) -> None:
        device = self.devices.get((user_id, device_id))
        if device is not None and device.endpoint == endpoint and position in (None, device.position):
            self.devices[user_id, device_id] = replace(device, endpoint=None)

    def own(self, endpoint: str, owner: str) -> None:
        self.owners[endpoint] = owner

    def owner(self, endpoint: str) -> str | None:
        return self.owners.get(endpoint)

    def disown(self, endpoint: str) -> None:
        self.owners.pop(endpoint, None)


class FakePush:
    """Phones by endpoint.  `platforms` are configured; `dead` endpoints and `bad` tokens are refused; `failing`
    endpoints do not answer.  `endpoints` has the owner of each, `phones` what each showed."""

    def __init__(self, platforms: frozenset[str] = frozenset({"fcm", "apns"})) -> None:
        self.platforms = platforms
        self.endpoints: dict[str, str] = {}
        self.phones: dict[str, list[Notification]] = {}
        self.dead: set[str] = set()
        self.bad: set[str] = set()
        self.failing: set[str] = set()

    def endpoint(
        self, platform: str, token: str, owner: str, old: str | None, release: Callable[[str, str], None]
    ) -> str | None:
        if platform not in self.platforms:
            return None
        if token in self.bad:
            raise InvalidRequest("The platform does not accept this push token.")
        arn = f"arn:aws:sns:endpoint/{platform}/{token}"
        former = self.endpoints.get(arn, owner)
        if former != owner:
            release(former, arn)
        self.endpoints[arn] = owner
        self.dead.discard(arn)
        return arn

    def drop(self, endpoint: str, owner: str) -> None:
        if self.endpoints.get(endpoint) == owner:
            del self.endpoints[endpoint]

    def alive(self, endpoint: str) -> bool | None:
        return None if endpoint not in self.endpoints else endpoint not in self.dead

    def send(self, device: Device, notification: Notification) -> Literal["sent", "dead"]:
        if device.endpoint in self.failing:
            raise Unavailable("The push service did not answer.")
        if device.endpoint is None or device.endpoint in self.dead or device.endpoint not in self.endpoints:
            return "dead"
        self.phones.setdefault(device.endpoint, []).append(notification)
        return "sent"
