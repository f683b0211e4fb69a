"""Wires the connect function."""

from __future__ import annotations

from functools import cache

from tidings.bootstrap import clients
from tidings.bootstrap.telemetry import EmbeddedMeter, logger
from tidings.bootstrap.world import SystemClock, settings
from tidings.gateway.push import SnsPush
from tidings.gateway.sockets import ManagedSockets
from tidings.router import Router
from tidings.routes import presence, privacy
from tidings.routes.connect import register
from tidings.services.activity import Activities
from tidings.services.blocks import Blocks
from tidings.services.connect import Connections
from tidings.services.device_list import DeviceList
from tidings.services.devices import DeviceRegistry
from tidings.services.live import Live
from tidings.services.presence import Presences
from tidings.services.privacy import PrivacySettings
from tidings.services.revoke import Revoker
from tidings.services.sight import Sight
from tidings.storage import keys
from tidings.storage.connections import ConnectionStore
from tidings.storage.devices import DeviceStore
from tidings.storage.graph import GraphStore
from tidings.storage.memberships import MembershipStore
from tidings.storage.users import UserStore
from tidings.storage.watchers import WatcherStore


@cache
def build() -> Router:
    """The router of the connect function; once for the life of the process."""
    given, clock, client, meter = settings(), SystemClock(), clients.dynamodb(), EmbeddedMeter()

    def table(which: keys.Table) -> str:
        return given.table(which.variable)

    users = UserStore(client, table(keys.USERS), clock)
    registry = ConnectionStore(client, table(keys.CONNECTIONS), clock)
    devices = DeviceStore(client, table(keys.DEVICES))
    watchers = WatcherStore(client, table(keys.WATCHERS), clock)
    graph = GraphStore(client, table(keys.GRAPH), clock, given.retention_ms)
    blocks = Blocks(MembershipStore(client, table(keys.MEMBERSHIPS), clock))
    push = SnsPush(clients.sns, {"fcm": given.platform_fcm, "apns": given.platform_apns})
    sockets = ManagedSockets(clients.management())

    presences = Presences(
        users,
        watchers,
        Activities(registry, sockets),
        Sight(graph, blocks.either),
        Live(registry, sockets, clock, meter),
        clock,
        meter,
        given.times,
        keys.watched_presence,
    )
    connections = Connections(users, registry, sockets, presences, clock, given.max_devices)
    registered = DeviceRegistry(users, devices, push, given.max_devices)
    revoker = Revoker(users, registry, sockets, registered, connections)

    router = Router(clock, logger())
    register(router, connections, registered, revoker, DeviceList(devices, registry, clock), clock)
    privacy.register(router, PrivacySettings(users))
    presence.register(router, presences)
    return router
