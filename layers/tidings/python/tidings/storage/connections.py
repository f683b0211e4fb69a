"""`Connections`: one item a user, one attribute a device, so that 100 users' sockets are one BatchGetItem.

Each attribute is a register by (connected_at, connection id): a `$connect` that runs late never hides the socket
that replaced it, and a `$disconnect` or a 410 removes exactly the connection that it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from tidings.domain.identity import CONNECTION_LIFE_MS, Connection
from tidings.ports.world import Clock
from tidings.storage import keys
from tidings.storage.attributes import Item, Value, expiry, int_of, number, string, text_of
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

    def register(self, user_id: str, connection: Connection, now: int, cap: int) -> list[Connection]:
        """Enter the connection unless a later one stands for the device.  Over `cap` the oldest entries go.

        The entries that stand afterwards.
        """
        try:
            with answered():
                item: Item = self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id),
                    UpdateExpression="SET #device = :entry, #expires_at = :expiry",
                    ConditionExpression=_NOT_LATER,
                    ExpressionAttributeNames={
                        "#device": keys.device(connection.device_id),
                        "#expires_at": keys.TTL,
                        "#at": "at",
                        "#id": "id",
                    },
                    ExpressionAttributeValues={
                        ":entry": _entry(connection),
                        ":at": number(connection.connected_at),
                        ":id": string(connection.connection_id),
                        ":expiry": expiry(now + CONNECTION_LIFE_MS),
                    },
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )["Attributes"]
        except ConditionFailed as refused:
            return _connections(refused.item)
        for _ in range(ATTEMPTS):
            entries = sorted(_connections(item), key=lambda each: (each.connected_at, each.connection_id))
            if len(entries) <= cap:
                return entries
            removed, item = self._remove(user_id, entries[:-cap])
            if removed:
                break
            # Somebody else changed one of them at the same time: look again at what is left.
        return _connections(item)

    def remove(self, user_id: str, device_id: str, connection_id: str) -> list[Connection] | None:
        """Remove the entry if it still names that connection: the entries that are left.  None: it does not."""
        removed, item = self._remove(user_id, [Connection(device_id, connection_id, 0)])
        return _connections(item) if removed else None

    def _remove(self, user_id: str, entries: list[Connection]) -> tuple[bool, Item]:
        """Remove all of `entries` if each still names its connection, else nothing: whether, and what stands now."""
        attributes = {f"#d{index}": keys.device(each.device_id) for index, each in enumerate(entries)}
        condition = " AND ".join(f"#d{index}.#id = :c{index}" for index in range(len(entries)))
        try:
            with answered():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id),
                    UpdateExpression="REMOVE " + ", ".join(attributes),
                    ConditionExpression=condition,
                    ExpressionAttributeNames={**attributes, "#id": "id"},
                    ExpressionAttributeValues={
                        f":c{index}": string(each.connection_id) for index, each in enumerate(entries)
                    },
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
