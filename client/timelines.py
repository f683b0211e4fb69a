"""Posts, follows and timelines."""

from __future__ import annotations

from client.core import Core, new_id
from client.replies import Ack, Page, ack_of, page_of


class Timelines(Core):
    """A post is named by its author and its position."""

    async def post(self, text: str, *, client_id: str | None = None) -> Ack:
        """Post to everybody who follows us.  The ack's position names the post."""
        return ack_of(await self.ask("post", client_id=client_id or new_id(), text=text))

    async def delete_post(self, position: str) -> Ack:
        """Take one of our own posts back."""
        return ack_of(await self.ask("post.delete", position=position))

    async def follow(self, user: str) -> Ack:
        """Follow a user."""
        return ack_of(await self.ask("follow", client_id=new_id(), user=user))

    async def unfollow(self, user: str) -> Ack:
        """Stop following a user."""
        return ack_of(await self.ask("unfollow", client_id=new_id(), user=user))

    async def home(self, before: str | None = None, since: str | None = None, limit: int = 20) -> Page:
        """A page of the home timeline: the newest, older ones (`before`), or what is new (`since`)."""
        return page_of(await self.ask("timeline.home", before=before, since=since, limit=limit))

    async def user_timeline(self, user: str, before: str | None = None, limit: int = 20) -> Page:
        """A page of one author's posts, newest first."""
        return page_of(await self.ask("timeline.user", user=user, before=before, limit=limit))
