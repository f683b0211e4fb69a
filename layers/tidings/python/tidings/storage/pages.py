"""Paging down a partition, newest first, leaving out what does not show (tombstones)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tidings.storage.attributes import Item, above, below, names, string, text_of
from tidings.storage.calls import answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")

ROUNDS: Final = 4
"""Queries for one page at most: a long run of tombstones makes a short page, never an unbounded read."""


def newest_first(
    client: DynamoDBClient,
    request: dict[str, Any],
    sort: str,
    limit: int,
    show: Callable[[Item], T | None],
) -> tuple[list[T], str | None]:
    """Up to `limit` of what `show` makes of the items of `request` (see `between`), None being left out.

    Also the sort key of the last item looked at when there may be more, else None.  One item more than asked for
    is read, so that a page that ends the partition says so.
    """
    found: list[T] = []
    last: str | None = None
    for _ in range(ROUNDS):
        with answered():
            answer = client.query(**request, Limit=limit + 1 - len(found), ScanIndexForward=False)
        for item in answer["Items"]:
            if len(found) == limit:
                return found, last
            last = text_of(item, sort)
            shown = show(item)
            if shown is not None:
                found.append(shown)
        start = answer.get("LastEvaluatedKey")
        if start is None:
            return found, None
        if len(found) == limit:
            return found, last
        request = {**request, "ExclusiveStartKey": start}
    return found, last


def between(
    table: str, partition: tuple[str, str], sort: str, after: str, before: str, *, strong: bool = False
) -> dict[str, Any] | None:
    """The query for sort keys strictly between `after` and `before`; None when there can be none.

    `partition` is the attribute's name and its value.
    """
    low, high = above(after), below(before)
    if low > high:
        return None
    name, value = partition
    return {
        "TableName": table,
        "KeyConditionExpression": f"#{name} = :partition AND #{sort} BETWEEN :low AND :high",
        "ExpressionAttributeNames": names(name, sort),
        "ExpressionAttributeValues": {":partition": string(value), ":low": string(low), ":high": string(high)},
        "ConsistentRead": strong,
    }
