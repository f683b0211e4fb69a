"""Wires the connect function."""

from __future__ import annotations

from functools import cache

from tidings.bootstrap import clients
from tidings.bootstrap.telemetry import logger
from tidings.bootstrap.world import SystemClock, settings
from tidings.gateway.push import SnsPush
from tidings.gateway.sockets import ManagedSockets
from tidings.router import Router
from tidings.routes import privacy
from tidings.routes.connect import register
from tidings.services.connect import Connections
from tidings.services.device_list import DeviceList
from tidings.services.devices import DeviceRegistry
from tidings.services.privacy import PrivacySettings
from tidings.services.revoke import Revoker
from tidings.storage import keys
from tidings.storage.connections import ConnectionStore
from tidings.storage.devices import DeviceStore
from tidings.storage.users import UserStore


@cache
def build() -> Router:
    """The router of the connect function; once for the life of the process."""
    given, clock, client = settings(), SystemClock(), clients.dynamodb()
    users = UserStore(client, given.table(keys.USERS.variable), clock)
    registry = ConnectionStore(client, given.table(keys.CONNECTIONS.variable), clock)
    devices = DeviceStore(client, given.table(keys.DEVICES.variable))
    push = SnsPush(clients.sns, {"fcm": given.platform_fcm, "apns": given.platform_apns})

    sockets = ManagedSockets(clients.management())

    connections = Connections(users, registry, clock, given.max_devices)
    registered = DeviceRegistry(users, devices, push, given.max_devices)
    revoker = Revoker(users, registry, sockets, registered, connections, clock)

    router = Router(clock, logger())
    register(router, connections, registered, revoker, DeviceList(devices, registry, clock), clock)
    privacy.register(router, PrivacySettings(users))
    return router
