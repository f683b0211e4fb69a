"""Writes on a condition.  Of puts the first one stands, or the latest one; an update or a transaction is done, or not.

All check the fence; puts answer with what stood there instead, at the price of the write alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tidings.domain.stamp import Fence
from tidings.storage.attributes import Item, Value, names
from tidings.storage.calls import ConditionFailed, TransactionRefused, answered, crossed, gave_up

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def put_first(client: DynamoDBClient, table: str, item: Item, partition: str, fence: Fence) -> Item | None:
    """Put `item`, whose partition key is the attribute `partition`, if its key is free.  None: written.  Else what
    stands there."""
    condition = {
        "ConditionExpression": f"attribute_not_exists(#{partition})",
        "ExpressionAttributeNames": names(partition),
    }
    return _put(client, table, item, condition, fence)


def put_later(client: DynamoDBClient, table: str, item: Item, fence: Fence) -> Item | None:
    """Put `item`, a register by its attribute `position`, unless the same or a later one stands.  None: written.  Else
    what stands there."""
    condition = {
        "ConditionExpression": "attribute_not_exists(#position) OR #position < :position",
        "ExpressionAttributeNames": names("position"),
        "ExpressionAttributeValues": {":position": item["position"]},
    }
    return _put(client, table, item, condition, fence)


def update_where(
    client: DynamoDBClient,
    table: str,
    key: dict[str, Value],
    expression: str,
    condition: str,
    attributes: tuple[str, ...],
    values: dict[str, Value],
    fence: Fence,
) -> Item | None:
    """Update the item at `key` where `condition` holds; `attributes` are named in both.  None: it was.  Else what
    stands there, empty for nothing."""
    fence.check()
    try:
        with answered():
            client.update_item(
                TableName=table,
                Key=key,
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeNames=names(*attributes),
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
    except ConditionFailed as refused:
        return refused.item
    return None


def write_all(client: DynamoDBClient, items: Sequence[Any], fence: Fence) -> tuple[str, ...] | None:
    """Write `items` in one transaction.  None: written.  Else nothing is, since somebody else changes the same: one
    reason an item, `None` or why.

    Raises `Unavailable` where there is no capacity.
    """
    fence.check()
    try:
        with answered():
            client.transact_write_items(TransactItems=items)
    except TransactionRefused as refused:
        if not crossed(refused.reasons):
            raise gave_up() from refused
        return refused.reasons
    return None


def _put(client: DynamoDBClient, table: str, item: Item, condition: dict[str, Any], fence: Fence) -> Item | None:
    fence.check()
    try:
        with answered():
            client.put_item(TableName=table, Item=item, ReturnValuesOnConditionCheckFailure="ALL_OLD", **condition)
    except ConditionFailed as refused:
        return refused.item
    return None
