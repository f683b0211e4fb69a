"""`Conversations`: the log of each conversation, one item a position.  The log item is the fact; the rest follows.

A late mailbox item's arrival is claimed here, on condition that the item is no tombstone: two late writers agree on
one arrival, and a delete beats them both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidings.domain.events import LogEntry, Message, Path
from tidings.domain.stamp import Fence
from tidings.storage import keys
from tidings.storage.attributes import Item, ints_of, names, numbers, string, text_of
from tidings.storage.calls import ConditionFailed, answered
from tidings.storage.pages import between, newest_first

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class LogStore:
    """The logs in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def append(self, message: Message, path: Path, fence: Fence) -> LogEntry | None:
        """Put the message if its position is free.  None: written.  Else the entry that stands there."""
        fence.check()
        try:
            with answered():
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        **_key(message.conversation_id, message.position),
                        "path": string(path),
                        "sender": string(message.sender),
                        "client_id": string(message.client_id),
                        "text": string(message.text),
                    },
                    ConditionExpression="attribute_not_exists(#conversation_id)",
                    ExpressionAttributeNames=names("conversation_id"),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as refused:
            return entry(refused.item)
        return None

    def get(self, conversation_id: str, position: str, *, strong: bool) -> LogEntry | None:
        """The entry at `position`, tombstones included."""
        with answered():
            item = self._client.get_item(
                TableName=self._table, Key=_key(conversation_id, position), ConsistentRead=strong
            ).get("Item")
        return entry(item) if item else None

    def claim_late(
        self, conversation_id: str, position: str, old: tuple[int, ...], new: int, fence: Fence
    ) -> tuple[int, ...] | None:
        """Append `new` to the claims if they still are `old`.  The claims that stand; None: a tombstone or nothing."""
        fence.check()
        values = {":claims": numbers((*old, new))}
        unchanged = "attribute_not_exists(#claims)"
        if old:
            values[":old"] = numbers(old)
            unchanged = "#claims = :old"
        try:
            with answered():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(conversation_id, position),
                    UpdateExpression="SET #claims = :claims",
                    ConditionExpression=f"attribute_exists(#sender) AND attribute_not_exists(#deleted) AND {unchanged}",
                    ExpressionAttributeNames=names("claims", "sender", keys.DELETED),
                    ExpressionAttributeValues=values,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as refused:
            stands = refused.item
            return ints_of(stands, "claims") if stands and keys.DELETED not in stands else None
        return (*old, new)

    def page(self, conversation_id: str, before: str, limit: int) -> tuple[list[Message], str | None]:
        """Up to `limit` messages below `before`, newest first, without tombstones; and where to go on."""
        request = between(
            self._table,
            ("conversation_id", conversation_id),
            "item",
            keys.LOG_PREFIX,
            keys.log_item(before),
        )
        if request is None:
            return [], None
        found, last = newest_first(self._client, request, "item", limit, lambda item: entry(item).message)
        return found, None if last is None else last.removeprefix(keys.LOG_PREFIX)


def entry(item: Item) -> LogEntry:
    """A log item, as stored or as a stream shows it."""
    position = text_of(item, "item").removeprefix(keys.LOG_PREFIX)
    sender, client_id = text_of(item, "sender"), text_of(item, "client_id")
    message = None
    if keys.DELETED not in item:
        message = Message(text_of(item, "conversation_id"), position, sender, client_id, text_of(item, "text"))
    return LogEntry(position, sender, client_id, Path(text_of(item, "path")), message, ints_of(item, "claims"))


def _key(conversation_id: str, position: str) -> dict[str, Any]:
    return {"conversation_id": string(conversation_id), "item": string(keys.log_item(position))}
