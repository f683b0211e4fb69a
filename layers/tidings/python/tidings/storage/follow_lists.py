"""`Graph`, as people see it: counts, lists and requests.  `tidings.storage.graph` changes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from tidings.ports.follows import Counts
from tidings.ports.world import Clock
from tidings.storage import edges, keys
from tidings.storage.attributes import Item, above, int_of, names, string, text_of
from tidings.storage.batches import get_all
from tidings.storage.calls import answered
from tidings.storage.edges import key
from tidings.storage.listing import ROUNDS, listed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FIRST: Final = above(keys.EDGE_SHARDS)
"""Sorts after the item of the shard, and before its followers."""


class FollowListStore:
    """Follows in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def counts(self, users: Iterable[str]) -> Mapping[str, Counts]:
        """How many follow each, and how many each follows.

        A read unit a user, and half a unit more for each further shard of somebody's followers.
        """
        wanted = list(dict.fromkeys(users))
        places = [(keys.followers(user, 0), keys.EDGE_SHARDS) for user in wanted]
        found = self._many(place for pair in zip(places, _own(wanted), strict=True) for place in pair)
        shards = {user: _number(found.get(place), "shards", 1) for user, place in zip(wanted, places, strict=True)}
        further = (
            (keys.followers(user, shard), keys.EDGE_SHARDS) for user in wanted for shard in range(1, shards[user])
        )
        found |= self._many(further)
        return {
            user: Counts(
                sum(
                    _number(found.get((keys.followers(user, shard), keys.EDGE_SHARDS)), edges.FOLLOWERS)
                    for shard in range(shards[user])
                ),
                _number(found.get((user, keys.EDGE_COUNTS)), edges.FOLLOWING),
            )
            for user in wanted
        }

    def _many(self, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Item]:
        items = get_all(self._client, self._table, [key(*place) for place in places], self._clock)
        return {(text_of(item, "owner"), text_of(item, "edge")): item for item in items}

    def following(self, user: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Up to `limit` of those whom `user` follows, in order of user ids; where to go on, None at the end."""
        return listed(
            self._client, self._table, user, keys.FOLLOWS_PREFIX, after, limit, lambda item: keys.DELETED not in item
        )

    def requests(self, author: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Up to `limit` of those who ask to follow `author`, in order of user ids; where to go on, None at the end."""
        return listed(self._client, self._table, author, keys.REQUESTS_PREFIX, after, limit, lambda _item: True)

    def asking(self, pairs: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Those of `pairs` of which the first asks to follow the second."""
        found = self._many((author, keys.requests(follower)) for follower, author in dict.fromkeys(pairs))
        return frozenset((edge.removeprefix(keys.REQUESTS_PREFIX), author) for author, edge in found)

    def followers(self, author: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Up to `limit` of those who follow `author`, shard by shard; where to go on, None at the end."""
        shard, last = _place(after)
        shards = self._shards(author)
        found: list[str] = []
        for _ in range(ROUNDS):
            if shard >= shards:
                return found, None
            low = _FIRST if last is None else above(last)
            users, more = self._shard(keys.followers(author, shard), low, limit - len(found))
            found += users
            if more:
                last = users[-1]
            else:
                shard, last = shard + 1, None
            if len(found) == limit:
                break
        return found, None if shard >= shards else f"{shard}.{last or ''}"

    def _shard(self, owner: str, low: str, limit: int) -> tuple[list[str], bool]:
        with answered():
            answer: Any = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#owner = :owner AND #edge >= :low",
                ExpressionAttributeNames=names("owner", "edge"),
                ExpressionAttributeValues={":owner": string(owner), ":low": string(low)},
                Limit=limit,
            )
        return [text_of(item, "edge") for item in answer["Items"]], "LastEvaluatedKey" in answer

    def _shards(self, author: str) -> int:
        place = (keys.followers(author, 0), keys.EDGE_SHARDS)
        return _number(self._many([place]).get(place), "shards", 1)


def _own(users: Iterable[str]) -> Iterable[tuple[str, str]]:
    return ((user, keys.EDGE_COUNTS) for user in users)


def _number(item: Item | None, name: str, otherwise: int = 0) -> int:
    return int_of(item, name) if item is not None and name in item else otherwise


def _place(after: str | None) -> tuple[int, str | None]:
    """The shard and the follower that a cursor names; a shard's beginning has none."""
    if after is None:
        return 0, None
    shard, _, user = after.partition(".")
    return int(shard), user or None
