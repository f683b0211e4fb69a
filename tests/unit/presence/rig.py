"""Presence on fakes: people with devices, and what their sockets were told."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes import watched
from tests.fakes.watch import Hook
from tests.unit.connect.rig import CAP
from tests.unit.connect.rig import Rig as ConnectRig
from tidings.domain.events import Presence
from tidings.domain.identity import Caller
from tidings.domain.privacy import Audience, PrivacyChange
from tidings.services.activity import Activities
from tidings.services.connect import Connections
from tidings.services.presence import Seen

HOUR = 3_600_000


class Rig(ConnectRig):
    """Devices connect with the connection id `<user>-<device>`, or `<user>-<device>-<number>` when they come back."""

    def device(self, user_id: str, device_id: str = "phone", number: int = 0) -> Caller:
        """A frame of a device whose connection began an hour ago, if it is entered at all."""
        name = f"{user_id}-{device_id}" + (f"-{number}" if number else "")
        caller = self.caller(user_id, device_id, connection=name)
        return replace(caller, connection=replace(caller.connection, connected_at=caller.stamp - HOUR))

    def connect(self, user_id: str, device_id: str = "phone", number: int = 0) -> Caller:
        """`$connect` of a device, now; it is active at the moment."""
        name = f"{user_id}-{device_id}" + (f"-{number}" if number else "")
        caller = self.caller(user_id, device_id, connection=name)
        self.active(caller)
        self.connections.open(caller)
        return caller

    def active(self, caller: Caller) -> None:
        """The gateway hears of a connection."""
        self.world.sockets.activity[caller.connection.connection_id] = self.clock.now()

    def disconnect(self, caller: Caller) -> None:
        """`$disconnect` of a connection."""
        self.cut(caller)
        self.connections.close(replace(caller, stamp=self.clock.advance(1)))

    def cut(self, caller: Caller) -> None:
        """The connection is gone, and nobody tells."""
        self.world.sockets.activity[caller.connection.connection_id] = "gone"

    def watch(self, watcher: Caller, *users: str) -> Seen:
        """`presence.watch` of a device."""
        return self.presences.watch(replace(watcher, stamp=self.clock.advance(1)), users)

    def told(self, watcher: Caller) -> list[tuple[str, bool]]:
        """What a device was told: who, and whether online."""
        seen = self.world.sockets.seen(watcher.connection.connection_id)
        return [(each.user, each.online) for each in seen if isinstance(each, Presence)]

    def shows(self, user_id: str, last_seen: Audience) -> None:
        """A user's privacy setting."""
        self.world.users.set_privacy(user_id, PrivacyChange(last_seen=last_seen), self.position(user_id))

    def block(self, who: str, whom: str) -> None:
        """What a block leaves on the row of the 1:1 conversation."""
        self.set(who, "#".join(["dm", *sorted((who, whom))]), blocked=True)

    def unblock(self, who: str, whom: str) -> None:
        """And an unblock."""
        self.set(who, "#".join(["dm", *sorted((who, whom))]), blocked=False)

    def follow(self, who: str, whom: str) -> None:
        """`who` follows `whom`."""
        self.world.graph.follow(who, whom, self.position(who), self.world.fence())

    def hooked(self, before: Hook) -> tuple[Connections, Rig]:
        """The same services with a hook before each call to a store: connections, and a rig that watches so."""
        world = self.world
        users, watchers = watched(world.users, before=before), watched(world.watchers, before=before)
        registry = watched(world.registry, before=before)
        other = object.__new__(Rig)
        other.__dict__ |= self.__dict__
        other.activities = Activities(registry, world.sockets)
        other.presences = other.attendance(users, watchers)
        return Connections(users, registry, world.sockets, other.presences, self.clock, CAP), other
