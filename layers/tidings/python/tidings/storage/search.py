"""`Search`: recent posts in shards of a day, the terms that are awake, and their postings in shards.

Shards of one partition are read at the same time where `each` says so (`tidings.services.threads`); what they give is
complete down to where the first of them stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar
from zlib import crc32

from tidings.domain.position import LAST, floor, ms_of
from tidings.domain.search import Posting, Recent
from tidings.domain.stamp import Fence
from tidings.ports.world import Clock
from tidings.storage import keys, search_keys
from tidings.storage.attributes import Item, expiry, names, string, text_of
from tidings.storage.batches import Request, delete, put, write_all
from tidings.storage.calls import answered
from tidings.storage.terms import TermStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")
Each = Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]
"""Applies a function to each, in any order or at once; the results in order."""

DAY_MS: Final = 86_400_000
AHEAD_MS: Final = 60_000
"""A post's stamp may be so much ahead of the reader's clock."""
SPARE: Final = 2
"""Read a shard beyond its share: shards are not quite even."""


def in_turn(do: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """One after the other."""
    return [do(item) for item in items]


class SearchStore(TermStore):
    """The index in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock, horizon_ms: int, each: Each = in_turn) -> None:
        super().__init__(client, table, clock, horizon_ms)
        self._each = each

    def remember(self, post: Recent, fence: Fence) -> None:
        """Enter a post among the recent ones; twice is harmless, and one beyond the horizon would never show."""
        if self._gone(post.position):
            return
        item = self._item(_recent(post.position), post.position, post.author) | {"text": string(post.text)}
        if post.cut:
            item["truncated"] = string("1")
        write_all(self._client, self._table, [put(item)], fence, self._clock)

    def forget(self, author: str, position: str, fence: Fence) -> None:
        """Take it out."""
        request = delete(_key(_recent(position), position, author))
        write_all(self._client, self._table, [request], fence, self._clock)

    def recall(self, author: str, position: str) -> Recent | None:
        """What is remembered of a post, strongly read."""
        with answered():
            item = self._client.get_item(
                TableName=self._table, Key=_key(_recent(position), position, author), ConsistentRead=True
            ).get("Item")
        return _decode(item) if item else None

    def recent(self, before: str, after: str, limit: int) -> tuple[list[Recent], str | None]:
        """About `limit` posts of one day strictly below `before` and above `after`, newest first, strongly read; and
        down to where nothing is missing: a position or a floor, None where that is `after`."""
        top = self._clock.now() + AHEAD_MS if before >= LAST else ms_of(before)
        day = top // DAY_MS
        if before == floor(day * DAY_MS):
            day -= 1
        bottom = max(after, floor(day * DAY_MS))
        partitions = [search_keys.recent(day, shard) for shard in range(search_keys.RECENT_SHARDS)]
        items, level = self._read(partitions, before, bottom, limit, strong=True)
        found = [_decode(item) for item in items]
        if level is None and bottom > after:
            level = bottom
        return found, level

    def enter(self, postings: Iterable[tuple[str, Posting]], fence: Fence) -> None:
        """Write (term, posting) each, in batches; twice is harmless."""
        self._change([put(self._item(*place)) for place in _places(postings) if not self._gone(place[1])], fence)

    def drop(self, postings: Iterable[tuple[str, Posting]], fence: Fence) -> None:
        """Delete (term, posting) each, in batches."""
        self._change([delete(_key(*place)) for place in _places(postings)], fence)

    def postings(self, term: str, before: str, after: str, limit: int) -> tuple[Sequence[Posting], str | None]:
        """About `limit` postings strictly below `before` and above `after`, newest first; and the position down to
        where nothing is missing, None where that is `after`."""
        partitions = [search_keys.postings(term, shard) for shard in range(search_keys.POSTING_SHARDS)]
        items, level = self._read(partitions, before, after, limit)
        return [Posting(*_named(item)) for item in items], level

    def _change(self, requests: Sequence[Request], fence: Fence) -> None:
        write_all(self._client, self._table, requests, fence, self._clock)

    def _read(
        self, partitions: Sequence[str], before: str, after: str, limit: int, *, strong: bool = False
    ) -> tuple[list[Item], str | None]:
        """Items of all of `partitions` between the two, newest first, down to where one of them stopped."""
        if before <= after:
            return [], None

        def one(partition: str) -> tuple[list[Item], str | None]:
            with answered():
                answer = self._client.query(
                    TableName=self._table,
                    KeyConditionExpression="#term = :term AND #position BETWEEN :low AND :high",
                    ExpressionAttributeNames=names("term", "position"),
                    ExpressionAttributeValues={
                        ":term": string(partition),
                        ":low": string(after + "$"),  # `$` sorts above the `#` behind a position, and below its `-`.
                        ":high": string(before),
                    },
                    ScanIndexForward=False,
                    ConsistentRead=strong,
                    Limit=limit // len(partitions) + SPARE,
                )
            items: list[Item] = list(answer["Items"])
            more = "LastEvaluatedKey" in answer
            return items, text_of(items[-1], "position") if more else None

        answers: list[tuple[list[Item], str | None]] = self._each(one, partitions)
        level = max((last for _, last in answers if last is not None), default=None)
        found = [item for items, _ in answers for item in items if level is None or text_of(item, "position") >= level]
        found.sort(key=lambda item: text_of(item, "position"), reverse=True)
        return found, None if level is None else level.partition("#")[0]

    def _gone(self, position: str) -> bool:
        return ms_of(position) <= self._clock.now() - self._horizon

    def _item(self, partition: str, position: str, author: str) -> dict[str, Any]:
        return {**_key(partition, position, author), keys.TTL: expiry(ms_of(position) + self._horizon)}


def _places(postings: Iterable[tuple[str, Posting]]) -> list[tuple[str, str, str]]:
    """Partition, position and author of each, once."""
    return list(
        dict.fromkeys(
            (
                search_keys.postings(term, _shard(each.position, search_keys.POSTING_SHARDS)),
                each.position,
                each.author,
            )
            for term, each in postings
        )
    )


def _recent(position: str) -> str:
    return search_keys.recent(ms_of(position) // DAY_MS, _shard(position, search_keys.RECENT_SHARDS))


def _shard(position: str, shards: int) -> int:
    return crc32(position.encode()) % shards


def _key(partition: str, position: str, author: str) -> dict[str, Any]:
    return {"term": string(partition), "position": string(search_keys.posting(position, author))}


def _named(item: Item) -> tuple[str, str]:
    """Position and author of an item."""
    position, _, author = text_of(item, "position").partition("#")
    return position, author


def _decode(item: Item) -> Recent:
    position, author = _named(item)
    return Recent(author, position, text_of(item, "text"), "truncated" in item)
