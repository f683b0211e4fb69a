"""Users, the connection registry and the sockets in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace

from tidings.domain.errors import TokenExpired, Unavailable
from tidings.domain.events import Event
from tidings.domain.identity import SIGNED_OUT, Connection, Identity, Opened, device_digest, signed_out
from tidings.domain.privacy import Privacy, PrivacyChange
from tidings.ports import Activity, Delivery, Entered, PostResult, User


class FakeUsers:
    """Users by id."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self._set_at: dict[tuple[str, str], str] = {}

    def ensure(self, identity: Identity, now: int) -> User:
        user = self.users.setdefault(identity.user_id, User(identity.user_id))
        if now > user.last_seen:
            name = user.profile.name or identity.name or user.name
            user = replace(user, name=name, last_seen=now)
            self.users[identity.user_id] = user
        return user

    def revoke(self, user_id: str, at: int) -> None:
        user = self.users.get(user_id, User(user_id))
        self.users[user_id] = replace(user, revoked_at=max(at, user.revoked_at))

    def seen(self, user_id: str, at: int) -> User:
        user = self.users.get(user_id, User(user_id))
        self.users[user_id] = replace(user, last_seen=max(at, user.last_seen))
        return self.users[user_id]

    def get(self, user_ids: Iterable[str]) -> Mapping[str, User]:
        return {user_id: self.users[user_id] for user_id in user_ids if user_id in self.users}

    def add_device(self, user_id: str, device_id: str, cap: int, issued_at: int | None = None) -> bool:
        user = self.users.get(user_id, User(user_id))
        if issued_at is not None and signed_out(user.revoked_at, issued_at, device_id, user.devices):
            raise TokenExpired(SIGNED_OUT)
        if device_id not in user.devices and len(user.devices) >= cap:
            return False
        self.users[user_id] = replace(user, devices=user.devices | {device_id})
        return True

    def drop_device(self, user_id: str, device_id: str) -> None:
        user = self.users.get(user_id, User(user_id))
        self.users[user_id] = replace(user, devices=user.devices - {device_id})

    def privacy(self, user_id: str) -> Privacy:
        return self.users.get(user_id, User(user_id)).privacy

    def set_privacy(self, user_id: str, change: PrivacyChange, position: str) -> Privacy:
        user = self.users.get(user_id, User(user_id))
        values = {name: value for name, value in asdict(change).items() if value is not None}
        fresh = {name: value for name, value in values.items() if self._set_at.get((user_id, name), "") < position}
        self._set_at.update(dict.fromkeys(((user_id, name) for name in fresh), position))
        self.users[user_id] = replace(user, privacy=replace(user.privacy, **fresh))
        return self.users[user_id].privacy


class FakeRegistry:
    """Connections by user id and device id; and sockets, device and connection id, that have not ended."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Connection]] = {}
        self.open: dict[str, set[tuple[str, str]]] = {}

    def register(self, user_id: str, connection: Connection, now: int, cap: int) -> Entered:
        mine, sockets = self.entries.setdefault(user_id, {}), self.open.setdefault(user_id, set())
        sockets.add((connection.device_id, connection.connection_id))
        standing = mine.get(connection.device_id)
        if standing is None or _order(standing) <= _order(connection):
            mine[connection.device_id] = connection
        for oldest in sorted(mine.values(), key=_order)[:-cap]:
            del mine[oldest.device_id]
        idle = sockets - {(each.device_id, each.connection_id) for each in mine.values()}
        surplus = [Opened(device_digest(device), name) for device, name in idle] if len(sockets) > 2 * cap else []
        return Entered(list(mine.values()), tuple(surplus))

    def opened(self, user_id: str, device_id: str) -> list[Connection]:
        standing = [each for each in self.entries.get(user_id, {}).values() if each.device_id == device_id]
        known = {each.connection_id for each in standing}
        others = {name for device, name in self.open.get(user_id, ()) if device == device_id} - known
        return [*standing, *(Connection(device_id, each, 0) for each in sorted(others))]

    def forget(self, user_id: str, ended: Sequence[Opened]) -> None:
        self.open[user_id] = {
            (device, name) for device, name in self.open[user_id] if Opened(device_digest(device), name) not in ended
        }

    def remove(self, user_id: str, device_id: str, connection_id: str) -> list[Connection] | None:
        self.open.get(user_id, set()).discard((device_id, connection_id))
        mine = self.entries.get(user_id, {})
        if device_id not in mine or mine[device_id].connection_id != connection_id:
            return None
        del mine[device_id]
        return list(mine.values())

    def lookup(self, user_ids: Iterable[str], now: int) -> Mapping[str, list[Connection]]:
        return {
            user_id: [each for each in self.entries.get(user_id, {}).values() if each.live(now)] for user_id in user_ids
        }


def _order(connection: Connection) -> tuple[int, str]:
    return connection.connected_at, connection.connection_id


class FakeSockets:
    """What was posted, and what was ended.

    `results` scripts answers by connection id; a list is used up, its last element stays.
    Deliveries that are not answered `sent` are in `refused`, not in `posted`.  `on_post` is called before each.
    `activity` is what the gateway says of a connection, by its id (else that it was active when it connected, or is
    gone when it was ended); ids in `stubborn` cannot be ended.  `last` has the last words, by connection id.
    """

    def __init__(self) -> None:
        self.posted: list[Delivery] = []
        self.refused: list[Delivery] = []
        self.results: dict[str, PostResult | list[PostResult]] = {}
        self.on_post: Callable[[Delivery], None] | None = None
        self.activity: dict[str, Activity] = {}
        self.asked: list[str] = []
        self.ended: list[str] = []
        self.stubborn: set[str] = set()
        self.last: dict[str, str] = {}

    def active(self, connections: Sequence[Connection]) -> list[Activity]:
        self.asked += [each.connection_id for each in connections]
        return [self._activity(each) for each in connections]

    def _activity(self, connection: Connection) -> Activity:
        name = connection.connection_id
        return self.activity.get(name, "gone" if name in self.ended else connection.connected_at)

    def close(self, connections: Sequence[Connection]) -> list[bool]:
        self.ended += [each.connection_id for each in connections if each.connection_id not in self.stubborn]
        return [each.connection_id not in self.stubborn for each in connections]

    def farewell(self, connection: Connection, frame: str) -> None:
        self.last[connection.connection_id] = frame
        if not all(self.close([connection])):
            raise Unavailable("The connection could not be ended.")

    def post(self, deliveries: Sequence[Delivery]) -> list[PostResult]:
        return [self._one(delivery) for delivery in deliveries]

    def _one(self, delivery: Delivery) -> PostResult:
        if self.on_post is not None:
            self.on_post(delivery)
        scripted = self.results.get(delivery.connection.connection_id, "sent")
        if isinstance(scripted, list):
            result = scripted.pop(0) if len(scripted) > 1 else scripted[0]
        else:
            result = scripted
        (self.posted if result == "sent" else self.refused).append(delivery)
        return result

    def seen(self, connection_id: str) -> list[Event]:
        """The events that reached a connection, in order."""
        mine = (delivery for delivery in self.posted if delivery.connection.connection_id == connection_id)
        return [event for delivery in mine for event in delivery.events]
