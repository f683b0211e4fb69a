"""A follower who does not look for days is not written to, and is back within one page."""

from __future__ import annotations

from typing import Any

from local.control_client import AsyncControlClient
from local.demo import budgets
from local.demo.budgets import Allowed
from tests.e2e.conftest import IDLE_DAYS, Connect
from tests.e2e.phone import Phone
from tests.e2e.steps import SETTLE_MS, fail, follow, kill, publish, settle, tail
from tests.e2e.tables import items
from tests.e2e.test_budgets import used
from tests.e2e.test_kills import struck
from tidings.domain.idle import DAY_MS, day_of

AWAY_MS = (IDLE_DAYS + 2) * DAY_MS
AGAIN = "#again#"
JOB = '\\"of\\":\\"return\\"'


async def feed(control: AsyncControlClient, reader: str) -> list[str]:
    """The texts of the copies in a feed."""
    return [item["text"]["S"] for item in await items(control, "Timelines", "user_id", reader)]


async def noted(control: AsyncControlClient, reader: str) -> int:
    """The day of a reader's note."""
    (note,) = [each for each in await items(control, "Graph", "owner", reader) if each["edge"]["S"] == "reader#seen"]
    return int(note["day"]["N"])


async def gone(connect: Connect, control: AsyncControlClient, user: Any, authors: int = 2) -> tuple[list[Phone], str]:
    """Authors of whom each has posted once while their follower was away; and who that is."""
    reader = await connect(user("reader"))
    followed = [await connect(user(f"author{number}")) for number in range(authors)]
    for each in followed:
        await follow(reader, each)
    await settle(control)
    assert await reader.home() == []
    await control.advance(AWAY_MS)
    back = [await connect(each.user) for each in followed]
    for number, each in enumerate(back):
        await publish(each, f"missed {number}")
    await settle(control)
    assert await feed(control, reader.user) == []
    assert await feed(control, back[0].user) == ["missed 0"]
    return back, reader.user


async def test_who_is_back_sees_what_they_missed(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    authors, name = await gone(connect, control, user)
    await control.misbehave(holds=[{"function": "Work", "contains": JOB, "name": "rebuilding"}])
    reader = await connect(name)
    page = await reader.ask("timeline.home")
    assert tail(page["posts"]) == ["missed 1", "missed 0"]
    assert await feed(control, name) == []
    await control.release("rebuilding")
    await control.behave()
    await settle(control)
    assert sorted(await feed(control, name)) == ["missed 0", "missed 1"]
    assert await noted(control, name) == day_of(int(page["posts"][0]["at"]))
    reader = await connect(name, device="laptop")
    again = await reader.ask("timeline.home", since=page["since"])
    assert tail(again["posts"]) == ["missed 1", "missed 0"]
    author = await connect(authors[0].user, device="laptop")
    await publish(author, "new")
    await settle(control)
    assert "new" in await feed(control, name)


async def test_a_return_that_dies_goes_on(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Killed after it has refreshed the first half, throttled at the copies, killed before the note."""
    _, name = await gone(connect, control, user, authors=3)
    reader = await connect(name)
    await control.misbehave(
        calls=[
            kill("Work", JOB, "UpdateItem", "after"),
            fail("Work", JOB, "BatchWriteItem", "ProvisionedThroughputExceededException"),
            kill("Work", AGAIN, "UpdateItem", "before"),
        ]
    )
    assert len(await reader.home()) == 3
    await settle(control)
    assert await struck(control, "Work", JOB)
    assert await struck(control, "Work", AGAIN)
    await control.behave()
    await settle(control)
    assert sorted(await feed(control, name)) == ["missed 0", "missed 1", "missed 2"]
    reader = await connect(name, device="laptop")
    assert tail(await reader.home()) == ["missed 2", "missed 1", "missed 0"]


async def test_who_looks_is_refreshed_now_and_then(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """One write for each follow, one for the asking and one for the note; no copies are read or written."""
    reader, authors = await connect(user("reader")), [await connect(user(f"author{number}")) for number in range(3)]
    for each in authors:
        await follow(reader, each)
    await settle(control)
    await reader.home()
    first = await noted(control, reader.user)
    await control.advance(DAY_MS + SETTLE_MS)
    reader = await connect(reader.user)
    # Asking, three halves, the note.
    cost = await used(control, ("timeline.home", "WorkSmall"), Allowed(6, 6, 2, 1), reader.home)
    assert cost.write in (5, 6), "one in 32 also writes how often they read"
    assert await noted(control, reader.user) == first + 1
    again = await used(control, ("timeline.home", "WorkSmall"), Allowed(1, 2, 2, 1), reader.home)
    assert again.write <= 1


async def test_what_a_return_costs(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The page reads each author once; the job refreshes each half, copies what was missed twice and makes the note."""
    authors, name = await gone(connect, control, user, authors=4)
    reader = await connect(name)
    page = await used(control, ("timeline.home",), budgets.back(follows=4), reader.home)
    assert page.read == 1 + 0.5 + 0.5 + 4 * 0.5
    await control.advance(AWAY_MS)
    for each in authors:
        await publish(await connect(each.user, device="laptop"), "missed again")
    await settle(control)
    reader = await connect(name)
    job = await used(control, ("WorkSmall",), budgets.rebuilt(follows=4, copies=4), reader.home)
    assert (job.write, job.read) == (4 + 2 * 4 + 1, 3 + 5 * 4)
