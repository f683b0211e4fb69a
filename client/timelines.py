"""Follows and timelines."""

from __future__ import annotations

from client.core import Core, new_id
from client.replies import Ack, Page, ack_of, page_of


class Timelines(Core):
    """Whom we follow, and what they post."""

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

    async def watch_timeline(self, on: bool = True) -> None:
        """Hear live what comes into the home timeline, as `NewPosts`: asked for again on each connection, and in time.

        Best effort: `home(since=…)` has what was lost.  In the first seconds some may be.
        """
        await self.ask("timeline.watch", on=on)
