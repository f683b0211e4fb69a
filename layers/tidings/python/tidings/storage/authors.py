"""`Graph`, the items ` shards`: what is known of an author, in shard 0, and the counts of the other shards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tidings.domain.authors import Author
from tidings.domain.events import Path
from tidings.domain.stamp import Fence
from tidings.ports.world import Clock
from tidings.storage import edges, keys
from tidings.storage.attributes import Item, Value, int_of, number, string, text_of
from tidings.storage.batches import get_all
from tidings.storage.calls import answered
from tidings.storage.conditional import update_where

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TURNS: Final = ("path", "pulled_from", "leaving")
_COUNTS: Final = (
    "pulled_from",
    "leaving",
    "crossed",
    "weighed",
    "weighed_followers",
    "weighed_first",
    "post_rate",
    "read_rate",
)


class AuthorStore:
    """The authors in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def get(self, user_id: str, *, strong: bool) -> Author:
        """The author, whether they have followers or not."""
        with answered():
            answer = self._client.get_item(TableName=self._table, Key=_key(user_id, 0), ConsistentRead=strong)
        return decode(user_id, answer.get("Item", {}))

    def followers(self, author: Author) -> int:
        """The sum of all shards (eventually consistent, half a unit each; none for the one that was read)."""
        others = [_key(author.user_id, shard) for shard in range(1, author.shards)]
        found = get_all(self._client, self._table, others, self._clock)
        return author.followers + sum(_count(item, "followers") for item in found)

    def turn(self, old: Author, new: Author, fence: Fence) -> bool:
        """Put the path and its times on condition that they stand as in `old`."""
        values: dict[str, Value] = {":path": string(new.path), ":old_path": string(old.path)}
        for name in ("pulled_from", "leaving"):
            values |= {f":{name}": number(getattr(new, name)), f":old_{name}": number(getattr(old, name))}
        unset = Author(old.user_id)
        return self._update(
            old.user_id,
            "SET #path = :path, #pulled_from = :pulled_from, #leaving = :leaving, #crossed = :crossed",
            " AND ".join(
                f"(attribute_not_exists(#{name}) OR #{name} = :old_{name})"
                if getattr(old, name) == getattr(unset, name)
                else f"#{name} = :old_{name}"
                for name in _TURNS
            ),
            (*_TURNS, "crossed"),
            {**values, ":crossed": number(new.crossed)},
            fence,
        )

    def weigh(self, author: Author, fence: Fence) -> bool:
        """Put what was measured, unless it was measured later."""
        measured = ("weighed", "weighed_followers", "weighed_first", "post_rate", "read_rate")
        return self._update(
            author.user_id,
            "SET " + ", ".join(f"#{name} = :{name}" for name in measured),
            "attribute_not_exists(#weighed) OR #weighed <= :weighed",
            measured,
            {f":{name}": number(getattr(author, name)) for name in measured},
            fence,
        )

    def _update(
        self,
        user_id: str,
        expression: str,
        condition: str,
        attributes: tuple[str, ...],
        values: dict[str, Value],
        fence: Fence,
    ) -> bool:
        place = _key(user_id, 0)
        given = place, expression, condition, attributes, values, fence
        return update_where(self._client, self._table, *given) is None


def decode(user_id: str, item: Item) -> Author:
    """What the item of shard 0 says."""
    return Author(
        user_id,
        shards=int_of(item, "shards") if "shards" in item else 1,
        followers=_count(item, "followers"),
        path=Path(text_of(item, "path")) if "path" in item else Path.PUSH,
        **{name: _count(item, name) for name in _COUNTS},
    )


def _count(item: Item, name: str) -> int:
    return int_of(item, name) if name in item else 0


def _key(user_id: str, shard: int) -> dict[str, Any]:
    return edges.key(keys.followers(user_id, shard), keys.EDGE_SHARDS)
