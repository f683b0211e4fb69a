"""`Graph`: who follows whom.  Both halves of an edge, the counts and the removal filter change in one transaction.

The follower's half is a register by position, and the transaction's only condition is that it is what was read
before: then the shard that was read is still where the author's half lies, and nothing else needs a condition, not
even a count.  Somebody else was quicker: read again and decide again.

All follows of one shard change the same count, so a crowd that comes at once stands in its own way: then, and when a
shard is full, the author gets more of them.  Whoever has a place keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from tidings.domain.edges import FULL, Edge, Wish, grown, wished
from tidings.domain.errors import RetryLater, Unavailable
from tidings.domain.stamp import Fence
from tidings.ports.timelines import ReaderState
from tidings.ports.world import Clock
from tidings.storage import edges, keys, readers
from tidings.storage.attributes import Item, int_of, names, number, string, text_of
from tidings.storage.batches import get_all
from tidings.storage.calls import ATTEMPTS, ConditionFailed, answered, wait_ms
from tidings.storage.conditional import write_all

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGE: Final = 2_000
"""Followers in one query: about 20 read units, so that a plan's reading is spread and can be resumed."""

_PATIENCE: Final = 2
"""Tries that somebody else's were in the way of, before there are more shards."""

BEFORE_SHARDS: Final = " "
"""Sorts before the edge that says how many shards there are."""


