"""`Graph`, the attribute `seen` of the halves of follows and the items `reader#seen`: when readers last looked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidings.domain.stamp import Fence
from tidings.ports.timelines import Edge
from tidings.storage import edges, keys
from tidings.storage.attributes import above, names, number, string, text_of
from tidings.storage.calls import ConditionFailed, answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class LookStore:
    """The days in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def follows(self, reader: str, after: str | None, limit: int, *, strong: bool) -> tuple[list[Edge], str | None]:
        """Those whom a reader follows, in order of authors, out of up to `limit` edges; where to go on."""
        low = keys.follows("") if after is None else above(keys.follows(after))
        with answered():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#owner = :owner AND #edge BETWEEN :low AND :high",
                ExpressionAttributeNames=names("owner", "edge"),
                ExpressionAttributeValues={
                    ":owner": string(reader),
                    ":low": string(low),
                    ":high": string(keys.FOLLOWS_END),
                },
                Limit=limit,
                ConsistentRead=strong,
            )
        last = answer.get("LastEvaluatedKey")
        found = [edges.edge(item) for item in answer["Items"]]
        further = None if last is None else text_of(last, "edge").removeprefix(keys.FOLLOWS_PREFIX)
        return [each for each in found if each.following], further

    def refresh(self, reader: str, edge: Edge, day: int, fence: Fence) -> None:
        """Put the day on the author's half, unless that has gone or a later day stands."""
        place = edges.key(keys.followers(edge.author, edge.shard), reader)
        self._forward(place, "seen", day, fence, there="attribute_exists(#owner)")

    def note(self, reader: str, day: int, fence: Fence) -> None:
        """Put the day on the reader's note, unless a later one stands."""
        self._forward(edges.key(reader, keys.EDGE_SEEN), "day", day, fence)

    def ask(self, reader: str, at: int, fence: Fence) -> None:
        """Put the time on the reader's note, unless a later one stands."""
        self._forward(edges.key(reader, keys.EDGE_SEEN), "asked", at, fence)

    def _forward(self, place: dict[str, Any], name: str, value: int, fence: Fence, there: str = "") -> None:
        fence.check()
        less = f"(attribute_not_exists(#{name}) OR #{name} < :value)"
        try:
            with answered():
                self._client.update_item(
                    TableName=self._table,
                    Key=place,
                    UpdateExpression=f"SET #{name} = :value",
                    ConditionExpression=f"{there} AND {less}" if there else less,
                    ExpressionAttributeNames=names(name, "owner") if there else names(name),
                    ExpressionAttributeValues={":value": number(value)},
                )
        except ConditionFailed:
            return  # Not there any more, or ahead already.
