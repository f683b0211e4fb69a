"""`Conversations`: the log of each conversation, one item a position.  The log item is the fact; the rest follows.

A late mailbox item's arrival is claimed here, on condition that the item is no tombstone: two late writers agree on
one arrival, and a delete beats them both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tidings.domain.events import Edit, LogEntry, LogEvent, Path
from tidings.domain.position import FIRST
from tidings.domain.stamp import Fence
from tidings.storage import keys, revisions
from tidings.storage.attributes import (
    Item,
    above,
    below,
    ints_of,
    names,
    numbers,
    string,
    text_of,
    text_or_none,
    texts_of,
)
from tidings.storage.calls import ConditionFailed, answered
from tidings.storage.conditional import put_first
from tidings.storage.events import decode_log, encode, words
from tidings.storage.pages import between, newest_first

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class LogStore:
    """The logs in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def append(
        self,
        event: LogEvent,
        path: Path,
        fence: Fence,
        *,
        withheld: bool = False,
        quiet: bool = False,
        alone: bool = False,
    ) -> LogEntry | None:
        """Put the event if its position is free.  None: written.  Else the entry that stands there."""
        item = _item(event, path)
        marks = {keys.WITHHELD: withheld, keys.QUIET: quiet, keys.ALONE: alone}
        item |= {name: string("1") for name, given in marks.items() if given}
        standing = put_first(self._client, self._table, item, "conversation_id", fence)
        return None if standing is None else entry(standing)

    def void(self, event: LogEvent, path: Path, fence: Fence) -> bool:
        """Put a tombstone where the event would stand, if its position is free.  Whether it was put."""
        item = {
            **_key(event.conversation_id, event.position),
            "sender": string(event.sender),
            "client_id": string(event.client_id),
            "path": string(path),
            keys.DELETED: string("1"),
        }
        return put_first(self._client, self._table, item, "conversation_id", fence) is None

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

    def edit(self, edit: Edit, fence: Fence, *, withheld: bool = False) -> LogEntry | None:
        """Give the message at `edit.target` its text, unless a later edit did, and note its position either way.

        The entry that stands afterwards, unchanged where it is no message of the edit's sender; None: nothing is there.
        """
        standing = self._revise(edit.conversation_id, edit.target, revisions.text(edit, withheld=withheld), fence)
        if standing is None or not revisions.editable(standing, edit.sender) or edit.position in standing.edits:
            return standing
        return self._revise(edit.conversation_id, edit.target, revisions.note(edit), fence)

    def tombstone(
        self, conversation_id: str, position: str, unsend: str, fence: Fence, *, sender: str = "", instead: str = ""
    ) -> LogEntry | None:
        """Replace a message (of `sender`) by its tombstone, or that of the unfinished unsend at `instead` by this one.

        The entry that stands afterwards; None: nothing is there.
        """
        return self._revise(conversation_id, position, revisions.tombstone(unsend, sender, instead), fence)

    def erase(self, conversation_id: str, position: str, sender: str, fence: Fence) -> None:
        """Leave a tombstone where an edit of `sender` stands, or may still be written."""
        self._revise(conversation_id, position, revisions.erasure(sender), fence)

    def _revise(
        self, conversation_id: str, position: str, revision: revisions.Revision, fence: Fence
    ) -> LogEntry | None:
        """Change an item by condition.  How it stands afterwards, changed or not."""
        fence.check()
        try:
            with answered():
                item = self._client.update_item(
                    TableName=self._table,
                    Key=_key(conversation_id, position),
                    **revision,
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )["Attributes"]
        except ConditionFailed as refused:
            return entry(refused.item) if refused.item else None
        return entry(item)

    def page(
        self,
        conversation_id: str,
        before: str,
        limit: int,
        show: Callable[[LogEntry], bool],
        *,
        after: str = FIRST,
    ) -> tuple[list[LogEntry], str | None]:
        """Up to `limit` entries between the positions that `show` lets through, newest first, and where to go on.

        Tombstones are left out.
        """
        low, high = keys.log_item(after), keys.log_item(before)
        request = between(self._table, ("conversation_id", conversation_id), "item", low, high)
        if request is None:
            return [], None

        def shown(item: Item) -> LogEntry | None:
            found = entry(item)
            return found if found.event is not None and show(found) else None

        found, last = newest_first(self._client, request, "item", limit, shown)
        return found, None if last is None else last.removeprefix(keys.LOG_PREFIX)

    def since(
        self, conversation_id: str, after: str, before: str, limit: int, *, strong: bool = True
    ) -> tuple[list[LogEntry], str | None]:
        """Up to `limit` entries between the positions, oldest first, tombstones included; the last position looked at
        when there may be more, else None."""
        low, high = above(keys.log_item(after)), below(keys.log_item(before))
        if low > high:
            return [], None
        with answered():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#conversation_id = :conversation AND #item BETWEEN :low AND :high",
                ExpressionAttributeNames=names("conversation_id", "item"),
                ExpressionAttributeValues={
                    ":conversation": string(conversation_id),
                    ":low": string(low),
                    ":high": string(high),
                },
                ConsistentRead=strong,
                Limit=limit,
            )
        found = [entry(item) for item in answer["Items"]]
        return found, found[-1].position if found and "LastEvaluatedKey" in answer else None


def entry(item: Item) -> LogEntry:
    """A log item, as stored or as a stream shows it.  Raises `ValueError` for a kind of event that is not known."""
    position = text_of(item, "item").removeprefix(keys.LOG_PREFIX)
    event = None
    if keys.DELETED not in item:
        event = decode_log(item, text_of(item, "conversation_id"), position)
    return LogEntry(
        position,
        text_of(item, "sender"),
        text_of(item, "client_id"),
        Path(text_of(item, "path")),
        event,
        ints_of(item, "claims"),
        keys.WITHHELD in item,
        tuple(sorted(texts_of(item, "edits"))),
        text_or_none(item, "unsent") or "",
        () if event else words(item, "mentions"),
        keys.QUIET in item,
        keys.ALONE in item,
    )


def entering(table: str, event: LogEvent, path: Path) -> dict[str, Any]:
    """The part of a transaction that puts the event if its position is free."""
    return {
        "Put": {
            "TableName": table,
            "Item": _item(event, path),
            "ConditionExpression": "attribute_not_exists(#conversation_id)",
            "ExpressionAttributeNames": names("conversation_id"),
        }
    }


def _item(event: LogEvent, path: Path) -> dict[str, Any]:
    return {**_key(event.conversation_id, event.position), **encode(event), "path": string(path)}


def _key(conversation_id: str, position: str) -> dict[str, Any]:
    return {"conversation_id": string(conversation_id), "item": string(keys.log_item(position))}
