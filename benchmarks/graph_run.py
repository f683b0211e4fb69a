"""A Zipf graph on the development host: what a post to very many costs and how long it takes, and a merged home page.

    graph    20,000 users, the most followed of whom has 10,000 followers, the next half as many, …
    posts    through real sockets: some of the most followed, then of authors drawn from all
    home     a reader of 200 authors, of whom 20 are pulled

Nothing is assumed to have arrived: the timelines are read from their table and compared with who follows whom.  What
the meter counted is held against `benchmarks.ledger`.  `python -m benchmarks.graph_run [--users N] [--followers N]`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from benchmarks import graph_town, ledger
from benchmarks.graph_bench import Bench, compare, settled, used
from benchmarks.graph_home import home
from benchmarks.graph_town import TEXT
from benchmarks.ledger import Units
from benchmarks.load import host, opened
from benchmarks.options import options
from client import Client
from local.control_client import AsyncControlClient
from local.demo import budgets
from tidings.storage import keys

SEED: Final = 7
BIG_POSTS: Final = 3
SMALL_POSTS: Final = 60
FANOUT: Final = ("post", "PlanPosts", "WorkSmall", "WorkLarge")
PUSH_ALL: Final = "never_pull=1000000"
"""Nobody has read anything here: by the rate rule all these authors would be pulled."""


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
    allowed = budgets.post(audience)
    print(f"  write units a copy {measured.writes / copies:.4f} (budget {allowed.write / (audience + 1):.4f})")
    print(f"  read units a copy {measured.reads / copies:.4f} (budget {allowed.read / (audience + 1):.4f})")
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
    parser = options("graph_run", __doc__)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--followers", type=int, default=10_000, help="of the most followed author")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(given.users, given.followers))
    return 0


if __name__ == "__main__":
    sys.exit(main())
