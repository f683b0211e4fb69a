"""`Conversations`: the `tally` item of a group.  Its rules are in `tidings.domain.tally`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from tidings.domain.events import ReceiptKind
from tidings.domain.stamp import Fence
from tidings.domain.tally import KINDS, Tally
from tidings.storage import keys
from tidings.storage.attributes import Item, int_of, names, number, string, text_of, text_or_none
from tidings.storage.calls import answered
from tidings.storage.conditional import update_where

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LAGGARDS: Final = {kind: f"{kind}_by" for kind in KINDS}
"""Attribute names of the laggards; how far everybody has got is under the kind itself."""


class TallyStore:
    """The tallies in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, conversation_id: str) -> Tally:
        """The tally, strongly read: a job that a confirmation finds pending has not begun, and will see it."""
        with answered():
            answer = self._client.get_item(TableName=self._table, Key=_key(conversation_id), ConsistentRead=True)
        return _tally(answer.get("Item", {}))

    def ask(self, conversation_id: str, seen: int, due: int, fence: Fence) -> bool:
        """Set `due` if it still is `seen` (0: there is none).  Whether it was set."""
        values = {":due": number(due)}
        if seen:
            values[":seen"] = number(seen)
        condition = "#due = :seen" if seen else "attribute_not_exists(#due)"
        return self._update(conversation_id, "SET #due = :due", condition, ("due",), values, fence)

    def begin(self, conversation_id: str, run: str, fence: Fence) -> Tally:
        """Take `due` and the laggards away.  The tally as it stands then."""
        fence.check()
        with answered():
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(conversation_id),
                UpdateExpression="SET #run = :run REMOVE #due, " + ", ".join(f"#{each}" for each in _LAGGARDS.values()),
                ExpressionAttributeNames=names("run", "due", *_LAGGARDS.values()),
                ExpressionAttributeValues={":run": string(run)},
                ReturnValues="ALL_NEW",
            )
        return _tally(answer["Attributes"])

    def finish(
        self,
        conversation_id: str,
        run: str,
        reached: Mapping[ReceiptKind, str],
        laggards: Mapping[ReceiptKind, str],
        fence: Fence,
    ) -> bool:
        """Set how far it came, if no other job has begun since `run` did.  Whether it was set."""
        found = {str(kind): position for kind, position in reached.items()}
        found |= {_LAGGARDS[kind]: user_id for kind, user_id in laggards.items()}
        values = {f":{name}": string(value) for name, value in found.items()} | {":run": string(run)}
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in found)
        return self._update(conversation_id, expression, "#run = :run", ("run", *found), values, fence)

    def _update(
        self,
        conversation_id: str,
        expression: str,
        condition: str,
        attributes: tuple[str, ...],
        values: dict[str, Any],
        fence: Fence,
    ) -> bool:
        place = _key(conversation_id)
        given = place, expression, condition, attributes, values, fence
        return update_where(self._client, self._table, *given) is None


def _tally(item: Item) -> Tally:
    return Tally(
        int_of(item, "due") if "due" in item else 0,
        text_or_none(item, "run") or "",
        {kind: text_of(item, kind) for kind in KINDS if kind in item},
        {kind: text_of(item, name) for kind, name in _LAGGARDS.items() if name in item},
    )


def _key(conversation_id: str) -> dict[str, Any]:
    return {"conversation_id": string(conversation_id), "item": string(keys.TALLY)}
