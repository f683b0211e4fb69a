"""`Conversations`: reactions, one item a (message, user), beside the log: a register by position.

One that is withheld has an item of its own: what the other side has received stays as it was for them.

They are read for a page of messages at once: `react#<message>#<user>` sorts as the messages do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
            "conversation_id": string(reaction.conversation_id),
            "item": string(keys.reaction(reaction.target, reaction.sender, withheld=withheld)),
            "position": string(reaction.position),
        }
        item |= {"emoji": string(reaction.emoji)} if reaction.emoji else {keys.DELETED: string("1")}
        if withheld:
            item[keys.WITHHELD] = string("1")
        put_later(self._client, self._table, item, fence)

    def page(self, conversation_id: str, low: str, high: str, limit: int) -> tuple[list[StandingReaction], str | None]:
        """Reactions to the messages from `low` to `high`, those to the newest first, tombstones (without emoji)
        among them; the message that may have more than the `limit` looked at, None if that was all."""
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
        found = [_reaction(item) for item in looked_at]
        return found, _place(looked_at[-1])[0] if looked_at and "LastEvaluatedKey" in answer else None

    def of(self, conversation_id: str, position: str, user_id: str) -> StandingReaction | None:
        """One user's reaction to a message, as it stands for that user; a tombstone is none."""
        with answered():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#conversation_id = :conversation AND #item BETWEEN :shown AND :withheld",
                ExpressionAttributeNames=names("conversation_id", "item"),
                ExpressionAttributeValues={
                    ":conversation": string(conversation_id),
                    ":shown": string(keys.reaction(position, user_id)),
                    ":withheld": string(keys.reaction(position, user_id, withheld=True)),
                },
            )
        latest = max(map(_reaction, answer["Items"]), key=lambda each: each.position, default=None)
        return latest if latest is not None and latest.emoji else None


def _reaction(item: Item) -> StandingReaction:
    emoji = "" if keys.DELETED in item else text_of(item, "emoji")
    return StandingReaction(*_place(item), text_of(item, "position"), emoji, keys.WITHHELD in item)


def _place(item: Item) -> tuple[str, str]:
    """The message and the user."""
    target, _, user_id = text_of(item, "item").removeprefix(keys.REACTION_PREFIX).partition("#")
    return target, user_id.removesuffix("#")
