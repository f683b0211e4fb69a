"""`Memberships`: the reader's own side of a conversation: how far it was delivered and read.

Marks live in the reader's partition, so that the many readers of one conversation never heat its log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from tidings.domain.events import ReceiptKind
from tidings.domain.stamp import Fence
from tidings.domain.watermark import Watermark
from tidings.storage.attributes import Item, int_of, number, string, text_of
from tidings.storage.calls import ConditionFailed, answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FORWARD: Final = (
    "attribute_not_exists(#position) OR "
    "(#position <= :position AND #taken_at <= :taken_at AND (#position < :position OR #taken_at < :taken_at))"
)
"""`tidings.domain.watermark.step` says FORWARD."""


class MembershipStore:
    """The watermarks in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def watermarks(self, user_id: str, conversation_id: str) -> Mapping[ReceiptKind, Watermark]:
        """The marks that stand (eventually consistent)."""
        with answered():
            item = self._client.get_item(TableName=self._table, Key=_key(user_id, conversation_id)).get("Item", {})
        marks = {kind: _mark(item, kind) for kind in ReceiptKind}
        return {kind: mark for kind, mark in marks.items() if mark is not None}

    def advance(
        self, user_id: str, conversation_id: str, kind: ReceiptKind, mark: Watermark, fence: Fence
    ) -> Watermark | None:
        """Move a mark forward, by condition.  None: moved.  Else the mark that stands, unchanged."""
        fence.check()
        try:
            with answered():
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(user_id, conversation_id),
                    UpdateExpression="SET #position = :position, #taken_at = :taken_at",
                    ConditionExpression=_FORWARD,
                    ExpressionAttributeNames={"#position": str(kind), "#taken_at": _taken_at(kind)},
                    ExpressionAttributeValues={
                        ":position": string(mark.position),
                        ":taken_at": number(mark.taken_at),
                    },
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as refused:
            return _mark(refused.item, kind)
        return None


def _mark(item: Item, kind: ReceiptKind) -> Watermark | None:
    if kind not in item:
        return None
    return Watermark(text_of(item, kind), int_of(item, _taken_at(kind)))


def _taken_at(kind: ReceiptKind) -> str:
    return f"{kind}_at"


def _key(user_id: str, conversation_id: str) -> dict[str, Any]:
    return {"user_id": string(user_id), "conversation_id": string(conversation_id)}
