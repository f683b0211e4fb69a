"""Frames about the connection itself: whoami and the device registry."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tidings.protocol.frames import Frame, Reply, Request
from tidings.protocol.patterns import DEVICE_ID


class WhoamiRequest(Request):
    """Who the connection proved to be."""

    action: Literal["whoami"] = "whoami"


class DeviceRegisterRequest(Request):
    """Register the connection's own device, with or without a push token."""

    action: Literal["device.register"] = "device.register"
    platform: Literal["fcm", "apns"] | None = None
    push_token: Annotated[str, Field(min_length=1, max_length=4_096)] | None = None


class DeviceRemoveRequest(Request):
    """Sign one of the user's devices out (by default the connection's own): no pushes, no copies, its socket closes,
    and the token it had is good for it no more."""

    action: Literal["device.remove"] = "device.remove"
    device_id: Annotated[str, Field(min_length=1, max_length=64, pattern=DEVICE_ID)] | None = None


class DeviceListRequest(Request):
    """The caller's devices: those that are registered, and those that are connected."""

    action: Literal["device.list"] = "device.list"


class WhoamiReply(Reply):
    """`expires_at` is the token's expiry, epoch seconds; `at` the server's clock, epoch ms."""

    type: Literal["whoami"] = "whoami"
    user_id: str
    device_id: str
    connection_id: str
    name: str | None = None
    expires_at: int
    at: int


class DeviceReply(Reply):
    """The device as it stands.  `push`: on, off (no token given) or unavailable (not set up on the server)."""

    type: Literal["device"] = "device"
    device_id: str
    registered: bool
    push: Literal["on", "off", "unavailable"]


class DeviceView(Frame):
    """A device; `registered_at` (epoch ms) is there once it has registered, `connected_at` while it has a live socket;
    `own` is true on the asking one."""

    device_id: str
    platform: Literal["fcm", "apns"] | None = None
    push: bool
    registered_at: int | None = None
    connected_at: int | None = None
    own: bool = False


class DevicesReply(Reply):
    """The devices, in order of their ids."""

    type: Literal["devices"] = "devices"
    devices: list[DeviceView]
