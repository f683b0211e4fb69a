"""What tests of pulled authors do over and over."""

from __future__ import annotations

from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import ALWAYS_PULL, Connect
from tests.e2e.phone import Phone
from tests.e2e.steps import follow, gather, publish, settle
from tests.e2e.tables import add, items
from tidings.domain.policy import WEIGHED_AGAIN_MS
from tidings.storage import keys

FRESH_MS = 3_001
"""What processes remember of authors, and of their newest posts, is forgotten."""


async def followed(connect: Connect, user: Any, readers: int) -> tuple[Phone, list[Phone]]:
    """An author and followers."""
    author = await connect(user("author"))
    followers = [await connect(user(f"reader{number}")) for number in range(readers)]
    await gather(*(follow(each, author) for each in followers))
    return author, followers


async def counted(control: AsyncControlClient, author: Phone, more: int) -> None:
    """So many more followers are counted than there are: they stand for a crowd."""
    key = {"owner": {"S": keys.followers(author.user, 0)}, "edge": {"S": keys.EDGE_SHARDS}}
    await add(control, "Graph", key, "followers", more)
    await control.advance(FRESH_MS + WEIGHED_AGAIN_MS)


async def state(control: AsyncControlClient, author: Phone) -> tuple[str, bool]:
    """The author's path, and whether followers mark them."""
    found = await items(control, "Graph", "owner", keys.followers(author.user, 0))
    (item,) = [each for each in found if each["edge"]["S"] == keys.EDGE_SHARDS]
    path = item["path"]["S"] if "path" in item else "push"
    return path, int(item.get("pulled_from", {"N": "0"})["N"]) > 0


async def crossed(control: AsyncControlClient, author: Phone, text: str, more: int = ALWAYS_PULL) -> str:
    """With the post `text` (its position is given) the author begins to cross; and has done so when this returns."""
    await counted(control, author, more)
    position = await publish(author, text)
    await settle(control)
    await control.advance(FRESH_MS)
    return position


async def copies(control: AsyncControlClient, reader: Phone | str, author: Phone) -> list[str]:
    """The positions of the author's posts that lie in a reader's own feed, oldest first."""
    user = reader if isinstance(reader, str) else reader.user
    found = await items(control, "Timelines", "user_id", user)
    return [each["position"]["S"] for each in found if each["author"]["S"] == author.user]


async def marks(control: AsyncControlClient, reader: Phone) -> dict[str, int]:
    """The reader's marks, as they stand in the table: an end for each author and start."""
    found = await items(control, "Graph", "owner", reader.user)
    pulled = [each for each in found if each["edge"]["S"] == keys.EDGE_PULLED]
    return {
        name: int(value["N"]) for item in pulled for name, value in item.items() if name.startswith(keys.MARK_PREFIX)
    }


async def page(reader: Phone, limit: int, before: str | None) -> tuple[list[str], str | None]:
    """One page of home: positions, and where to go on."""
    answer = await reader.ask("timeline.home", limit=limit, **({"before": before} if before else {}))
    assert answer["type"] == "timeline", answer
    return [each["position"] for each in answer["posts"]], answer.get("before")
