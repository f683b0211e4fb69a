"""Token buckets: one item a user and kind, in the user's own partition of `Outbox`, under a key that no client id can
be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidings.storage import keys
from tidings.storage.attributes import Item, expiry, int_of, names, number, string
from tidings.storage.calls import ConditionFailed, answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class BucketStore:
    """The buckets of one kind in DynamoDB.  A full one need not be kept: it expires when it is full."""

    def __init__(self, client: DynamoDBClient, table: str, kind: str = keys.RATE) -> None:
        self._client = client
        self._table = table
        self._kind = kind

    def look(self, user_id: str) -> int:
        """When it is full again (epoch ms; 0: it was never used), eventually consistent."""
        with answered():
            return _full_at(self._client.get_item(TableName=self._table, Key=self._key(user_id)).get("Item", {}))

    def swap(self, user_id: str, old: int, new: int) -> int | None:
        """Replace `old` by `new`, on condition that `old` stands.  None: done.  Else the number that stands."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(#full_at)"}
        if old:
            condition = {
                "ConditionExpression": "#full_at = :old",
                "ExpressionAttributeValues": {":old": number(old)},
            }
        try:
            with answered():
                self._client.put_item(
                    TableName=self._table,
                    Item={**self._key(user_id), "full_at": number(new), keys.TTL: expiry(new)},
                    ExpressionAttributeNames=names("full_at"),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **condition,
                )
        except ConditionFailed as refused:
            return _full_at(refused.item)
        return None

    def _key(self, user_id: str) -> dict[str, Any]:
        return {"user_id": string(user_id), "client_id": string(self._kind)}


def _full_at(item: Item) -> int:
    return int_of(item, "full_at") if item else 0
