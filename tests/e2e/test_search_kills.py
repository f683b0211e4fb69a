"""A process dies while a term is woken, while its index is built, while a post is entered: nothing is missed."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.search_steps import built, everything, word
from tests.e2e.steps import SETTLE_MS, kill, publish, recipe, settle, tail
from tests.e2e.test_kills import points, struck

STALLED_MS = SETTLE_MS + 10_000 + 61_000
"""A term that has not moved for so long has lost its job."""


async def test_waking(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, reader, unharmed = await connect(user("author")), await connect(user("reader")), word()
    await reader.ask("search", q=unharmed)
    made = await recipe(control, "Timeline", unharmed)
    assert {"BatchGetItem", "PutItem", "SendMessageBatch"} <= set(made), made
    for call, when in points(made):
        it = word()
        post = await publish(author, it)
        await control.idle()
        await control.misbehave(
            calls=[{"action": "kill", "function": "Timeline", "contains": it, "call": call, "when": when}]
        )
        await reader.put("search", q=it)
        await control.idle()
        assert await struck(control, "Timeline", it), (call, when)
        await control.advance(STALLED_MS)
        assert tail(await built(control, reader, it), "position") == [post], (call, when)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("job", "operation"),
    [
        ("index.build", "BatchWriteItem"),
        ("index.build", "UpdateItem"),
        ("index.build", "SendMessageBatch"),
        ("index.settle", "BatchWriteItem"),
        ("index.settle", "UpdateItem"),
    ],
)
async def test_building(
    job: str, operation: str, when: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    author, reader, it = await connect(user("author")), await connect(user("reader")), word()
    posts = [await publish(author, f"{it} {number}") for number in range(3)]
    await control.idle()
    await control.misbehave(calls=[kill("Work", job, operation, when)])
    await reader.ask("search", q=it)
    await settle(control)
    assert await struck(control, "Work", it)
    assert tail(await built(control, reader, it), "position") == posts[::-1]


async def test_entering(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, reader, it = await connect(user("author")), await connect(user("reader")), word()
    sent = [await publish(author, it)]
    await control.idle()
    await built(control, reader, it)
    for number, when in ((1, "before"), (1, "after"), (2, "before"), (2, "after")):
        rule = kill("Work", "index", "BatchWriteItem", when, call=None)
        more = {**rule, "times": number}
        await control.misbehave(calls=[more])
        sent.insert(0, await publish(author, f"{it} {number} {when}"))
        await settle(control)
        assert await struck(control, "Work", sent[0])
        assert tail(await everything(reader, it), "position") == sent


async def test_leaving(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, reader, it = await connect(user("author")), await connect(user("reader")), word()
    stays = await publish(author, it)
    await control.idle()
    await built(control, reader, it)
    for when in ("before", "after"):
        doomed = await publish(author, f"{it} {when}")
        await control.idle()
        await control.misbehave(calls=[kill("Work", "unindex", "BatchWriteItem", when)])
        assert (await author.ask("post.delete", position=doomed))["type"] == "ack"
        await settle(control)
        assert await struck(control, "Work", doomed)
        assert tail(await everything(reader, it), "position") == [stays]
