"""Our devices.  `client.devices` of a client."""

from __future__ import annotations

from client.core import Ask
from client.frames import Reply
from client.replies import Device, device_of


class Devices:
    """A registered device gets copies of what our others send, and pushes if it has a push token."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def list(self) -> list[Device]:
        """Those that are registered, and those that are connected."""
        return [device_of(each) for each in (await self._ask("device.list"))["devices"]]

    async def register(self, platform: str | None = None, push_token: str | None = None) -> Reply:
        """Register this device, with the push token of its platform (`fcm` or `apns`) if it is a phone."""
        return await self._ask("device.register", platform=platform, push_token=push_token)

    async def revoke(self, device_id: str | None = None) -> Reply:
        """Sign a device out (this one by default): no pushes and no copies, its socket closes, its token ends."""
        return await self._ask("device.remove", device_id=device_id)
