"""`Outbox`: one conditional put per mutating request, so that a resend finds the first try.

An entry counts until its position is older than retention; DynamoDB deletes it some time after that.  A claim
meets an entry that no longer counts as if it were gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tidings.domain.errors import RetryLater
from tidings.domain.position import floor, ms_of
from tidings.domain.stamp import Fence
from tidings.ports.messaging import OutboxEntry
from tidings.ports.world import Clock
from tidings.storage import keys
from tidings.storage.attributes import Item, expiry, names, string, text_of
from tidings.storage.calls import ConditionFailed, answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FREE: Final = "attribute_not_exists(#user_id) OR #position < :oldest"


class OutboxStore:
    """The outbox in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock, retention_ms: int) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._retention = retention_ms

    def claim(self, user_id: str, client_id: str, entry: OutboxEntry, fence: Fence) -> OutboxEntry | None:
        """Put `entry` if there is none.  None: it is ours now.  Else the entry that stands."""
        fence.check()
        try:
            with answered():
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        **_key(user_id, client_id),
                        "fingerprint": string(entry.fingerprint),
                        "position": string(entry.position),
                        keys.TTL: self._expiry(entry.position),
                    },
                    ConditionExpression=_FREE,
                    ExpressionAttributeNames=names("user_id", "position"),
                    ExpressionAttributeValues={":oldest": string(floor(self._clock.now() - self._retention))},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as refused:
            return _entry(refused.item)
        return None

    def get(self, user_id: str, client_id: str) -> OutboxEntry | None:
        """The entry that stands (strongly read)."""
        with answered():
            item = self._client.get_item(TableName=self._table, Key=_key(user_id, client_id), ConsistentRead=True).get(
                "Item"
            )
        if item is None or text_of(item, "position") < floor(self._clock.now() - self._retention):
            return None
        return _entry(item)

    def reclaim(self, user_id: str, client_id: str, old: str, new: str, fence: Fence) -> OutboxEntry | None:
        """Replace position `old` by `new`, on condition that `old` stands.  None: done.  Else the entry that stands.

        Raises `RetryLater` when the entry has just expired: the next try makes a new one.
        """
        fence.check()
        try:
            with answered():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id, client_id),
                    UpdateExpression=f"SET #position = :new, #{keys.TTL} = :expiry",
                    ConditionExpression="#position = :old",
                    ExpressionAttributeNames=names("position", keys.TTL),
                    ExpressionAttributeValues={
                        ":old": string(old),
                        ":new": string(new),
                        ":expiry": self._expiry(new),
                    },
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as refused:
            if not refused.item:
                raise RetryLater("The first try of this request is no longer kept. Send it again.") from None
            return _entry(refused.item)
        return None

    def _expiry(self, position: str) -> dict[str, Any]:
        return expiry(ms_of(position) + self._retention)


def _key(user_id: str, client_id: str) -> dict[str, Any]:
    return {"user_id": string(user_id), "client_id": string(client_id)}


def _entry(item: Item) -> OutboxEntry:
    return OutboxEntry(fingerprint=text_of(item, "fingerprint"), position=text_of(item, "position"))
