"""Batches: writes of 25, reads of 100, and the drains that DynamoDB asks for when it was too busy for a part.

BatchWriteItem and BatchGetItem may take a part of what they were given and hand the rest back.  The rest is sent
again after a pause, a few times; then the caller hears of it.  Nothing is ever dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from tidings.domain.stamp import Fence
from tidings.ports.world import Clock
from tidings.storage.attributes import Item
from tidings.storage.calls import ATTEMPTS, answered, gave_up, wait_ms

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WRITES: Final = 25
READS: Final = 100

Request = dict[str, Any]
"""`{"PutRequest": {"Item": ...}}` or `{"DeleteRequest": {"Key": ...}}`."""


def put(item: Item) -> Request:
    """A request to put `item`."""
    return {"PutRequest": {"Item": item}}


def delete(key: Item) -> Request:
    """A request to delete the item of `key`."""
    return {"DeleteRequest": {"Key": key}}


def write_all(client: DynamoDBClient, table: str, requests: Sequence[Request], fence: Fence, clock: Clock) -> None:
    """Write all of `requests`, which have distinct keys.  Checks `fence` before each call.

    Raises `RetryLater` when the fence has passed and `Unavailable` when the table stays busy; earlier ones are
    written then, which is harmless: the same items are written again.
    """
    for start in range(0, len(requests), WRITES):
        pending: Any = list(requests[start : start + WRITES])
        for attempt in range(ATTEMPTS):
            fence.check()
            with answered():
                left = client.batch_write_item(RequestItems={table: pending})["UnprocessedItems"]
            pending = left.get(table)
            if not pending:
                break
            clock.sleep(wait_ms(attempt))
        else:
            raise gave_up()


def get_all(
    client: DynamoDBClient, table: str, keys: Iterable[Item], clock: Clock, *, strong: bool = False
) -> list[Item]:
    """The items of `keys` (distinct) that exist, in no order.  Raises `Unavailable` when the table stays busy."""
    wanted = list(keys)
    found: list[Item] = []
    for start in range(0, len(wanted), READS):
        pending: Any = {table: {"Keys": wanted[start : start + READS], "ConsistentRead": strong}}
        for attempt in range(ATTEMPTS):
            with answered():
                answer = client.batch_get_item(RequestItems=pending)
            found.extend(answer["Responses"].get(table, ()))
            pending = answer.get("UnprocessedKeys")
            if not pending:
                break
            clock.sleep(wait_ms(attempt))
        else:
            raise gave_up()
    return found
