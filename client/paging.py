"""Pages as one stream: ask, hand on, ask for the next."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from client.frames import Reply

Item = TypeVar("Item")


async def paged(
    ask: Callable[[str | None], Awaitable[Reply]], name: str, cursor: str, read: Callable[[Reply], Item]
) -> AsyncIterator[Item]:
    """The items under `name` of one page after the other, as long as a page holds a `cursor` to go on with."""
    following: str | None = None
    while True:
        reply = await ask(following)
        for each in reply[name]:
            yield read(each)
        following = reply.get(cursor)
        if following is None:
            return
