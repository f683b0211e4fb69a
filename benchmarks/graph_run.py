"""A Zipf graph on the development host: what a post to very many costs and how long it takes, and a merged home page.

    graph    20,000 users, the most followed of whom has 10,000 followers, the next half as many, …
    posts    through real sockets: some of the most followed, then of authors drawn from all
    home     a reader of 200 authors, of whom 20 are pulled

Nothing is assumed to have arrived: the timelines are read from their table and compared with who follows whom.  What
the meter counted is held against `benchmarks.ledger`.  `python -m benchmarks.graph_run [--users N] [--followers N]`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

from benchmarks import graph_town, ledger
from benchmarks.graph_town import READER, Town
from benchmarks.ledger import Units
from benchmarks.load import host, opened
from client import Client
from local.aws import client as aws
from local.control_client import AsyncControlClient
from tidings.domain.events import Path
from tidings.domain.position import floor, stamped
from tidings.domain.posts import Post, TimelineEntry
from tidings.domain.stamp import Fence, Times
from tidings.storage import keys
from tidings.storage.marks import MarkStore
from tidings.storage.posts import PostStore
from tidings.storage.timelines import TimelineStore

SEED: Final = 7
BIG_POSTS: Final = 3
SMALL_POSTS: Final = 60
FOLLOWS: Final = 200
PULLED: Final = 20
POSTS_EACH: Final = 5
PAGES: Final = 200
FANOUT: Final = ("post", "PlanPosts", "WorkSmall", "WorkLarge")
TEXT: Final = "the quick brown fox jumps over the lazy dog, again and again, until there are a hundred characters"
RETENTION_MS: Final = 30 * 86_400_000
PUSH_ALL: Final = "never_pull=1000000"
"""Nobody has read anything here: by the rate rule all these authors would be pulled."""


class Now:
    """The clock of what is put into tables."""

    def now(self) -> int:
        """Epoch ms."""
        return int(time.time() * 1_000)

    def sleep(self, ms: int) -> None:
        """Wait."""
        time.sleep(ms / 1_000)


@dataclass(slots=True)
class Bench:
    """A host with a graph in it."""

    told: dict[str, Any]
    control: AsyncControlClient
    state: dict[str, Any]
    graph: Town

    @property
    def database(self) -> Any:
        """A client of the local DynamoDB, with root's rights."""
        return aws("dynamodb", self.state["aws"])

    def table(self, which: keys.Table) -> str:
        """Its deployed name."""
        return str(self.state["tables"][which.name])


@dataclass(frozen=True, slots=True)
class Sent:
    """A post that was acked."""

    author: str
    position: str
    text: str
    ack_ms: float


async def fill(bench: Bench) -> None:
    """The graph."""
    began = time.perf_counter()
    now = int(time.time() * 1_000)
    loads = ((keys.USERS, graph_town.users_of(bench.graph)), (keys.GRAPH, graph_town.halves(bench.graph, now)))
    total = 0
    for table, items in loads:
        total += await asyncio.to_thread(graph_town.load, bench.database, bench.table(table), items)
    most = max(map(len, bench.graph.followers.values()))
    print(f"{len(bench.graph.users):,} users, {bench.graph.edges:,} follows, the most followed by {most:,}")
    print(f"{total:,} items put in {time.perf_counter() - began:.0f} s")


async def post(client: Client, author: str, text: str) -> Sent:
    """One post, and how long its ack took."""
    began = time.perf_counter()
    ack = await client.post(text)
    return Sent(author, str(ack.position), text, (time.perf_counter() - began) * 1_000)


async def settled(bench: Bench) -> None:
    """Until nothing is on its way."""
    await bench.control.idle(110)


async def used(bench: Bench, mark: int, operations: Iterable[str]) -> Units:
    """What was metered since a mark.  The host meters requests that send to a queue, not those that receive."""
    found = (await bench.control.meter(mark))["operations"]
    tallies = [found[each] for each in operations if each in found]

    def total(unit: str) -> float:
        return float(sum(tally[unit] for tally in tallies))

    return Units(total("write"), total("read"), total("sqs"), total("invocations"))


