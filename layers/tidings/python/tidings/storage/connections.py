"""`Connections`: one item a user, one attribute a device, so that 100 users' sockets are one BatchGetItem.

Each attribute is a register by (connected_at, connection id): a `$connect` that runs late never hides the socket
that replaced it, and a `$disconnect` or a 410 removes exactly the connection that it names.  Beside them stands a set
of all sockets that were opened and have not ended, so that whoever signs a device out finds those, too, that a later
one replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from tidings.domain.identity import CONNECTION_LIFE_MS, Connection, Opened, device_digest, opened
from tidings.ports.people import Entered
from tidings.ports.world import Clock
from tidings.storage import keys
from tidings.storage.attributes import Item, Value, expiry, int_of, names, number, string, text_of, texts_of
from tidings.storage.batches import get_all
from tidings.storage.calls import ATTEMPTS, ConditionFailed, answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_NOT_LATER: Final = "attribute_not_exists(#device) OR #device.#at < :at OR (#device.#at = :at AND #device.#id <= :id)"


class ConnectionStore:
    """The registry of live sockets in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def register(self, user_id: str, connection: Connection, now: int, cap: int) -> Entered:
        """Enter the connection unless a later one stands for the device.  Over `cap` the oldest entries go."""
        try:
            with answered():
                item: Item = self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id),
                    UpdateExpression="SET #device = :entry, #expires_at = :expiry ADD #opened :mine",
                    ConditionExpression=_NOT_LATER,
                    ExpressionAttributeNames={
                        "#device": keys.device(connection.device_id),
                        "#expires_at": keys.TTL,
                        "#opened": keys.OPENED,
                        "#at": "at",
                        "#id": "id",
                    },
                    ExpressionAttributeValues={
                        ":entry": _entry(connection),
                        ":mine": _marks([opened(connection)]),
                        ":at": number(connection.connected_at),
                        ":id": string(connection.connection_id),
                        ":expiry": expiry(now + CONNECTION_LIFE_MS),
                    },
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )["Attributes"]
        except ConditionFailed as refused:
            if opened(connection) not in _opened(refused.item):
                self._note("ADD", user_id, [opened(connection)])
            return _entered(refused.item, cap)
        for _ in range(ATTEMPTS):
            entries = sorted(_connections(item), key=lambda each: (each.connected_at, each.connection_id))
            if len(entries) <= cap:
                break
            removed, item = self._remove(user_id, entries[:-cap])
            if removed:
                break
            # Somebody else changed one of them at the same time: look again at what is left.
        return _entered(item, cap)

    def remove(self, user_id: str, device_id: str, connection_id: str) -> list[Connection] | None:
        """A socket has ended.  Remove the entry if it still names that one: the entries that are left.  None: it does
        not."""
        ended = Opened(device_digest(device_id), connection_id)
        removed, item = self._remove(user_id, [Connection(device_id, connection_id, 0)], [ended])
        if removed:
            return _connections(item)
        if ended in _opened(item):
            self._note("DELETE", user_id, [ended])
        return None

    def opened(self, user_id: str, device_id: str) -> list[Connection]:
        """All sockets of a device that may be open, strongly read; `connected_at` is 0 for those without an entry."""
        found = get_all(self._client, self._table, [_key(user_id)], self._clock, strong=True)
        item: Item = next(iter(found), {})
        standing = [each for each in _connections(item) if each.device_id == device_id]
        known, mine = {each.connection_id for each in standing}, device_digest(device_id)
        others = {each.connection_id for each in _opened(item) if each.device == mine} - known
        return [*standing, *(Connection(device_id, each, 0) for each in sorted(others))]

    def forget(self, user_id: str, ended: Sequence[Opened]) -> None:
        """Sockets without an entry have ended."""
        if ended:
            self._note("DELETE", user_id, ended)

    def _note(self, how: str, user_id: str, sockets: Sequence[Opened]) -> None:
        """`ADD` to or `DELETE` from the set of sockets that are open."""
        with answered():
            self._client.update_item(
                TableName=self._table,
                Key=_key(user_id),
                UpdateExpression=f"{how} #{keys.OPENED} :sockets",
                ExpressionAttributeNames=names(keys.OPENED),
                ExpressionAttributeValues={":sockets": _marks(sockets)},
            )

    def _remove(self, user_id: str, entries: list[Connection], ended: Sequence[Opened] = ()) -> tuple[bool, Item]:
        """Remove all of `entries` if each still names its connection, and what has `ended`, else nothing: whether, and
        what stands now."""
        attributes = {f"#d{index}": keys.device(each.device_id) for index, each in enumerate(entries)}
        condition = " AND ".join(f"#d{index}.#id = :c{index}" for index in range(len(entries)))
        values = {f":c{index}": string(each.connection_id) for index, each in enumerate(entries)}
        expression = "REMOVE " + ", ".join(attributes)
        if ended:
            attributes[f"#{keys.OPENED}"] = keys.OPENED
            values[":ended"] = _marks(ended)
            expression += f" DELETE #{keys.OPENED} :ended"
        try:
            with answered():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id),
                    UpdateExpression=expression,
                    ConditionExpression=condition,
                    ExpressionAttributeNames={**attributes, "#id": "id"},
                    ExpressionAttributeValues=values,
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as refused:
            return False, refused.item
        return True, answer["Attributes"]

    def lookup(self, user_ids: Iterable[str], now: int) -> Mapping[str, list[Connection]]:
        """Strongly read the live connections, one batch.  Users without one have an empty list."""
        found: dict[str, list[Connection]] = {user_id: [] for user_id in user_ids}
        wanted = [_key(user_id) for user_id in found]
        for item in get_all(self._client, self._table, wanted, self._clock, strong=True):
            found[text_of(item, "user_id")] = [each for each in _connections(item) if each.live(now)]
        return found


def _key(user_id: str) -> dict[str, Any]:
    return {"user_id": string(user_id)}


def _entry(connection: Connection) -> Value:
    return {
        "M": {
            "id": string(connection.connection_id),
            "at": number(connection.connected_at),
            "protocol": string(connection.protocol),
            "expires": number(connection.expires_at),
        }
    }


def _marks(sockets: Iterable[Opened]) -> Value:
    return {"SS": sorted(f"{each.device}{each.connection_id}" for each in sockets)}


def _opened(item: Item) -> set[Opened]:
    digits = len(device_digest(""))
    return {Opened(text[:digits], text[digits:]) for text in texts_of(item, keys.OPENED)}


def _entered(item: Item, cap: int) -> Entered:
    entries, sockets = _connections(item), _opened(item)
    if len(sockets) <= 2 * cap:
        return Entered(entries)
    idle = sockets - {opened(each) for each in entries}
    return Entered(entries, tuple(sorted(idle, key=lambda each: (each.device, each.connection_id))))


def _connections(item: Item) -> list[Connection]:
    found = []
    for name, value in item.items():
        if name.startswith(keys.DEVICE_PREFIX):
            entry = value["M"]
            device_id, expires_at = (
                name.removeprefix(keys.DEVICE_PREFIX),
                int_of(entry, "expires") if "expires" in entry else 0,
            )
            known = text_of(entry, "id"), int_of(entry, "at"), text_of(entry, "protocol")
            found.append(Connection(device_id, *known, expires_at))
    return found
