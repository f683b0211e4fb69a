"""What searches cost: the first one of a word with the walks that build its index, and every further one."""

from __future__ import annotations

import asyncio
from typing import Any

from local.control_client import AsyncControlClient
from local.demo import budgets
from tests.e2e.conftest import Connect
from tests.e2e.search_steps import built, search, word
from tests.e2e.steps import gather, publish, settle
from tests.e2e.tables import items
from tests.e2e.test_budgets import used
from tidings.storage.search import DAY_MS
from tidings.storage.search_keys import RECENT_SHARDS, recent

SEARCH = ("search", "WorkSmall")
DAYS = 8
"""Days that seven days touch."""


async def recent_posts(control: AsyncControlClient) -> tuple[int, int]:
    """How many a walk has to look at, of all tests that have run before on this host; and how many of them are long."""
    today = (await control.state())["clock_ms"] // DAY_MS
    partitions = [recent(today - ago, shard) for ago in range(DAYS) for shard in range(RECENT_SHARDS)]
    found = await asyncio.gather(*(items(control, "Search", "term", each) for each in partitions))
    return sum(map(len, found)), sum("truncated" in each for some in found for each in some)


async def test_the_first_search_of_a_word(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, reader, it = await connect(user("author")), await connect(user("reader")), word()
    await gather(*(publish(author, f"{it} {number}") for number in range(10)))
    await settle(control)
    there, long = await recent_posts(control)
    assert there >= 10
    allowed = budgets.first_search(10, there, DAYS, long)
    cost = await used(control, SEARCH, allowed, lambda: search(reader, it))
    # The term, who waits, the steps of the walk (one a day, more for a day of many), going live; a posting for each
    # post, and once more in the second walk for those of the last minutes, by a clock that other tests move.
    assert cost.write >= 2 + DAYS + 10, "the first walk has found the ten"


async def test_a_search(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The state of the word, four shards of its postings, the posts (strongly), whether their author may be seen."""
    author, reader, it = await connect(user("author")), await connect(user("reader")), word()
    await gather(*(publish(author, f"{it} {number}") for number in range(25)))
    await control.idle()
    await built(control, reader, it)
    cost = await used(control, SEARCH, budgets.search(20), lambda: search(reader, it, limit=20))
    assert (cost.write, cost.read) == (0, 0.5 + 4 * 0.5 + 20 + 1.5)
    cost = await used(control, SEARCH, budgets.search(20, words=3), lambda: search(reader, f'"{it} 7" {it}', limit=20))
    assert cost.read <= 0.5 * 2 + 4 * 0.5 + 25 + 1.5 * 2, "a word that is live is enough; every post is looked at"


async def test_an_authors_posts(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, reader = await connect(user("author")), await connect(user("reader"))
    await gather(*(publish(author, f"news {number}") for number in range(10)))
    allowed = budgets.Allowed(0, 8, 2, 1)
    cost = await used(control, SEARCH, allowed, lambda: search(reader, f"from:{author.user} news"))
    assert cost.write == 0
