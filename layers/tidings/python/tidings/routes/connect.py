"""The connection on the wire: `$connect`, `$disconnect`, `whoami` and the devices."""

from __future__ import annotations

from dataclasses import asdict

from tidings.domain.identity import Caller
from tidings.ports.world import Clock
from tidings.protocol.connection import (
    DeviceListRequest,
    DeviceRegisterRequest,
    DeviceRemoveRequest,
    DeviceReply,
    DevicesReply,
    DeviceView,
    WhoamiReply,
    WhoamiRequest,
)
from tidings.router import Farewell, Router
from tidings.services.connect import Connections
from tidings.services.device_list import DeviceList
from tidings.services.devices import DeviceRegistry, DeviceState
from tidings.services.revoke import Revoker


def register(
    router: Router,
    connections: Connections,
    devices: DeviceRegistry,
    revoker: Revoker,
    listing: DeviceList,
    clock: Clock,
) -> None:
    """Enter the routes of the connect function."""

    def whoami(caller: Caller, request: WhoamiRequest) -> WhoamiReply:
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

    def enter(caller: Caller, request: DeviceRegisterRequest) -> DeviceReply:
        return _device(request.id, devices.register(caller, request.platform, request.push_token))

    def forget(caller: Caller, request: DeviceRemoveRequest) -> DeviceReply | Farewell:
        revoked = revoker.revoke(caller, request.device_id)
        reply = _device(request.id, revoked.state)
        return Farewell(reply, lambda text: revoker.hang_up(caller, text)) if revoked.own else reply

    def show(caller: Caller, request: DeviceListRequest) -> DevicesReply:
        return DevicesReply(id=request.id, devices=[DeviceView(**asdict(line)) for line in listing.of(caller)])

    router.on_connect(connections.open)
    router.on_disconnect(connections.close)
    router.route(WhoamiRequest, whoami)
    router.route(DeviceRegisterRequest, enter)
    router.route(DeviceRemoveRequest, forget)
    router.route(DeviceListRequest, show)


def _device(request_id: str, state: DeviceState) -> DeviceReply:
    return DeviceReply(id=request_id, device_id=state.device_id, registered=state.registered, push=state.push)
