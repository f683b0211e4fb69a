"""`Search`, the people: `people#<first two characters>` / `<word>#<user>#<part>`, a register by position.

The first two characters keep the partitions apart; within one DynamoDB splits by sort key when it gets hot.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tidings.domain.names import Entry, entry_of
from tidings.domain.stamp import Fence
from tidings.storage import keys
from tidings.storage.attributes import Value, above, names, string, text_of
from tidings.storage.calls import ConditionFailed, answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_END = "\U0010ffff"
"""Sorts after whatever a word goes on with."""


class PeopleIndexStore:
    """The index in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def enter(self, entries: Iterable[Entry], position: str, fence: Fence) -> None:
        """Enter each unless a later position stands."""
        for entry in sorted(entries):
            fence.check()
            try:
                with answered():
                    self._client.put_item(
                        TableName=self._table,
                        Item={**_key(entry), "at": string(position)},
                        ConditionExpression="attribute_not_exists(#at) OR #at < :at",
                        ExpressionAttributeNames=names("at"),
                        ExpressionAttributeValues={":at": string(position)},
                    )
            except ConditionFailed:
                continue

    def leave(self, entries: Iterable[Entry], position: str, fence: Fence) -> None:
        """Take each out unless a later position stands."""
        for entry in sorted(entries):
            fence.check()
            try:
                with answered():
                    self._client.delete_item(
                        TableName=self._table,
                        Key=_key(entry),
                        ConditionExpression="attribute_not_exists(#at) OR #at <= :at",
                        ExpressionAttributeNames=names("at"),
                        ExpressionAttributeValues={":at": string(position)},
                    )
            except ConditionFailed:
                continue

    def find(self, prefix: str, after: Entry | None, limit: int) -> tuple[list[Entry], bool]:
        """Up to `limit` entries, in their order, whose words begin with `prefix`, beyond `after`; whether there may be
        more."""
        low = prefix if after is None else above(str(after))
        with answered():
            answer: Any = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#term = :term AND #position BETWEEN :low AND :high",
                ExpressionAttributeNames=names("term", "position"),
                ExpressionAttributeValues={
                    ":term": string(keys.people(prefix)),
                    ":low": string(low),
                    ":high": string(prefix + _END),
                },
                Limit=limit,
            )
        found = (entry_of(text_of(item, "position")) for item in answer["Items"])
        return [entry for entry in found if entry is not None], "LastEvaluatedKey" in answer


def _key(entry: Entry) -> dict[str, Value]:
    return {"term": string(keys.people(entry.word)), "position": string(str(entry))}
