"""The connection on the wire: `$connect`, `$disconnect`, `whoami` and the device registry."""

from __future__ import annotations

from pydantic import BaseModel

from tidings.domain.identity import Caller
from tidings.ports.world import Clock
from tidings.protocol.connection import (
    DeviceRegisterRequest,
    DeviceRemoveRequest,
    DeviceReply,
    WhoamiReply,
    WhoamiRequest,
)
from tidings.router import Router
from tidings.services.connect import Connections
from tidings.services.devices import DeviceRegistry, DeviceState


def register(router: Router, connections: Connections, devices: DeviceRegistry, clock: Clock) -> None:
    """Enter the routes of the connect function."""

    def whoami(caller: Caller, request: WhoamiRequest) -> BaseModel:
        identity = caller.identity
        return WhoamiReply(
            id=request.id,
            user_id=identity.user_id,
            device_id=identity.device_id,
            connection_id=caller.connection.connection_id,
            name=identity.name,
            expires_at=identity.expires_at,
            at=clock.now(),
        )

    def enter(caller: Caller, request: DeviceRegisterRequest) -> BaseModel:
        return _device(request.id, devices.register(caller, request.platform, request.push_token))

    def forget(caller: Caller, request: DeviceRemoveRequest) -> BaseModel:
        return _device(request.id, devices.remove(caller, request.device_id))

    router.on_connect(connections.open)
    router.on_disconnect(connections.close)
    router.route(WhoamiRequest, whoami)
    router.route(DeviceRegisterRequest, enter)
    router.route(DeviceRemoveRequest, forget)


def _device(request_id: str, state: DeviceState) -> DeviceReply:
    return DeviceReply(id=request_id, device_id=state.device_id, registered=state.registered, push=state.push)
