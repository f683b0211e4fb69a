"""`Conversations`: reactions, one item a (message, user), beside the log: a register by position.

They are read for a page of messages at once: `react#<message>#<user>` sorts as the messages do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidings.domain.events import Reaction
from tidings.domain.stamp import Fence
from tidings.ports.messaging import StandingReaction
from tidings.storage import keys
from tidings.storage.attributes import Item, names, string, text_of
from tidings.storage.calls import answered
from tidings.storage.conditional import put_later

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ReactionStore:
    """The reactions in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def put(self, reaction: Reaction, fence: Fence, *, withheld: bool = False) -> None:
        """Make it the user's reaction unless a later one stands.  An empty one leaves a tombstone."""
        item = {
            **_key(reaction.conversation_id, reaction.target, reaction.sender),
            "position": string(reaction.position),
        }
        item |= {"emoji": string(reaction.emoji)} if reaction.emoji else {keys.DELETED: string("1")}
        if withheld:
            item[keys.WITHHELD] = string("1")
        put_later(self._client, self._table, item, fence)

    def page(self, conversation_id: str, low: str, high: str, limit: int) -> tuple[list[StandingReaction], str | None]:
        """Reactions to the messages from `low` to `high`, those to the newest first, tombstones left out; the message
        that may have more than the `limit` looked at, None if that was all."""
        with answered():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#conversation_id = :conversation AND #item BETWEEN :low AND :high",
                ExpressionAttributeNames=names("conversation_id", "item"),
                ExpressionAttributeValues={
                    ":conversation": string(conversation_id),
                    ":low": string(keys.reaction(low, "")),
                    ":high": string(keys.reaction(high, keys.AFTER_USERS)),
                },
                ScanIndexForward=False,
                Limit=limit,
            )
        looked_at = answer["Items"]
        found = [_reaction(item) for item in looked_at if keys.DELETED not in item]
        return found, _place(looked_at[-1])[0] if looked_at and "LastEvaluatedKey" in answer else None

    def of(self, conversation_id: str, position: str, user_id: str) -> StandingReaction | None:
        """One user's reaction to a message; a tombstone is none."""
        with answered():
            item = self._client.get_item(TableName=self._table, Key=_key(conversation_id, position, user_id)).get(
                "Item"
            )
        return _reaction(item) if item and keys.DELETED not in item else None


def _reaction(item: Item) -> StandingReaction:
    return StandingReaction(*_place(item), text_of(item, "position"), text_of(item, "emoji"), keys.WITHHELD in item)


def _place(item: Item) -> tuple[str, str]:
    """The message and the user."""
    target, _, user_id = text_of(item, "item").removeprefix(keys.REACTION_PREFIX).partition("#")
    return target, user_id


def _key(conversation_id: str, position: str, user_id: str) -> dict[str, Any]:
    return {"conversation_id": string(conversation_id), "item": string(keys.reaction(position, user_id))}
