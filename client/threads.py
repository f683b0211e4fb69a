"""Writing posts, engaging with them, reading threads and mentions."""

from __future__ import annotations

from collections.abc import Iterable

from client.core import Core, new_id
from client.posts import Counts, Name, Thread, counts_of, ref, thread_of
from client.replies import Ack, Page, ack_of, page_of


class Posts(Core):
    """A post is named by its author and its position."""

    async def post(
        self, text: str, *, reply_to: Name | None = None, quote: Name | None = None, client_id: str | None = None
    ) -> Ack:
        """Post to everybody who follows us: an answer, with another post beside it.  The ack's position names it."""
        return ack_of(
            await self.ask("post", client_id=client_id or new_id(), text=text, reply_to=ref(reply_to), quote=ref(quote))
        )

    async def delete_post(self, position: str) -> Ack:
        """Take one of our own posts back."""
        return ack_of(await self.ask("post.delete", position=position))

    async def like(self, post: Name) -> Ack:
        """Like a post."""
        return await self._engage("like", post)

    async def unlike(self, post: Name) -> Ack:
        """Take a like back."""
        return await self._engage("unlike", post)

    async def repost(self, post: Name) -> Ack:
        """Pass a post on to everybody who follows us.  The ack's position is the repost's."""
        return await self._engage("repost", post)

    async def unrepost(self, post: Name) -> Ack:
        """Take a repost back."""
        return await self._engage("unrepost", post)

    async def thread(self, post: Name, limit: int = 20) -> Thread:
        """A post with what it answers, its counts and its newest replies."""
        author, position = post
        return thread_of(await self.ask("post.get", author=author, position=position, limit=limit))

    async def replies(self, post: Name, before: str | None = None, limit: int = 20) -> Page:
        """A page of the replies to a post, newest first."""
        author, position = post
        return page_of(await self.ask("post.replies", author=author, position=position, before=before, limit=limit))

    async def counts(self, posts: Iterable[Name]) -> tuple[Counts, ...]:
        """How often up to 50 posts were liked, reposted and answered; without those that we may not see."""
        answer = await self.ask("post.counts", posts=[ref(name) for name in posts])
        return tuple(map(counts_of, answer["counts"]))

    async def mentions(self, before: str | None = None, since: str | None = None, limit: int = 20) -> Page:
        """A page of what mentions, answers or quotes us: newest, older (`before`), or new ones (`since`)."""
        return page_of(await self.ask("timeline.mentions", before=before, since=since, limit=limit))

    async def _engage(self, action: str, post: Name) -> Ack:
        author, position = post
        return ack_of(await self.ask(action, client_id=new_id(), author=author, position=position))