class GraphStore:
    """The follow graph in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock, retention_ms: int, full: int = FULL) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._retention = retention_ms
        self._full = full

    def edge(self, follower: str, author: str) -> Edge | None:
        """The follower's half, strongly read."""
        with answered():
            item = self._client.get_item(
                TableName=self._table, Key=edges.key(follower, keys.follows(author)), ConsistentRead=True
            ).get("Item")
        return edges.edge(item) if item else None

    def following(self, pairs: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Those of `pairs` of which the first follows the second (eventually consistent, in batches)."""
        wanted = [edges.key(follower, keys.follows(author)) for follower, author in dict.fromkeys(pairs)]
        found = get_all(self._client, self._table, wanted, self._clock)
        return frozenset(
            (text_of(item, "owner"), text_of(item, "edge").removeprefix(keys.FOLLOWS_PREFIX))
            for item in found
            if keys.DELETED not in item
        )

    def follow(self, follower: str, author: str, position: str, fence: Fence) -> Edge | None:
        """Make the edge unless the register holds this position or a later one.  What stands now."""
        return self._change(follower, author, position, Wish.FOLLOW, fence)

    def ask(self, follower: str, author: str, position: str, fence: Fence) -> Edge | None:
        """Ask the author to be followed, likewise."""
        return self._change(follower, author, position, Wish.ASK, fence)

    def unfollow(self, follower: str, author: str, position: str, fence: Fence) -> bool:
        """Leave a tombstone and a removal, likewise.  Whether this position stands now."""
        return _is_at(position, self._change(follower, author, position, Wish.END, fence))

    def answer(self, author: str, follower: str, position: str, fence: Fence, *, accept: bool) -> bool:
        """Make a follow of a request that was made before `position`, or end it.  Whether this position stands now."""
        wish = Wish.ACCEPT if accept else Wish.DECLINE
        return _is_at(position, self._change(follower, author, position, wish, fence))

    def _change(self, follower: str, author: str, position: str, wish: Wish, fence: Fence) -> Edge | None:
        """What stands when `wish` has been done, or was void."""
        for attempt in range(ATTEMPTS):
            old = self.edge(follower, author)
            new = wished(old, author, position, wish)
            if new is None:
                return old
            if new.following and (old is None or not old.following):
                new = replace(new, shard=self._shard(follower, author, attempt >= _PATIENCE, fence))
            items = edges.changes(self._table, follower, old, new, wish, self._retention)
            if write_all(self._client, items, fence) is None:
                return new
            self._clock.sleep(wait_ms(attempt))
        raise RetryLater("Too many changes to this follow at once. Send it again.")

    def _shard(self, follower: str, author: str, pressed: bool, fence: Fence) -> int:
        """Where the author's half will lie, as long as it is there; there are more shards first, if it is time."""
        item = self._marker(author)
        shards, first = _shards(item), int_of(item, edges.FOLLOWERS) if edges.FOLLOWERS in item else 0
        more = grown(shards, first, pressed=pressed, full=self._full)
        if more > shards and not self._grow(author, shards, more, fence):
            more = shards
        return crc32(follower.encode()) % more

    def _grow(self, author: str, shards: int, more: int, fence: Fence) -> bool:
        """Whether there are `more` shards from now on; somebody else may have seen to it.  Where so many follow that
        the item is never free, they go where they would have gone."""
        fence.check()
        try:
            with answered():
                self._client.update_item(
                    TableName=self._table,
                    Key=edges.key(keys.followers(author, 0), keys.EDGE_SHARDS),
                    UpdateExpression="SET #shards = :more",
                    ConditionExpression="attribute_not_exists(#shards) OR #shards = :shards",
                    ExpressionAttributeNames=names("shards"),
                    ExpressionAttributeValues={":more": number(more), ":shards": number(shards)},
                )
        except ConditionFailed:
            return True
        except Unavailable:
            return False
        return True

    def reader(self, user_id: str) -> ReaderState:
        """What a home read needs to know of its reader, in one query (strongly read: an unfollow shows at once)."""
        with answered():
            items = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#owner = :owner AND begins_with(#edge, :reader)",
                ExpressionAttributeNames=names("owner", "edge"),
                ExpressionAttributeValues={":owner": string(user_id), ":reader": string(keys.READER_PREFIX)},
                ConsistentRead=True,
            )["Items"]
        return readers.decode(items)

    def clear_removal(self, user_id: str, author: str, position: str, fence: Fence) -> None:
        """Take the removal made at `position` away, if it still is that one."""
        fence.check()
        try:
            with answered():
                self._client.update_item(
                    TableName=self._table,
                    Key=edges.key(user_id, keys.EDGE_REMOVED),
                    UpdateExpression="REMOVE #author",
                    ConditionExpression="#author = :position",
                    ExpressionAttributeNames={"#author": keys.removal(author)},
                    ExpressionAttributeValues={":position": string(position)},
                )
        except ConditionFailed:
            return  # Followed again, or removed again later: that removal is cleared by its own purge.

    def shards(self, author: str) -> int:
        """How many shards the author's followers have (at least 1)."""
        return _shards(self._marker(author))

    def _marker(self, author: str) -> Item:
        with answered():
            return self._client.get_item(
                TableName=self._table, Key=edges.key(keys.followers(author, 0), keys.EDGE_SHARDS)
            ).get("Item", {})

    def followers(self, author: str, shard: int, after: str | None) -> Iterator[list[str]]:
        """Followers in one shard in key order after `after`, a page at a time (eventually consistent)."""
        for items in self._halves(author, shard, keys.EDGE_SHARDS if after is None else after):
            yield [text_of(item, "edge") for item in items]

    def audience(
        self, author: str, shard: int, after: str | None, *, seen_from: int = 0
    ) -> Iterator[tuple[int, list[str]]]:
        """All followers from `shard` and the one after `after` on who have looked since the day `seen_from`: pages,
        each with its shard.

        Shard 0, read from its beginning, starts with the number of shards; further down it is read by itself.
        """
        whole = shard == 0 and after is None
        shards = 1 if whole else self.shards(author)
        bound = BEFORE_SHARDS if whole else after
        while shard < shards:
            for items in self._halves(author, shard, keys.EDGE_SHARDS if bound is None else bound):
                first = items[0]
                if text_of(first, "edge") == keys.EDGE_SHARDS:
                    shards, items = _shards(first), items[1:]
                if items:
                    yield shard, [text_of(item, "edge") for item in items if edges.seen_since(item, seen_from)]
            shard, bound = shard + 1, None

    def _halves(self, author: str, shard: int, after: str) -> Iterator[list[Item]]:
        """The items of one shard with edges above `after`, a page at a time, none empty."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "#owner = :owner AND #edge > :after",
            "ExpressionAttributeNames": names("owner", "edge"),
            "ExpressionAttributeValues": {
                ":owner": string(keys.followers(author, shard)),
                ":after": string(after),
            },
            "Limit": PAGE,
        }
        while True:
            with answered():
                answer = self._client.query(**request)
            if answer["Items"]:
                yield list(answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _shards(marker: Item) -> int:
    """How many shards the item ` shards` of shard 0 speaks of."""
    return int_of(marker, "shards") if "shards" in marker else 1


def _is_at(position: str, edge: Edge | None) -> bool:
    return edge is not None and edge.position == position
