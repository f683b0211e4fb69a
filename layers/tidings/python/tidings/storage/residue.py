"""`Graph`, the partitions `<author>#residue`: who would pull an author, and is full.

An item says for which pull.  When that is over, or the reader follows no more, it expires after a timeline's time
is over: until then copies of what was pulled may lie with the reader, and a delete has to find them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from tidings.domain.stamp import Fence
from tidings.ports.world import Clock
from tidings.storage import edges, keys
from tidings.storage.attributes import Item, Value, expiry, names, number, string, text_of
from tidings.storage.calls import answered
from tidings.storage.conditional import update_where

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGE: Final = 2_000
"""Readers in one query, as for followers."""


class ResidueStore:
    """The residue in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock, retention_ms: int) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._retention = retention_ms

    def enter(self, author: str, reader: str, start: int, fence: Fence) -> None:
        """For the pull that began at `start`, unless a later one stands."""
        self._update(
            author,
            reader,
            f"SET #start = :start REMOVE #{keys.TTL}, #{keys.DELETED}",
            f"attribute_not_exists(#start) OR #start < :start OR attribute_exists(#{keys.DELETED})",
            {":start": number(start)},
            fence,
        )

    def leave(self, author: str, reader: str, start: int, fence: Fence) -> None:
        """Let it expire, if it is for no later pull."""
        self._update(
            author,
            reader,
            f"SET #{keys.TTL} = :expires",
            f"#start = :start AND attribute_not_exists(#{keys.TTL})",
            {":start": number(start), ":expires": self._expires()},
            fence,
            keys.TTL,
        )

    def drop(self, author: str, reader: str, fence: Fence) -> int | None:
        """Make it a tombstone.  Since when it is one (epoch ms); None where there was nothing."""
        now = self._clock.now()
        standing = self._update(
            author,
            reader,
            f"SET #{keys.TTL} = :expires, #{keys.DELETED} = :now",
            f"attribute_exists(#start) AND attribute_not_exists(#{keys.DELETED})",
            {":expires": self._expires(), ":now": string(str(now))},
            fence,
        )
        if standing is None:
            return now
        return int(text_of(standing, keys.DELETED)) if keys.DELETED in standing else None

    def holds(self, author: str, reader: str) -> bool:
        """Whether it is there (strongly read)."""
        with answered():
            item = self._client.get_item(
                TableName=self._table, Key=edges.key(keys.residue(author), reader), ConsistentRead=True
            ).get("Item")
        return item is not None and keys.DELETED not in item

    def members(self, author: str, after: str | None, *, dropped: bool) -> Iterator[list[str]]:
        """In key order after `after`, a page at a time (eventually consistent)."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "#owner = :owner AND #edge > :after",
            "ExpressionAttributeNames": names("owner", "edge"),
            "ExpressionAttributeValues": {
                ":owner": string(keys.residue(author)),
                ":after": string(keys.EDGE_SHARDS if after is None else after),
            },
            "Limit": PAGE,
        }
        while True:
            with answered():
                answer = self._client.query(**request)
            page = [text_of(item, "edge") for item in answer["Items"] if dropped or keys.DELETED not in item]
            if page:
                yield page
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _expires(self) -> Value:
        return expiry(self._clock.now() + self._retention)

    def _update(
        self,
        author: str,
        reader: str,
        expression: str,
        condition: str,
        values: dict[str, Value],
        fence: Fence,
        *attributes: str,
    ) -> Item | None:
        """Change the item if it is as it has to be before.  None: it was.  Else what stands, empty for nothing."""
        key = edges.key(keys.residue(author), reader)
        named = ("start", *(attributes or (keys.TTL, keys.DELETED)))
        return update_where(self._client, self._table, key, expression, condition, named, values, fence)
