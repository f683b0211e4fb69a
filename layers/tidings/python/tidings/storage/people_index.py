"""`Search`, the people: `people#<beginning>` / `<word>#<user>#<part>`, a register by position.

An entry that somebody enters where a later position stands already is marked `shared`: the later change may be refused,
and then it takes only out what nobody else has entered.

Two characters, or one of a script of thousands, keep the partitions apart; within one DynamoDB splits by sort key when
it gets hot.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tidings.domain.errors import RetryLater
from tidings.domain.names import Entry, entry_of, lead
from tidings.domain.stamp import Fence
from tidings.storage import keys
from tidings.storage.attributes import Value, above, names, string, text_of
from tidings.storage.calls import ATTEMPTS, ConditionFailed, answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_END = "\U0010ffff"
"""Sorts after whatever a word goes on with."""


class PeopleIndexStore:
    """The index in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def enter(self, entries: Iterable[Entry], position: str, fence: Fence) -> frozenset[Entry]:
        """Enter each unless a later position stands: that one is told that it is not alone.  Those that were not there.

        Raises `RetryLater`.
        """
        return frozenset(entry for entry in sorted(entries) if self._enter(entry, position, fence))

    def _enter(self, entry: Entry, position: str, fence: Fence) -> bool:
        """Whether it was not there before."""
        for _ in range(ATTEMPTS):
            fence.check()
            try:
                with answered():
                    was = self._client.put_item(
                        TableName=self._table,
                        Item={**_key(entry), "at": string(position)},
                        ConditionExpression="attribute_not_exists(#at) OR #at < :at",
                        ExpressionAttributeNames=names("at"),
                        ExpressionAttributeValues={":at": string(position)},
                        ReturnValues="ALL_OLD",
                    )
                return not was.get("Attributes")
            except ConditionFailed:
                if self._share(entry, position, fence):
                    return False
        raise RetryLater("Too many changes to this profile at once. Send it again.")

    def _share(self, entry: Entry, position: str, fence: Fence) -> bool:
        """Say on the entry that this position needs it, too.  False: it has gone meanwhile."""
        fence.check()
        try:
            with answered():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(entry),
                    UpdateExpression="SET #shared = :yes",
                    ConditionExpression="#at >= :at",
                    ExpressionAttributeNames=names("at", "shared"),
                    ExpressionAttributeValues={":at": string(position), ":yes": string("1")},
                )
        except ConditionFailed:
            return False
        return True

    def withdraw(self, entries: Iterable[Entry], position: str, fence: Fence) -> None:
        """Take each out, of those that `enter` gave, that nobody else has entered since."""
        alone = "#at = :at AND attribute_not_exists(#shared)"
        self._delete(entries, position, fence, alone, names("at", "shared"))

    def leave(self, entries: Iterable[Entry], position: str, fence: Fence) -> None:
        """Take each out unless a later position stands."""
        self._delete(entries, position, fence, "attribute_not_exists(#at) OR #at <= :at", names("at"))

    def _delete(
        self, entries: Iterable[Entry], position: str, fence: Fence, condition: str, named: dict[str, str]
    ) -> None:
        for entry in sorted(entries):
            fence.check()
            with suppress(ConditionFailed), answered():
                self._client.delete_item(
                    TableName=self._table,
                    Key=_key(entry),
                    ConditionExpression=condition,
                    ExpressionAttributeNames=named,
                    ExpressionAttributeValues={":at": string(position)},
                )

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
                    ":term": string(keys.people(lead(prefix))),
                    ":low": string(low),
                    ":high": string(prefix + _END),
                },
                Limit=limit,
            )
        found = (entry_of(text_of(item, "position")) for item in answer["Items"])
        return [entry for entry in found if entry is not None], "LastEvaluatedKey" in answer


def _key(entry: Entry) -> dict[str, Value]:
    return {"term": string(keys.people(lead(entry.word))), "position": string(str(entry))}