async def big(bench: Bench, stack: AsyncExitStack) -> None:
    """The most followed author posts."""
    author = bench.graph.users[0]
    audience = len(bench.graph.followers[author])
    client = await opened(stack, bench.told, bench.control, author)
    await client.post("to warm up")
    await settled(bench)
    lasted, rates, sent = [], [], []
    mark = (await bench.control.mark())["mark"]
    for number in range(BIG_POSTS):
        sent.append(await post(client, author, f"big {number} {TEXT}"))
        await settled(bench)
        work = await bench.control.invocations("Work", contains=sent[-1].position, limit=2_000)
        ends = max(each["started_ms"] + each["billed_ms"] for each in work)
        lasted.append((ends - int(sent[-1].position[:13])) / 1_000)
        rates.append((audience + 1) / (sum(each["billed_ms"] for each in work) / 1_000))
        workers = len({each["pid"] for each in work})
        print(f"  post {number}: {lasted[-1]:.1f} s to the last copy, {len(work)} jobs' batches by {workers} workers")
    measured = await used(bench, mark, FANOUT)
    expected = ledger.post(audience, audience) * BIG_POSTS
    print(f"post to {audience:,}: ack {statistics.median(each.ack_ms for each in sent):.0f} ms")
    print(
        f"  fan-out {statistics.median(lasted):.1f} s, {audience / statistics.median(lasted):,.0f} copies/s, "
        f"{statistics.median(rates):,.0f} copies/s a worker"
    )
    copies = BIG_POSTS * (audience + 1)
    allowed = (audience / 60 + 1) / audience
    print(f"  write units a copy {measured.writes / copies:.4f} (budget {(3 + audience) / (audience + 1):.4f})")
    print(f"  read units a copy {measured.reads / copies:.4f} (budget {allowed:.4f})")
    compare("ledger, the big posts", expected, measured)
    await check(bench, sent)


async def many(bench: Bench, stack: AsyncExitStack, dice: random.Random) -> None:
    """Authors drawn from all that have followers post at the same time."""
    authors = dice.sample(list(bench.graph.followers)[1:], min(SMALL_POSTS, len(bench.graph.followers) - 1))
    clients = [await opened(stack, bench.told, bench.control, author) for author in authors]
    await settled(bench)
    mark = (await bench.control.mark())["mark"]
    began = time.perf_counter()
    sent = await asyncio.gather(
        *(post(client, author, f"small {TEXT}") for client, author in zip(clients, authors, strict=True))
    )
    await settled(bench)
    took = time.perf_counter() - began
    measured = await used(bench, mark, FANOUT)
    expected = Units()
    for author in authors:
        audience = len(bench.graph.followers[author])
        expected += ledger.post(audience, audience)
    copies = sum(len(bench.graph.followers[author]) for author in authors)
    print(f"{len(sent)} posts to {copies:,} followers together: all there after {took:.1f} s")
    compare("ledger, posts of drawn authors", expected, measured)
    await check(bench, sent)


async def check(bench: Bench, sent: Sequence[Sent]) -> None:
    """Each follower, and the author, has each post once, and nobody else has."""
    expected = Counter(
        (reader, each.author, each.position, each.text)
        for each in sent
        for reader in (each.author, *bench.graph.followers[each.author])
    )
    wanted = {(each.author, each.position) for each in sent}

    def read() -> Counter[tuple[str, str, str, str]]:
        found: Counter[tuple[str, str, str, str]] = Counter()
        pages = bench.database.get_paginator("scan").paginate(TableName=bench.table(keys.TIMELINES))
        for page in pages:
            for item in page["Items"]:
                place = item["author"]["S"], item["position"]["S"]
                if place in wanted:
                    found[item["user_id"]["S"], *place, item["text"]["S"]] += 1
        return found

    found = await asyncio.to_thread(read)
    lost, more = sum((expected - found).values()), sum((found - expected).values())
    print(f"  copies {sum(found.values()):,}, lost {lost}, repeated or wrong {more}")


def compare(what: str, expected: Units, measured: Units) -> None:
    """The validation error of the ledger."""
    print(f"  {what}: worked out / measured (error)")
    for unit in ("writes", "reads"):
        one, other = getattr(expected, unit), getattr(measured, unit)
        error = f"{(one - other) / other:+.1%}" if other else "–"
        print(f"    {unit:8} {one:12,.1f} / {other:12,.1f}  ({error})")


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


async def run(users: int, followers: int) -> None:
    """Everything in turn."""
    dice = random.Random(SEED)
    async with host(PUSH_ALL) as told, AsyncControlClient(told["control"]) as control, AsyncExitStack() as stack:
        bench = Bench(told, control, await control.state(), graph_town.town(users, followers, dice))
        await fill(bench)
        await big(bench, stack)
        await many(bench, stack, dice)
        await home(bench, stack)


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description="Fan-out and home pages of a Zipf graph on the development host.")
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--followers", type=int, default=10_000, help="of the most followed author")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(given.users, given.followers))
    return 0


if __name__ == "__main__":
    sys.exit(main())
