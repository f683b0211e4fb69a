"""Search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from client.core import Core
from client.posts import Name, Post, originals_of, post_of


@dataclass(frozen=True, slots=True)
class Found:
    """Posts, newest first.  `before` goes on (None at the end).

    `building` is how far the index has got, in percent, while it is being built: then there may be more, which the
    same request brings later (`SearchProgress` events say when); None: this is all.  `originals` are what the posts
    quote, by name, as far as we may see it.
    """

    posts: tuple[Post, ...]
    before: str | None = None
    building: int | None = None
    originals: Mapping[Name, Post] = field(default_factory=dict)


class Search(Core):
    """Posts by what they say."""

    async def search(self, query: str, before: str | None = None, limit: int = 20) -> Found:
        """A page of what holds all of `query`: words, "phrases", #tags, `from:` a handle, `since:` a date."""
        return await self._found("search", before, limit, q=query)

    async def tag_timeline(self, tag: str, before: str | None = None, limit: int = 20) -> Found:
        """A page of posts with a tag."""
        return await self._found("timeline.tag", before, limit, tag=tag)

    async def _found(self, action: str, before: str | None, limit: int, **asked: str) -> Found:
        reply = await self.ask(action, before=before, limit=limit, **asked)
        return Found(
            tuple(map(post_of, reply["posts"])), reply.get("before"), reply.get("building"), originals_of(reply)
        )
