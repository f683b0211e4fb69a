"""The home page of a reader of many authors, some of them pulled, on the development host."""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from typing import Final

from benchmarks import graph_town, ledger
from benchmarks.graph_bench import Bench, compare, settled, used
from benchmarks.graph_town import READER, TEXT
from benchmarks.load import opened
from client import Client
from tidings.domain.events import Path
from tidings.domain.position import floor, stamped
from tidings.domain.posts import Post, TimelineEntry
from tidings.domain.stamp import Fence, Times
from tidings.storage import keys
from tidings.storage.marks import MarkStore
from tidings.storage.posts import PostStore
from tidings.storage.timelines import TimelineStore

FOLLOWS: Final = 200
PULLED: Final = 20
POSTS_EACH: Final = 5
PAGES: Final = 200
RETENTION_MS: Final = 30 * 86_400_000


class Now:
    """The clock of what is put into tables."""

    def now(self) -> int:
        """Epoch ms."""
        return int(time.time() * 1_000)

    def sleep(self, ms: int) -> None:
        """Wait."""
        time.sleep(ms / 1_000)


def furnish(bench: Bench) -> None:
    """Give the reader 200 authors with some posts each, of whom 20 are pulled, and marks of these."""
    now = int(time.time() * 1_000)
    start, clock = now - 3_600_000, Now()
    authors = [f"followed-{number:08d}-4000-8000-0000000000" for number in range(FOLLOWS)]
    items = graph_town.following(READER, authors, start)
    graph_town.load(bench.database, bench.table(keys.GRAPH), items)
    fence = Fence(now, Times(), lambda: now)
    posts = PostStore(bench.database, bench.table(keys.POSTS), clock)
    timelines = TimelineStore(bench.database, bench.table(keys.TIMELINES), clock, RETENTION_MS)
    marks = MarkStore(bench.database, bench.table(keys.GRAPH), clock, RETENTION_MS)
    copies = []
    for place, author in enumerate(authors):
        pulled = place % (FOLLOWS // PULLED) == 0
        for number in range(POSTS_EACH):
            at = str(stamped(start + 1 + number * FOLLOWS * 100 + place * 100, author, "bench", f"{number}"))
            if pulled:
                posts.append(Post(author, at, f"c{number}", Path.PULL, TEXT), fence)
            else:
                copies.append((READER, TimelineEntry(author, at, TEXT)))
        if pulled:
            assert marks.open(READER, author, start, PULLED, fence)
    timelines.write(copies, fence)


async def home(bench: Bench, stack: AsyncExitStack) -> None:
    """The reader's first pages, one after the other."""
    await asyncio.to_thread(graph_town.load, bench.database, bench.table(keys.USERS), [{"user_id": {"S": READER}}])
    await asyncio.to_thread(furnish, bench)
    client = await opened(stack, bench.told, bench.control, READER)
    page = await client.home(limit=20)
    shown = [each.author for each in page.posts]
    pulled = sum(int(author.split("-")[1]) % (FOLLOWS // PULLED) == 0 for author in shown if author != READER)
    assert len(shown) == 20 and floor(0) < page.posts[0].position
    await settled(bench)
    mark = (await bench.control.mark())["mark"]
    took = []
    for _ in range(PAGES):
        began = time.perf_counter()
        await client.home(limit=20)
        took.append((time.perf_counter() - began) * 1_000)
        await asyncio.sleep(0.01)
    calls = await bench.control.invocations("Timeline", contains="timeline.home", limit=PAGES)
    measured = await used(bench, mark, ("timeline.home",))
    own = statistics.median(each["cpu_ms"] for each in calls)
    inside = statistics.median(each["billed_ms"] for each in calls)
    p50, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
    print(f"home of {FOLLOWS} authors, {PULLED} of them pulled ({pulled} of 20 posts are theirs):")
    print(f"  p50 / p99 {p50:.1f} / {p99:.1f} ms; in the function {inside:.0f} ms, of which {own:.0f} ms its own CPU")
    print(f"  the rest, {max(0.0, inside - own):.0f} ms or {max(0.0, 1 - own / inside):.0%}, it waits for the emulator")
    budget = 5 + PULLED + FOLLOWS / 136
    print(
        f"  read units {measured.reads / PAGES:.2f} (budget {budget:.1f}), with first pages remembered for two seconds"
    )
    await cold(bench, client)


async def cold(bench: Bench, client: Client) -> None:
    """Pages for which no author's first page is remembered, held against the ledger."""
    pages, took = 10, []
    await settled(bench)
    mark = (await bench.control.mark())["mark"]
    for _ in range(pages):
        await bench.control.advance(5_000)
        began = time.perf_counter()
        await client.home(limit=20)
        took.append((time.perf_counter() - began) * 1_000)
    measured = await used(bench, mark, ("timeline.home",))
    print(f"  nothing remembered: median {statistics.median(took):.1f} ms, read units {measured.reads / pages:.2f}")
    compare("ledger, home pages", ledger.home(PULLED) * pages, measured)
