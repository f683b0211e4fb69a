"""The demo, act by act."""

from __future__ import annotations

from typing import Any

from local.demo import budgets, judge
from local.demo.facts import Pushed
from local.demo.feeds import Feeds
from local.demo.host import HostHandle
from local.demo.metering import Metering
from local.demo.people import Book
from local.demo.progress import Progress
from local.demo.report import Results
from local.demo.scenario import Scenario, Talk
from local.demo.talks import Talks
from local.demo.verify import Found, read_all, read_phones

LATER_MS = 300_000
"""How far the host's clock may be moved to second sweeps: they wait for the fan-out bound and the settling time."""
MEASURED_POSTS = (4, 8)
"""One each of so many of the most and the least followed authors (with followers at all)."""


class Acts:
    """Plays a scenario on a fresh host."""

    def __init__(self, host: HostHandle, scenario: Scenario) -> None:
        self._host = host
        self._scenario = scenario
        self._book = Book()
        self._talks = Talks(host, scenario, self._book)
        self._feeds = Feeds(host, scenario)
        self._pushed: list[Pushed] = []
        self._results = Results([], [], [], 0)

    async def play(self) -> Results:
        """Everything, in order."""
        await self._converse()
        await self._look_at_phones()
        await self._feed()
        await self._meter()
        await self._read_back()
        results = self._results
        results.sent = list(self._book.sent.values())
        results.posted = self._feeds.posted
        results.pushed = self._pushed
        results.meter = str((await self._host.control.meter())["table"])
        return results

    async def _converse(self) -> None:
        """The conversations; the bill of everything they brought about, per message."""
        talks = self._scenario.talks
        mark = await self._mark()
        with Progress(f"{len(talks)} conversations of 10 messages", len(talks)) as progress:
            await self._talks.run(progress)
        with Progress("streams and queues run empty"):
            await self._host.idle()
        total = (await self._meter_since(mark))["total"]
        count = len(self._book.sent)
        self._results.totals.append(("message, everything included", count, total["dollars"] / count * 1e6))

    async def _look_at_phones(self) -> None:
        """Phones first; then those who were away come back."""
        self._pushed = await read_phones(self._host)
        sent = list(self._book.sent.values())
        self._results.faults["phones"] = judge.judge_phones(self._scenario, sent, self._pushed)
        with Progress("who was away comes back", len(self._talks.absent)) as progress:
            await self._talks.return_absent(progress)

    async def _feed(self) -> None:
        """The graph, the posts, and what changes afterwards."""
        scenario, feeds = self._scenario, self._feeds
        newcomers = [user for user in scenario.users if user.startswith("reader-")]
        if newcomers:
            with Progress("readers join", len(newcomers)) as progress:
                await feeds.join(newcomers, progress)
        mark = await self._mark()
        with Progress(f"{len(scenario.follows)} follows", len(scenario.follows)) as progress:
            await feeds.follow(scenario.follows, progress)
        with Progress("streams and queues run empty"):
            await self._host.idle(LATER_MS)
        await self._bill("follow, everything included", len(scenario.follows), mark)
        mark = await self._mark()
        with Progress(f"{len(scenario.posts)} posts", len(scenario.posts)) as progress:
            await feeds.post(progress)
        with Progress("streams and queues run empty"):
            await self._host.idle(LATER_MS)
        await self._bill("post, everything included", len(scenario.posts), mark)
        changes = len(scenario.late) + len(scenario.unfollows) + scenario.deletions
        with Progress("late follows, unfollows, deletions", changes) as progress:
            await feeds.follow(scenario.late, progress)
            await feeds.unfollow(scenario.unfollows, progress)
            await feeds.delete(progress)
        with Progress("streams and queues run empty, second sweeps included"):
            await self._host.idle(LATER_MS)

    async def _meter(self) -> None:
        """One operation at a time."""
        metering = Metering(self._host, self._scenario, self._book, self._feeds)
        plain = self._first("online")
        double = self._first("devices")
        operations = self._results.operations
        with Progress("operations one at a time, metered"):
            if plain is not None:
                operations += await metering.messages(plain, *self._pair(plain), copies=False)
            if double is not None:
                operations += await metering.messages(double, *self._pair(double), copies=True)
                second = self._talks.apps[double.users[0], "second"]
                await second.open()
                second.note_screen(double.name)
                await second.close()
            operations.append(await metering.posts(*MEASURED_POSTS))
            self._results.alone = metering.alone

    async def _read_back(self) -> None:
        """Every mailbox, history and timeline, by a fresh reader; metered, for these are operations, too."""
        scenario = self._scenario
        mine: dict[str, list[str]] = {user: [] for user in scenario.users}
        for talk in scenario.talks:
            for user in talk.users:
                mine[user].append(talk.name)
        mark = await self._mark()
        with Progress("every mailbox, history and timeline is read", len(mine)) as progress:
            found = await read_all(self._host, mine, progress)
        meter = await self._meter_since(mark)
        results = self._results
        results.faults["messages"] = judge.judge_messages(scenario, self._book, self._talks, found)
        results.faults["timelines"] = judge.judge_timelines(scenario, self._feeds, found)
        results.copies = sum(len(each.home) for each in found.values())
        syncs = sum(each.sync_pages for each in found.values())
        allowed = budgets.mean(budgets.sync(each.events) for each in found.values())
        results.operations.append(budgets.measured(_named("sync", found), syncs, meter, ("sync",), allowed))
        pages = [(len(scenario.final[user]), page) for user, each in found.items() for page in range(each.home_pages)]
        allowed = budgets.mean(budgets.home(follows, first=page == 0) for follows, page in pages)
        results.operations.append(budgets.measured("home page of 20", len(pages), meter, ("timeline.home",), allowed))

    def _first(self, kind: str) -> Talk | None:
        return next((talk for talk in self._scenario.talks if talk.kind == kind), None)

    def _pair(self, talk: Talk) -> tuple[Any, Any]:
        return self._talks.apps[talk.users[0], "first"], self._talks.apps[talk.users[1], "first"]

    async def _bill(self, what: str, times: int, mark: int) -> None:
        total = (await self._meter_since(mark))["total"]
        self._results.totals.append((what, times, total["dollars"] / max(1, times) * 1e6))

    async def _mark(self) -> int:
        return int((await self._host.control.mark())["mark"])

    async def _meter_since(self, mark: int) -> dict[str, Any]:
        return dict(await self._host.control.meter(mark))


def _named(operation: str, found: dict[str, Found]) -> str:
    events = sum(each.events for each in found.values()) / max(1, len(found))
    return f"{operation}, {events:.0f} events"
