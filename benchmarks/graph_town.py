"""A Zipf follower graph, put straight into the tables of a development host: who follows whom, as the stores keep it.

A real author then posts through a real socket.  Authors' halves of all edges are there, which is what a fan-out reads;
followers' halves and marks only for the reader whose home is measured.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final
from zlib import crc32

from tidings.domain.idle import day_of
from tidings.domain.position import stamped
from tidings.storage import edges, keys
from tidings.storage.attributes import number, string

BATCH: Final = 25
LOADERS: Final = 4
SHARD_OF: Final = 1_000
"""Followers a shard, about."""
MOST_SHARDS: Final = 16
READER: Final = "the-reader"
TEXT: Final = "the quick brown fox jumps over the lazy dog, again and again, until there are a hundred characters"


@dataclass(frozen=True, slots=True)
class Town:
    """Users by rank, and who follows each author."""

    users: tuple[str, ...]
    followers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def edges(self) -> int:
        """How many follows there are."""
        return sum(map(len, self.followers.values()))


def name(rank: int) -> str:
    """A user id of 36 characters, as most issuers give."""
    return f"user-{rank:08d}-0000-4000-8000-0000000"


def town(users: int, most: int, dice: random.Random) -> Town:
    """`users` of whom the first has `most` followers, the second half as many, and so on."""
    everybody = tuple(name(rank) for rank in range(users))
    followers = {}
    for rank, author in enumerate(everybody):
        count = most // (rank + 1)
        if count:
            drawn = dice.sample(range(users - 1), min(count, users - 1))
            followers[author] = tuple(sorted(everybody[each + (each >= rank)] for each in drawn))
    return Town(everybody, followers)


def shards_of(count: int) -> int:
    """In how many shards so many followers are."""
    return min(MOST_SHARDS, max(1, 1 << (count // SHARD_OF).bit_length()))


def halves(graph: Town, now: int) -> Iterator[dict[str, Any]]:
    """The authors' halves, all of users who have looked today, and what each shard says of itself."""
    today = {"seen": number(day_of(now))}
    for author, followers in graph.followers.items():
        shards = shards_of(len(followers))
        counts = [0] * shards
        for follower in followers:
            shard = crc32(follower.encode()) % shards
            counts[shard] += 1
            yield {**edges.key(keys.followers(author, shard), follower), **today}
        for shard, count in enumerate(counts):
            about = {"followers": number(count)} | ({"shards": number(shards)} if shard == 0 else {})
            yield {**edges.key(keys.followers(author, shard), keys.EDGE_SHARDS), **about}


def users_of(graph: Town) -> Iterator[dict[str, Any]]:
    """Everybody has connected once."""
    for user in graph.users:
        yield {"user_id": string(user), "created_at": number(1)}


def following(follower: str, authors: Iterable[str], now: int) -> Iterator[dict[str, Any]]:
    """Both halves of the follows of one reader, and that the reader has looked today."""
    at = stamped(now, follower, "bench", "follows")
    for author in authors:
        yield {**edges.key(follower, keys.follows(author)), "position": string(str(at)), "shard": number(0)}
        yield {**edges.key(keys.followers(author, 0), follower), "seen": number(day_of(now))}
    yield {**edges.key(follower, keys.EDGE_SEEN), "day": number(day_of(now))}


def load(database: Any, table: str, items: Iterable[dict[str, Any]]) -> int:
    """Put items, some batches at a time.  How many."""

    def put(batch: list[dict[str, Any]]) -> int:
        requests: Any = {table: [{"PutRequest": {"Item": item}} for item in batch]}
        while requests:
            requests = database.batch_write_item(RequestItems=requests).get("UnprocessedItems")
        return len(batch)

    with ThreadPoolExecutor(LOADERS) as pool:
        return sum(pool.map(put, _batches(items)))


def _batches(items: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
