"""The words for posts: naming them, engaging with them, counting."""

from __future__ import annotations

from typing import Any

from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import publish

Name = dict[str, str]
"""`author` and `position`."""


async def posted(phone: Phone, text: str, **more: Any) -> Name:
    """A new post."""
    return {"author": phone.user, "position": await publish(phone, text, **more)}


async def engage(phone: Phone, action: str, post: Name) -> str:
    """Like, repost or their ends; the position in the ack."""
    answer = await phone.ask(action, client_id=new_id(), **post)
    assert answer["type"] == "ack", answer
    return str(answer["position"])


async def counted(phone: Phone, post: Name) -> tuple[int, int, int]:
    """Likes, reposts and replies."""
    answer = await phone.ask("post.counts", posts=[post])
    (found,) = answer["counts"]
    return found["likes"], found["reposts"], found["replies"]


async def replies(phone: Phone, post: Name, limit: int = 50) -> list[str]:
    """The texts of all replies, newest first."""
    texts: list[str] = []
    fields: dict[str, Any] = {}
    while True:
        page = await phone.ask("post.replies", **post, limit=limit, **fields)
        assert page["type"] == "timeline", page
        texts += [each["text"] for each in page["posts"]]
        if "before" not in page:
            return texts
        fields = {"before": page["before"]}


async def mentions(phone: Phone) -> list[str]:
    """The texts of the first page of mentions."""
    return [each["text"] for each in (await phone.ask("timeline.mentions"))["posts"]]
