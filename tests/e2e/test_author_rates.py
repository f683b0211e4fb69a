"""Authors between the two bounds: pushed or pulled by rates that the system itself measures, through real sockets."""

from __future__ import annotations

from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import NEVER_PULL, Connect
from tests.e2e.phone import Phone
from tests.e2e.pull_steps import FRESH_MS, copies, crossed, followed, state
from tests.e2e.steps import gather, publish, settle, tail
from tests.e2e.tables import items
from tidings.services.rates import ONE_IN
from tidings.storage import keys

OFTEN = 4 * ONE_IN
"""Reads a day for each of which an author may write a fifth of a post: a post now and then is pushed."""


async def counted(control: AsyncControlClient, reader: Phone) -> int:
    """How many home reads of a reader have been counted."""
    found = await items(control, "Graph", "owner", reader.user)
    return sum(int(each["reads"]["N"]) for each in found if each["edge"]["S"] == keys.EDGE_RATE)


async def look(control: AsyncControlClient, reader: Phone) -> None:
    """Look at home until that has been noticed."""
    for _ in range(100):
        for _ in range(ONE_IN // 2):
            assert (await reader.ask("timeline.home", limit=1))["type"] == "timeline"
        if await counted(control, reader) >= OFTEN:
            return
    raise AssertionError("reads are not counted")


async def test_whose_followers_hardly_look_is_pulled(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, (reader, other) = await followed(connect, user, 2)
    sent = [await publish(author, f"pushed {number}") for number in range(3)]
    sent.append(await crossed(control, author, "weighed", NEVER_PULL))
    assert await state(control, author) == ("pull", True)
    sent.append(await publish(author, "pulled"))
    await settle(control)
    await control.advance(FRESH_MS)
    for each in (reader, other):
        assert await copies(control, each, author) == sent[:-1]
        assert tail(await each.home(), "position") == sent[::-1]


async def test_whose_followers_look_all_day_is_pushed(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, readers = await followed(connect, user, 2)
    await gather(*(look(control, each) for each in readers))
    sent = [await crossed(control, author, "weighed", NEVER_PULL)]
    (item,) = [
        each
        for each in await items(control, "Graph", "owner", keys.followers(author.user, 0))
        if each["edge"]["S"] == keys.EDGE_SHARDS
    ]
    assert int(item["read_rate"]["N"]) >= OFTEN * 1_000
    assert await state(control, author) == ("push", False)
    sent.append(await publish(author, "pushed"))
    await settle(control)
    for each in readers:
        assert await copies(control, each, author) == sent
