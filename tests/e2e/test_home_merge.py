"""Home timelines of who follows pulled authors: marks and pulled posts are written straight into the tables."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from local.demo import budgets
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone
from tests.e2e.steps import follow, gather, publish, settle, tail
from tests.e2e.tables import put
from tests.e2e.test_budgets import TEXT, used
from tidings.domain.position import stamped

HOT_MS = 2_000
NUMBERS = count()


async def mark(control: AsyncControlClient, reader: Phone, marks: dict[str, tuple[int, int]]) -> None:
    """The reader pulls each author from when until when (0: still)."""
    attributes = {f"p#{author}#{start}": {"N": str(until)} for author, (start, until) in marks.items()}
    await put(control, "Graph", {"owner": {"S": reader.user}, "edge": {"S": "reader#pulled"}, **attributes})


async def pulled(control: AsyncControlClient, author: str, ms: int, text: str = TEXT) -> str:
    """A post that its readers fetch; its position."""
    position = str(stamped(ms, author, "phone", f"{next(NUMBERS)}"))
    fields = {"author_id": author, "position": position, "client_id": position, "path": "pull", "text": text}
    await put(control, "Posts", {name: {"S": value} for name, value in fields.items()})
    return position


async def pages(reader: Phone, limit: int) -> list[str]:
    """The whole home timeline, page by page."""
    seen: list[str] = []
    fields: dict[str, Any] = {}
    while True:
        page = await reader.ask("timeline.home", limit=limit, **fields)
        assert page["type"] == "timeline", page
        seen += tail(page["posts"], "position")
        if "before" not in page:
            return seen
        fields = {"before": page["before"]}


async def test_pulled_and_pushed_posts_are_one_timeline(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    reader, author = await connect(user("reader")), await connect(user("author"))
    await follow(reader, author)
    stars = [user(f"star{number}") for number in range(3)]
    expected = []
    for _ in range(6):
        expected.append(await publish(author, "pushed"))
        now = int(expected[-1][:13])
        expected += [await pulled(control, star, now + 1 + place, "pulled") for place, star in enumerate(stars)]
        await control.advance(10)
    start = int(expected[0][:13])
    await mark(control, reader, dict.fromkeys(stars, (start, 0)))
    await settle(control)
    for limit in (3, 20, 50):
        assert await pages(reader, limit) == expected[::-1]
    gone = user("gone")
    await pulled(control, gone, start + 5)
    await mark(control, reader, {**dict.fromkeys(stars[:2], (start, 0)), stars[2]: (start, start), gone: (1, start)})
    shown = [each["author"] for each in await reader.home()]
    assert set(shown) == {author.user, *stars[:2]}


async def test_what_a_pulled_author_posts_is_news_within_seconds(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    reader, star = await connect(user("reader")), user("star")
    now = int((await publish(reader, "mine"))[:13])
    await mark(control, reader, {star: (now, 0)})
    await settle(control)
    first = await reader.ask("timeline.home")
    assert tail(first["posts"]) == ["mine"]
    await pulled(control, star, now + 1, "news")
    await control.advance(HOT_MS)
    for fields in ({}, {"since": first["since"]}):
        assert tail((await reader.ask("timeline.home", **fields))["posts"]) == ["news", "mine"]


@pytest.mark.parametrize(("authors", "busy"), [(1, 1), (1, 30), (8, 3), (20, 30)])
async def test_a_page_of_home_with_pulled_authors(
    authors: int, busy: int, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """The reader's state, fifteen of their own feed, one unit an author; and what is read on where one is busy."""
    reader, author = await connect(user("reader")), await connect(user("author"))
    await follow(reader, author)
    sent = await gather(*(publish(author, TEXT) for _ in range(25)))
    newest = int(max(sent)[:13])
    stars = [user(f"star{number:02}") for number in range(authors)]
    for star in stars[1:]:
        await gather(*(pulled(control, star, newest - 1_000 - each) for each in range(8)))
    await gather(*(pulled(control, stars[0], newest + each) for each in range(busy)))
    await mark(control, reader, dict.fromkeys(stars, (newest - 5_000, 0)))
    await settle(control)
    await reader.home()
    await control.advance(HOT_MS)
    allowed = budgets.home(follows=authors + 1, pulled=authors)
    cost = await used(control, ("timeline.home",), allowed, lambda: reader.ask("timeline.home", limit=20))
    assert cost.write <= 1, "how often the reader reads, one time in 32"
    assert 2 + authors / 2 <= cost.read <= allowed.read
