"""`Memberships`: the reader's own side of a conversation.

Marks live in the reader's partition, so that the many readers of one conversation never heat its log.  Everything a
row holds is a register of its own: `<name>` with `<name>_at`, the position that set it.

A message that was deleted for the reader only is an item beside the rows, `hidden#<conversation>#<position>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from tidings.domain.events import ReceiptKind
from tidings.domain.stamp import Fence
from tidings.domain.watermark import Watermark
from tidings.ports.groups import Advance, Membership
from tidings.ports.world import Clock
from tidings.storage import keys
from tidings.storage.attributes import above, below, names, number, string, text_of
from tidings.storage.batches import get_all
from tidings.storage.calls import ConditionFailed, answered
from tidings.storage.rows import marks_of, row_of, taken_at

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FORWARD: Final = (
    "attribute_not_exists(#position) OR "
    "(#position <= :position AND #taken_at <= :taken_at AND (#position < :position OR #taken_at < :taken_at))"
)
"""`tidings.domain.watermark.step` says FORWARD."""


class MembershipStore:
    """The rows in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def get(self, user_id: str, conversation_id: str, *, strong: bool = False) -> Membership | None:
        """One row."""
        with answered():
            item = self._client.get_item(
                TableName=self._table, Key=_key(user_id, conversation_id), ConsistentRead=strong
            ).get("Item")
        return row_of(item) if item else None

    def many(self, wanted: Iterable[tuple[str, str]], *, strong: bool = False) -> Mapping[tuple[str, str], Membership]:
        """Rows by (user id, conversation id), in batches."""
        asked = [_key(*each) for each in dict.fromkeys(wanted)]
        found = get_all(self._client, self._table, asked, self._clock, strong=strong)
        return {(text_of(item, "user_id"), text_of(item, "conversation_id")): row_of(item) for item in found}

    def page(self, user_id: str, after: str | None, limit: int) -> tuple[list[Membership], str | None]:
        """All rows of a reader in order of conversation ids; where to go on."""
        low = above(after) if after is not None else keys.LOWEST_CONVERSATION
        with answered():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#user_id = :user AND #conversation_id BETWEEN :low AND :high",
                ExpressionAttributeNames=names("user_id", "conversation_id"),
                ExpressionAttributeValues={
                    ":user": string(user_id),
                    ":low": string(low),
                    ":high": string(keys.HIGHEST_CONVERSATION),
                },
                Limit=limit,
            )
        rows = [row_of(item) for item in answer["Items"]]
        return rows, rows[-1].conversation_id if rows and "LastEvaluatedKey" in answer else None

    def begin(self, user_id: str, conversation_id: str, position: str, fence: Fence) -> None:
        """Make the row if it is not there; after a leave, mark it as joined again.  Nothing else on it changes."""
        self._move(
            user_id,
            conversation_id,
            "SET #since = if_not_exists(#since, :position), #joined_at = :position REMOVE #left_at",
            "(attribute_not_exists(#joined_at) OR #joined_at < :position) AND "
            "(attribute_not_exists(#left_at) OR #left_at < :position)",
            ("since", "joined_at", "left_at"),
            position,
            fence,
        )

    def end(self, user_id: str, conversation_id: str, position: str, fence: Fence) -> None:
        """Mark the row as left, unless a later `begin` stands.  It has begun then, be an earlier one late."""
        self._move(
            user_id,
            conversation_id,
            "SET #since = if_not_exists(#since, :position), #left_at = :position",
            "(attribute_not_exists(#joined_at) OR #joined_at < :position) AND "
            "(attribute_not_exists(#left_at) OR #left_at < :position)",
            ("since", "joined_at", "left_at"),
            position,
            fence,
        )

    def _move(
        self,
        user_id: str,
        conversation_id: str,
        expression: str,
        condition: str,
        attributes: tuple[str, ...],
        position: str,
        fence: Fence,
    ) -> None:
        fence.check()
        try:
            with answered():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id, conversation_id),
                    UpdateExpression=expression,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names(*attributes),
                    ExpressionAttributeValues={":position": string(position)},
                )
        except ConditionFailed:
            return  # This very change, or a later one, stands.

    def set(
        self, user_id: str, conversation_id: str, values: Mapping[str, int | bool], position: str, fence: Fence
    ) -> None:
        """Set settings: each a register by position of its own, so each is a write of its own."""
        for name, value in values.items():
            fence.check()
            at = f"{name}_at"
            try:
                with answered():
                    self._client.update_item(
                        TableName=self._table,
                        Key=_key(user_id, conversation_id),
                        UpdateExpression=f"SET #{name} = :value, #{at} = :position",
                        ConditionExpression=f"attribute_not_exists(#{at}) OR #{at} < :position",
                        ExpressionAttributeNames=names(name, at),
                        ExpressionAttributeValues={":value": number(int(value)), ":position": string(position)},
                    )
            except ConditionFailed:
                continue  # A later one stands.

    def hide(self, user_id: str, conversation_id: str, position: str, fence: Fence) -> None:
        """Delete the message at `position` for the reader."""
        fence.check()
        with answered():
            self._client.put_item(TableName=self._table, Item=_key(user_id, keys.hidden(conversation_id, position)))

    def hidden(self, user_id: str, conversation_id: str, after: str, before: str) -> frozenset[str]:
        """Positions between the two (exclusive) that are deleted for the reader."""
        low, high = above(keys.hidden(conversation_id, after)), below(keys.hidden(conversation_id, before))
        return frozenset(at for _, at in self._deleted(user_id, low, high)) if low <= high else frozenset()

    def all_hidden(self, user_id: str) -> Mapping[str, frozenset[str]]:
        """Everything that is deleted for the reader: positions by conversation (eventually consistent)."""
        found: dict[str, set[str]] = {}
        for conversation_id, at in self._deleted(user_id, keys.HIDDEN_PREFIX, keys.HIDDEN_PREFIX + "~"):
            found.setdefault(conversation_id, set()).add(at)
        return {conversation_id: frozenset(places) for conversation_id, places in found.items()}

    def _deleted(self, user_id: str, low: str, high: str) -> Iterator[tuple[str, str]]:
        """Conversations and positions of what is deleted for the reader, between two sort keys (inclusive)."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "#user_id = :user AND #conversation_id BETWEEN :low AND :high",
            "ExpressionAttributeNames": names("user_id", "conversation_id"),
            "ExpressionAttributeValues": {":user": string(user_id), ":low": string(low), ":high": string(high)},
        }
        while True:
            with answered():
                answer = self._client.query(**request)
            for item in answer["Items"]:
                place, _, at = text_of(item, "conversation_id").rpartition("#")
                yield place.removeprefix(keys.HIDDEN_PREFIX), at
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def watermarks(self, user_id: str, conversation_id: str) -> Mapping[ReceiptKind, Watermark]:
        """The marks that stand (eventually consistent)."""
        with answered():
            item = self._client.get_item(TableName=self._table, Key=_key(user_id, conversation_id)).get("Item", {})
        return marks_of(item)

    def advance(
        self,
        user_id: str,
        conversation_id: str,
        kind: ReceiptKind,
        mark: Watermark,
        fence: Fence,
        *,
        begun: bool = False,
    ) -> Advance:
        """Move a mark forward, by condition.  Both answers carry the row for nothing: a receipt needs no read of it."""
        attributes = {"#position": str(kind), "#taken_at": taken_at(kind)}
        values = {":position": string(mark.position), ":taken_at": number(mark.taken_at)}
        conditions = [f"({_FORWARD})"]
        if kind is not ReceiptKind.SEEN:
            conditions.append("(attribute_not_exists(#blocked) OR #blocked = :no)")
            attributes |= names("blocked")
            values[":no"] = number(0)
        if begun:
            conditions.append("(attribute_exists(#since) OR attribute_exists(#left_at))")
            attributes |= names("since", "left_at")
        fence.check()
        try:
            with answered():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id, conversation_id),
                    UpdateExpression="SET #position = :position, #taken_at = :taken_at",
                    ConditionExpression=" AND ".join(conditions),
                    ExpressionAttributeNames=attributes,
                    ExpressionAttributeValues=values,
                    ReturnValues="ALL_OLD",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as refused:
            return Advance(False, row_of(refused.item) if refused.item else None)
        before = answer.get("Attributes")
        return Advance(True, row_of(before) if before else None)


def _key(user_id: str, conversation_id: str) -> dict[str, Any]:
    return {"user_id": string(user_id), "conversation_id": string(conversation_id)}
