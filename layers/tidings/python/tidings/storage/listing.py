"""Lists in one partition of `Graph`: the users behind a prefix, a page at a time, in order of their ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from tidings.storage.attributes import Item, above, names, string, text_of
from tidings.storage.calls import answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROUNDS: Final = 4
"""Queries for one page at most: a run of what is left out makes a short page, never an unbounded read."""


def listed(
    client: DynamoDBClient,
    table: str,
    owner: str,
    prefix: str,
    after: str | None,
    limit: int,
    keep: Callable[[Item], bool],
) -> tuple[list[str], str | None]:
    """Up to `limit` of the users whom the edges `<prefix><user>` of `owner` name and `keep` lets through, beyond the
    user `after`; where to go on, None at the end (eventually consistent)."""
    found: list[str] = []
    last = after
    for _ in range(ROUNDS):
        items, more = _items(client, table, owner, prefix, last, limit - len(found))
        users = [(text_of(item, "edge").removeprefix(prefix), keep(item)) for item in items]
        found += [user for user, kept in users if kept]
        last = users[-1][0] if users else last
        if not more:
            return found, None
        if len(found) == limit:
            break
    return found, last


def _items(
    client: DynamoDBClient, table: str, owner: str, prefix: str, after: str | None, limit: int
) -> tuple[list[Item], bool]:
    low = prefix if after is None else above(prefix + after)
    # `$` comes right after the `#` that every prefix ends with.
    with answered():
        answer = client.query(
            TableName=table,
            KeyConditionExpression="#owner = :owner AND #edge BETWEEN :low AND :high",
            ExpressionAttributeNames=names("owner", "edge"),
            ExpressionAttributeValues={
                ":owner": string(owner),
                ":low": string(low),
                ":high": string(prefix[:-1] + "$"),
            },
            Limit=limit,
        )
    return list(answer["Items"]), "LastEvaluatedKey" in answer
