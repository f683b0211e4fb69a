"""Posts, timelines, the graph and the chunk lanes in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from zlib import crc32

from tidings.domain.authors import NEVER, PulledAuthor, ReadRate
from tidings.domain.edges import FULL, Edge, Wish, grown, wished
from tidings.domain.idle import Seen, day_of
from tidings.domain.position import floor, ms_of
from tidings.domain.posts import Post, PostRef, TimelineEntry
from tidings.domain.stamp import Fence
from tidings.ports import Clock
from tidings.ports.timelines import Lane, ReaderState

DAY = 86_400_000

T = TypeVar("T", Post, TimelineEntry)


def _page(found: list[T], limit: int) -> tuple[list[T], str | None]:
    newest = sorted(found, key=lambda each: each.position, reverse=True)
    page = newest[:limit]
    return page, page[-1].position if len(newest) > limit else None


class FakePosts:
    """Posts by (author, position)."""

    def __init__(self) -> None:
        self.posts: dict[tuple[str, str], Post] = {}

    def append(self, post: Post, fence: Fence) -> Post | None:
        fence.check()
        standing = self.posts.get((post.author, post.position))
        if standing is None:
            self.posts[post.author, post.position] = post
        return standing

    def get(self, author: str, position: str, *, strong: bool) -> Post | None:
        return self.posts.get((author, position))

    def many(self, refs: Iterable[PostRef], *, strong: bool = False) -> dict[PostRef, Post]:
        wanted = ((ref, self.posts.get((ref.author, ref.position))) for ref in refs)
        return {ref: post for ref, post in wanted if post is not None}

    def tombstone(self, author: str, position: str, fence: Fence) -> bool:
        fence.check()
        if (author, position) not in self.posts:
            return False
        self.posts[author, position] = replace(self.posts[author, position], text=None)
        return True

    def page(self, author: str, after: str, before: str, limit: int, *, strong: bool) -> tuple[list[Post], str | None]:
        mine = [post for post in self.posts.values() if post.author == author and post.text is not None]
        return _page([post for post in mine if after < post.position < before], limit)


class FakeTimelines:
    """Entries by user id and position."""

    def __init__(self, clock: Clock, retention_ms: int = 30 * DAY) -> None:
        self.feeds: dict[str, dict[str, TimelineEntry]] = {}
        self._clock = clock
        self._retention = retention_ms

    def write(self, entries: Sequence[tuple[str, TimelineEntry]], fence: Fence) -> None:
        for start in range(0, len(entries), 25):
            fence.check()
            for user_id, entry in entries[start : start + 25]:
                self.feeds.setdefault(user_id, {})[entry.position] = entry

    def delete(self, keys: Sequence[tuple[str, str]], fence: Fence) -> None:
        for start in range(0, len(keys), 25):
            fence.check()
            for user_id, position in keys[start : start + 25]:
                self.feeds.get(user_id, {}).pop(position, None)

    def page(self, user_id: str, after: str, before: str, limit: int) -> tuple[list[TimelineEntry], str | None]:
        after = max(after, floor(self._clock.now() - self._retention))
        mine = self.feeds.get(user_id, {}).values()
        return _page([entry for entry in mine if after < entry.position < before], limit)


class FakeGraph:
    """Edges by (follower, author); followers by (author, shard); removals by user id.  `full`: followers a shard.

    `blocked` and `muted` say whom a reader is not shown.
    """

    def __init__(self, full: int = FULL) -> None:
        self.edges: dict[tuple[str, str], Edge] = {}
        self.halves: dict[tuple[str, int], set[str]] = {}
        self.removals: dict[str, dict[str, str]] = {}
        self.marks: dict[str, dict[tuple[str, int], int]] = {}
        self.days: dict[tuple[str, str], int] = {}
        self.seen: dict[str, Seen] = {}
        self.rates: dict[str, ReadRate] = {}
        self.shard_counts: dict[str, int] = {}
        self.page_size = 2_000
        self.full = full
        self.blocked: Callable[[str], frozenset[str]] = _nobody
        self.muted: Callable[[str], frozenset[str]] = _nobody

    def edge(self, follower: str, author: str) -> Edge | None:
        return self.edges.get((follower, author))

    def following(self, pairs: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        return frozenset(pair for pair in pairs if pair in self.edges and self.edges[pair].following)

    def follow(self, follower: str, author: str, position: str, fence: Fence) -> Edge | None:
        return self._change(follower, author, position, Wish.FOLLOW, fence)

    def unfollow(self, follower: str, author: str, position: str, fence: Fence) -> bool:
        return _is_at(position, self._change(follower, author, position, Wish.END, fence))

    def ask(self, follower: str, author: str, position: str, fence: Fence) -> Edge | None:
        return self._change(follower, author, position, Wish.ASK, fence)

    def answer(self, author: str, follower: str, position: str, fence: Fence, *, accept: bool) -> bool:
        wish = Wish.ACCEPT if accept else Wish.DECLINE
        return _is_at(position, self._change(follower, author, position, wish, fence))

    def _change(self, follower: str, author: str, position: str, wish: Wish, fence: Fence) -> Edge | None:
        fence.check()
        old = self.edge(follower, author)
        new = wished(old, author, position, wish)
        if new is None:
            return old
        if new.following and (old is None or not old.following):
            first = len(self.halves.get((author, 0), ()))
            shards = grown(self.shards(author), first, pressed=False, full=self.full)
            self.shard_counts[author] = shards
            new = replace(new, shard=crc32(follower.encode()) % shards)
            self.removals.get(follower, {}).pop(author, None)
        if old is not None:
            self.halves.get((author, old.shard), set()).discard(follower)
        if new.following:
            self.halves.setdefault((author, new.shard), set()).add(follower)
            self.days[author, follower] = day_of(ms_of(position))
        if wish is Wish.END:
            self.removals.setdefault(follower, {})[author] = position
        self.edges[follower, author] = new
        return new

    def reader(self, user_id: str) -> ReaderState:
        marks = self.marks.get(user_id, {})
        return ReaderState(
            removed=frozenset(self.removals.get(user_id, {})),
            blocked=self.blocked(user_id),
            muted=self.muted(user_id),
            pulled=tuple(sorted(PulledAuthor(author, start, until) for (author, start), until in marks.items())),
            seen=self.seen.get(user_id, Seen()),
            rate=self.rates.get(user_id, NEVER),
        )

    def clear_removal(self, user_id: str, author: str, position: str, fence: Fence) -> None:
        fence.check()
        if self.removals.get(user_id, {}).get(author) == position:
            del self.removals[user_id][author]

    def shards(self, author: str) -> int:
        return self.shard_counts.get(author, 1)

    def followers(self, author: str, shard: int, after: str | None) -> Iterator[list[str]]:
        behind = sorted(each for each in self.halves.get((author, shard), set()) if each > (after or ""))
        for start in range(0, len(behind), self.page_size):
            yield behind[start : start + self.page_size]

    def audience(
        self, author: str, shard: int, after: str | None, *, seen_from: int = 0
    ) -> Iterator[tuple[int, list[str]]]:
        while shard < self.shards(author):
            for page in self.followers(author, shard, after):
                yield shard, [each for each in page if self.days.get((author, each), seen_from) >= seen_from]
            shard, after = shard + 1, None


@dataclass(frozen=True, slots=True)
class Queued:
    """A job in a lane, visible at `due` (epoch ms)."""

    lane: Lane
    job: dict[str, Any]
    due: int


class FakeChunks:
    """The lanes.  A job goes through JSON, as it does through SQS, and is seen when its delay has passed."""

    def __init__(self, clock: Clock) -> None:
        self.queued: list[Queued] = []
        self._clock = clock

    def send(self, lane: Lane, jobs: Sequence[Mapping[str, object]], delay_ms: int = 0) -> None:
        if not 0 <= delay_ms <= 900_000:
            raise ValueError(f"a delay is at most 15 minutes, not {delay_ms} ms")
        for job in jobs:
            body = json.dumps(dict(job))
            if len(body.encode()) > 200_000:
                raise ValueError("a job is at most 200 KB")
            self.queued.append(Queued(lane, json.loads(body), self._clock.now() + delay_ms))

    def due(self, lane: Lane | None = None) -> list[dict[str, Any]]:
        """Take out the jobs that can be seen now, in the order in which they became visible."""
        now = self._clock.now()
        ready, waiting = [], []
        for each in self.queued:
            (ready if each.due <= now and lane in (None, each.lane) else waiting).append(each)
        self.queued = waiting
        return [each.job for each in sorted(ready, key=lambda each: each.due)]


def _nobody(_user_id: str) -> frozenset[str]:
    return frozenset()


def _is_at(position: str, edge: Edge | None) -> bool:
    return edge is not None and edge.position == position
