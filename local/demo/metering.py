"""Operations one at a time, with the meter read before and after: what each costs when nothing else runs."""

from __future__ import annotations

import asyncio

from local.demo import budgets
from local.demo.budgets import Measured
from local.demo.facts import Posted, Sent
from local.demo.feeds import Feeds
from local.demo.host import HostHandle
from local.demo.people import App, Book
from local.demo.scenario import Scenario, Talk

WARM_UP = 2
POST = ("post", "PlanPosts", "WorkSmall", "WorkLarge")


class Metering:
    """Measures.  What it sends is noted in the book and the feeds, so the checker looks at it, too."""

    def __init__(self, host: HostHandle, scenario: Scenario, book: Book, feeds: Feeds) -> None:
        self._host = host
        self._scenario = scenario
        self._book = book
        self._feeds = feeds
        self.alone: list[Sent] = []
        """Messages that had the whole system to themselves."""

    async def messages(self, talk: Talk, writer: App, reader: App, copies: bool) -> list[Measured]:
        """The conversation once more, one message after the other, to a reader who is online; and its receipts.

        A message is sent when the receipt of the one before is out, so that every frame holds one action.  The first
        two are not measured: a fresh function process asks once whether the recipient exists (half a read unit).
        """
        for app in (writer, reader):
            await app.open()
            await app.client.settled()
        texts = [text for _, turn in talk.turns for text in turn]
        for text in texts[:WARM_UP]:
            await self._one(talk, writer, reader, text)
        await self._host.idle()
        mark = await self._mark()
        for text in texts:
            self.alone.append(await self._one(talk, writer, reader, text))
        await self._host.idle()
        meter = await self._host.control.meter(mark)
        for app in (writer, reader):
            app.note_screen(talk.name)
            await app.close()
        name = "1:1 message, sender has another device" if copies else "1:1 message, recipient online"
        told = [budgets.measured(name, len(texts), meter, ("send", "batch"), budgets.message(copies))]
        receipts = meter["operations"].get("ack", {}).get("times", 0)
        if not copies and receipts:
            told.append(budgets.measured("receipt", receipts, meter, ("ack",), budgets.receipt()))
            told.append(budgets.measured("look before a push, a message", len(texts), meter, ("PushMailboxes",), None))
        return told

    async def _one(self, talk: Talk, writer: App, reader: App, text: str) -> Sent:
        """A message, its way to the reader, and the receipt's way back."""
        fact = self._book.say(talk.name, writer.user, reader.user, text, away=False)
        await writer.send(fact)
        while fact.shown_at is None:
            await asyncio.sleep(0.002)
        await reader.client.settled()
        return fact

    async def posts(self, most: int, least: int) -> Measured:
        """A post by each of some authors, one after the other, with the fan-out each brings about."""
        followers = self._followers()
        posting = {author for author, _ in self._scenario.posts}
        ranked = sorted(posting & followers.keys(), key=lambda author: (-followers[author], author))
        authors = [*ranked[:most], *ranked[most:][-least:]]
        await self._host.idle()
        mark = await self._mark()
        for author in authors:
            earlier = [fact for fact in self._feeds.posted if fact.author == author]
            fact = Posted(author, f"p{len(earlier):04d}", earlier[0].text, len(earlier), 0.0)
            await self._feeds.post_one(fact)
        await self._host.idle()
        meter = await self._host.control.meter(mark)
        allowed = budgets.mean(budgets.post(followers[author]) for author in authors)
        mean = sum(followers[author] for author in authors) / len(authors)
        return budgets.measured(f"post, {mean:.0f} followers", len(authors), meter, POST, allowed)

    def _followers(self) -> dict[str, int]:
        count: dict[str, int] = {}
        for authors in self._scenario.final.values():
            for author in authors:
                count[author] = count.get(author, 0) + 1
        return count

    async def _mark(self) -> int:
        return int((await self._host.control.mark())["mark"])
