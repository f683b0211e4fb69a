"""`Devices`: push endpoints of each user, a register by position; a removal is a tombstone.

Tombstones expire: anybody can make up device ids and remove them, and every push reads what stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tidings.domain.position import floor, ms_of
from tidings.ports.devices import Device
from tidings.storage import keys
from tidings.storage.attributes import Item, expiry, int_of, names, number, string, text_of, text_or_none
from tidings.storage.calls import ConditionFailed, answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_NOT_LATER: Final = "attribute_not_exists(#user_id) OR #position <= :position"
"""The same position is the same request, sent again."""
_NOT_REMOVED: Final = f"({_NOT_LATER}) AND (attribute_not_exists(#{keys.DELETED}) OR #position < :issued)"
"""Whoever is signed out does not come back with the token that they had, however late they ask."""
_ISSUED_BEFORE: Final = f"{_NOT_LATER} OR #issued_at <= :removed_at"
REMOVED_MS: Final = 86_400_000
"""How long a tombstone is kept: no registration is a day late."""


class DeviceStore:
    """The devices in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def put(self, user_id: str, device: Device) -> bool:
        """Enter unless a later registration stands, or a removal that is later than the registration or its token.
        Whether it was entered."""
        item = {**_key(user_id, device.device_id), "platform": string(device.platform)}
        item["issued_at"] = number(device.issued_at)
        if device.endpoint is not None:
            item["endpoint"] = string(device.endpoint)
        values = {":issued": string(floor(device.issued_at))}
        return self._put(item, device.position, _NOT_REMOVED, (keys.DELETED,), values) is not None

    def get(self, user_id: str, device_id: str) -> Device | None:
        """One device, strongly read; None when never registered or removed."""
        with answered():
            item = self._client.get_item(TableName=self._table, Key=_key(user_id, device_id), ConsistentRead=True).get(
                "Item"
            )
        return _device(item) if item else None

    def remove(self, user_id: str, device_id: str, position: str) -> bool:
        """Leave a tombstone unless something later stands; a registration is later only by a later token.  Whether
        there was a device."""
        gone = {keys.DELETED: string("1"), keys.TTL: expiry(ms_of(position) + REMOVED_MS)}
        values = {":removed_at": number(ms_of(position))}
        replaced = self._put({**_key(user_id, device_id), **gone}, position, _ISSUED_BEFORE, ("issued_at",), values)
        if not replaced:
            return False
        return keys.DELETED not in replaced or text_of(replaced, "position") == position

    def of(self, user_id: str) -> list[Device]:
        """All registered devices of a user."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "#user_id = :user",
            "ExpressionAttributeNames": names("user_id"),
            "ExpressionAttributeValues": {":user": string(user_id)},
        }
        items: list[Item] = []
        while True:
            with answered():
                answer = self._client.query(**request)
            items.extend(answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return [device for device in map(_device, items) if device is not None]
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def forget_endpoint(self, user_id: str, device_id: str, endpoint: str, position: str | None = None) -> None:
        """Clear the endpoint if it still is `endpoint`, and the registration still that of `position`, if given."""
        condition, values = "#endpoint = :endpoint", {":endpoint": string(endpoint)}
        if position is not None:
            condition, values = f"{condition} AND #position = :position", {**values, ":position": string(position)}
        try:
            with answered():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id, device_id),
                    UpdateExpression="REMOVE #endpoint",
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names("endpoint", *(["position"] if position is not None else [])),
                    ExpressionAttributeValues=values,
                )
        except ConditionFailed:
            return  # Registered anew with another endpoint, or removed.

    def own(self, endpoint: str, owner: str) -> None:
        """Note whose the endpoint is."""
        with answered():
            self._client.put_item(TableName=self._table, Item={**_owner_key(endpoint), "owner": string(owner)})

    def owner(self, endpoint: str) -> str | None:
        """Whose the endpoint is, strongly read; None: nobody's."""
        with answered():
            answer = self._client.get_item(TableName=self._table, Key=_owner_key(endpoint), ConsistentRead=True)
        return text_or_none(answer.get("Item", {}), "owner")

    def disown(self, endpoint: str) -> None:
        """The endpoint is gone."""
        with answered():
            self._client.delete_item(TableName=self._table, Key=_owner_key(endpoint))

    def _put(
        self, item: Item, position: str, condition: str, named: tuple[str, ...], values: dict[str, Any]
    ) -> Item | None:
        """Put `item` at `position`: what it replaced (empty: nothing), or None where the condition fails."""
        try:
            with answered():
                answer = self._client.put_item(
                    TableName=self._table,
                    Item={**item, "position": string(position)},
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names("user_id", "position", *named),
                    ExpressionAttributeValues={":position": string(position), **values},
                    ReturnValues="ALL_OLD",
                )
        except ConditionFailed:
            return None
        return answer.get("Attributes", {})


def _device(item: Item) -> Device | None:
    if keys.DELETED in item:
        return None
    return Device(
        device_id=text_of(item, "device_id"),
        platform=text_of(item, "platform"),
        endpoint=text_or_none(item, "endpoint"),
        position=text_of(item, "position"),
        issued_at=int_of(item, "issued_at") if "issued_at" in item else 0,
    )


def _key(user_id: str, device_id: str) -> dict[str, Any]:
    return {"user_id": string(user_id), "device_id": string(device_id)}


def _owner_key(endpoint: str) -> dict[str, Any]:
    return _key(keys.endpoint(endpoint), keys.OWNER)
