"""The real client watches its home timeline."""

from __future__ import annotations

import asyncio
from typing import Any

from client import NewPosts
from local.control_client import AsyncControlClient
from tests.e2e.app import Open
from tests.e2e.conftest import Connect
from tests.e2e.steps import publish, settle
from tidings.services.fanout.news import LIST_MS


async def test_the_client_watches_on_over_a_lost_line(
    connect: Connect, app: Open, control: AsyncControlClient, user: Any
) -> None:
    ann = await connect(user("ann"))
    bob = await app(user("bob"))
    heard: list[str] = []
    bob.client.on(NewPosts, lambda news: heard.extend(post.text for post in news.posts))
    await bob.client.follow(ann.user)
    await settle(control)
    await bob.client.watch_timeline()
    await control.advance(LIST_MS)
    await publish(ann, "before")
    await bob.until(lambda: "before" in heard)
    await control.cut((await bob.client.whoami())["connection_id"])
    await asyncio.sleep(0.2)
    await bob.client.ready(30)
    await control.advance(LIST_MS)
    await publish(ann, "after")
    await bob.until(lambda: "after" in heard)
    await bob.client.watch_timeline(on=False)
    await control.advance(LIST_MS)
    await publish(ann, "to nobody")
    await settle(control)
    assert "to nobody" not in heard
