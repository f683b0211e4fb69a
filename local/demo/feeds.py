"""Follows and posts, through the API, a bounded number of clients at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from itertools import groupby

from client import Client
from local.demo.facts import Posted
from local.demo.host import HostHandle
from local.demo.people import TIMING
from local.demo.progress import Progress
from local.demo.scenario import Scenario

AT_ONCE = 32


Call = Callable[[Client], Awaitable[object]]


class Feeds:
    """The follower graph and the posts.  `posted` is what was posted, in each author's order."""

    def __init__(self, host: HostHandle, scenario: Scenario) -> None:
        self.posted: list[Posted] = []
        self._host = host
        self._scenario = scenario

    async def join(self, users: Iterable[str], progress: Progress) -> None:
        """Users who have not been there yet connect once: nobody can follow whom the system has never met."""

        async def once(client: Client) -> None:
            await client.whoami()

        await self._each(((user, [once]) for user in users), progress)

    async def follow(self, edges: list[tuple[str, str]], progress: Progress) -> None:
        """Make edges, followers in parallel."""
        await self._change(edges, lambda author: lambda client: client.follow(author), progress)

    async def unfollow(self, edges: list[tuple[str, str]], progress: Progress) -> None:
        """Take edges back."""
        await self._change(edges, lambda author: lambda client: client.unfollow(author), progress)

    async def post(self, progress: Progress) -> None:
        """Everybody's posts: an author posts without waiting, all authors at the same time."""
        work = []
        for author, texts in _by_first(self._scenario.posts):
            facts = [Posted(author, f"p{n:04d}", text, n, 0.0) for n, text in enumerate(texts)]
            self.posted += facts
            work.append((author, [_poster(fact) for fact in facts]))
        await self._each(work, progress, together=True)

    async def post_one(self, fact: Posted) -> None:
        """One more post, alone."""
        self.posted.append(fact)
        async with self._client(fact.author) as client:
            await _poster(fact)(client)

    async def delete(self, progress: Progress) -> None:
        """Take the first posts back."""
        doomed = self.posted[: self._scenario.deletions]
        await self._each([(fact.author, [_deleter(fact)]) for fact in doomed], progress)

    async def _change(self, edges: list[tuple[str, str]], make: Callable[[str], Call], progress: Progress) -> None:
        work = [(follower, [make(author) for author in authors]) for follower, authors in _by_first(edges)]
        await self._each(work, progress, together=True)

    async def _each(
        self,
        work: Iterable[tuple[str, list[Call]]],
        progress: Progress,
        together: bool = False,
    ) -> None:
        """A client for each user, who does their part of the work (its calls at once, if `together`)."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def step(client: Client, call: Call) -> None:
            await call(client)
            progress.step()

        async def one(user: str, calls: list[Call]) -> None:
            async with slots, self._client(user) as client:
                if together:
                    await asyncio.gather(*(step(client, call) for call in calls))
                else:
                    for call in calls:
                        await step(client, call)

        await asyncio.gather(*(one(user, calls) for user, calls in work))

    def _client(self, user: str) -> Client:
        return Client(self._host.endpoint, lambda: self._host.token(user), "first", user_id=user, timing=TIMING)


def _poster(fact: Posted) -> Call:
    async def post(client: Client) -> None:
        fact.sent_at = time.monotonic()
        ack = await client.post(fact.text, client_id=fact.client_id)
        fact.acked_at, fact.position = time.monotonic(), ack.position or ""

    return post


def _deleter(fact: Posted) -> Call:
    async def delete(client: Client) -> None:
        await client.delete_post(fact.position)
        fact.deleted = True

    return delete


def _by_first(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """(first, all that came with it, in order)."""
    ordered = sorted(pairs, key=lambda pair: pair[0])
    return [(first, [second for _, second in group]) for first, group in groupby(ordered, key=lambda pair: pair[0])]
