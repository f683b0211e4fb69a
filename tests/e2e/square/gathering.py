"""A whole run: people act, some at the same time, in good weather and bad; days pass; and all views are looked at."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.square.acts import Act, Acts, Change
from tests.e2e.square.devices import DAY_MS, Devices
from tests.e2e.square.duels import Duels
from tests.e2e.square.model import Square
from tests.e2e.square.readers import Reader
from tests.e2e.square.views import Views, day, key
from tests.e2e.square.words import Vocabulary
from tests.e2e.steps import MOVES_MS, settle
from tests.e2e.tables import items
from tests.e2e.test_home_crossing import begin
from tests.e2e.test_home_merge import HOT_MS

WEATHER: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"duplicate_records": 0.4, "duplicate_messages": 0.4},
    {"delay_ms": 30, "stream_delay_ms": 60},
    {"lose_reply": 0.1, "lose_frame": 0.05},
)
LONG_MS = 10_000
AWAY_DAYS = (0.3, 1.2, 2.1, 3, 5.5, 7.2)
AHEAD_MS = (0, 0, 1, 400, 3_000, 20_000, 65_000)


def trouble(dice: Random) -> dict[str, Any]:
    """Some invocations die, or fail, at one of their calls."""
    function, call = dice.choice(("Timeline", "Timeline", "Plan", "Work")), dice.randint(1, 6)
    rule = {"function": function, "call": call, "probability": 0.4, "times": 3}
    when = dice.choice(("before", "after"))
    return {"calls": [{**rule, "action": "kill", "when": when} if dice.random() < 0.6 else {**rule, "action": "error"}]}


class Gathering:
    """People, what they do, and what is looked at."""

    def __init__(self, seed: int, people: int, connect: Connect, control: AsyncControlClient, user: Any) -> None:
        self.dice = Random(seed)
        self.control = control
        users = [user(f"u{number}") for number in range(people)]
        self.square = Square(users)
        self.devices = Devices(connect)
        self.vocabulary = Vocabulary(users[0].split("-")[0], self.dice)
        self.acts = Acts(self.square, self.devices, self.vocabulary, self.dice)
        self.views = Views(self.square, self.devices, Random(seed))
        self.readers = [Reader(name, self.square, self.views, self.dice.choice((1, 2, 3, 7))) for name in users]
        self.days: list[str] = []
        self.rough = False
        """Since all was done the last time, some of it may have to be done again, late."""
        self.duels = Duels(self.acts, self.dice)
        self._kinds: list[tuple[Act, int, bool]] = [
            (self.acts.post, 30, True),
            (self.acts.like, 6, True),
            (self.acts.repost, 8, True),
            (self.acts.follow, 16, True),
            (self.acts.mute, 4, True),
            (self.acts.delete, 6, False),
            (self.acts.answer, 6, False),
            (self.acts.block, 5, False),
            (self.acts.profile, 8, False),
            (self.acts.again, 6, False),
        ]

    async def arrive(self) -> None:
        """Everybody connects, has a handle and follows a few."""
        for number, name in enumerate(self.square.users):
            self.enter([await self.acts.profile(name)])
            handle = self.vocabulary.handles[number]
            if handle not in self.square.handles.values():
                await self.devices.act(name, "profile", handle=handle)
                self.square.handles[name] = handle
        for name in self.square.users:
            for _ in range(2):
                self.enter([await self.acts.follow(name)])

    async def live(self, steps: int) -> None:
        """So many things are done; now and then days pass."""
        breaks = 3
        for _ in range(steps):
            await self.act()
            await self.background()
            if breaks and self.dice.random() < 0.05:
                breaks -= 1
                await self.away(self.dice.choice(AWAY_DAYS))

    def enter(self, changes: list[Change | None]) -> None:
        """Into the model."""
        for change in changes:
            if change is not None:
                change()
        self.square.tick()

    async def act(self) -> None:
        """One of them does something, or several at once."""
        dice = self.dice
        if dice.random() < 0.15:
            await self.duels.any()
            await self.settle()
            return
        if dice.random() < 0.2:
            await self._at_once()
            return
        kind = dice.choices(self._kinds, [weight for _, weight, _ in self._kinds])[0][0]
        self.enter([await kind(dice.choice(self.square.users))])

    async def _at_once(self) -> None:
        """Things that are independent of each other; follows are entered last, as what was posted meanwhile may have
        come before them or after."""
        some = [(act, weight) for act, weight, free in self._kinds if free]
        users = self.dice.sample(self.square.users, 3)
        acts = [self.dice.choices([act for act, _ in some], [weight for _, weight in some])[0] for _ in users]
        self.acts.note("at once:")
        done = await asyncio.gather(*(act(name) for act, name in zip(acts, users, strict=True)))
        made = sorted(zip(acts, done, strict=True), key=lambda each: each[0] == self.acts.follow)
        for _, change in made:
            if change is not None:
                self.enter([change])
        self.acts.note("so far at once")

    async def background(self) -> None:
        """Some time passes, some of what is behind the acks is done, somebody looks."""
        dice = self.dice
        await self.pass_by(dice.choice(AHEAD_MS))
        if dice.random() < 0.25:
            rough = dice.random() < 0.3
            self.rough = self.rough or rough
            weather = trouble(dice) if rough else dice.choice(WEATHER)
            self.acts.note("weather", weather)
            await self.control.misbehave(**{**CALM, **weather, "seed": dice.randrange(1_000)})
        if dice.random() < 0.3:
            await self.quiet()
        if dice.random() < 0.15:
            await self.settle()
        elif dice.random() < 0.08:
            await self.cross(dice.choice(self.square.users[:4]))
        for reader in self.readers:
            if dice.random() < 0.15:
                await reader.step_down()
            if dice.random() < 0.06:
                await reader.refresh()
            if dice.random() < 0.05:
                await self.devices.ask(reader.name, "timeline.watch")
        if dice.random() < 0.15:
            await self.search(dice.choice(self.square.users), whole=False)

    async def pass_by(self, milliseconds: int) -> None:
        """Some time, but so that nothing is later than the bound of the fan-out."""
        if milliseconds >= LONG_MS:
            await (self.settle() if self.rough else self.quiet())
        await self.control.advance(milliseconds)

    async def quiet(self) -> None:
        """Nothing runs; what was told live may have been."""
        await self.control.idle(100)
        known = {key(post): post for post in self.square.posts}
        for name in self.square.users:
            for each in await self.devices.told(name):
                assert (name, known[key(each)]) in self.square.allowed, ("told", name, each)
        self.square.looked()

    async def settle(self) -> None:
        """All is done, however late it is due."""
        await self.control.behave()
        self.rough = False
        await settle(self.control)
        await self.control.advance(HOT_MS + 1)
        await self.quiet()
        self.square.settled = self.square.step
        self.acts.note("settled")

    async def cross(self, name: str) -> None:
        """An author begins to be pulled, or not to be any more; all that was asked for is done before."""
        await self.settle()
        found = await items(self.control, "Graph", "owner", f"{name}#0")
        author: dict[str, Any] = next((each for each in found if each["edge"]["S"] == " shards"), {})
        if not author or ("leaving" in author and int(author["leaving"]["N"])):
            return
        pulled = author.get("path", {"S": "push"})["S"] == "pull"
        if not pulled and int(author.get("pulled_from", {"N": "0"})["N"]):
            return
        self.acts.note(name, "down" if pulled else "up")
        now = (await self.devices.ask(name, "whoami"))["at"]
        await begin(self.control, "author-down" if pulled else "author-up", name, now)

    async def away(self, days: float) -> None:
        """Nobody is there for so long; whoever does not look then stays away."""
        await self.settle()
        await self.devices.leave()
        await self.control.advance(int(days * DAY_MS))
        self.acts.note("days pass:", days)

    async def search(self, name: str, *, whole: bool) -> None:
        """Search; the whole of it once an index is there, otherwise what is found so far."""
        now = (await self.devices.ask(name, "whoami"))["at"]
        if not self.days:
            self.days = [day(now + DAY_MS * more) for more in range(-1, 4)]
        query = self.vocabulary.query([*self.vocabulary.handles, *self.square.users], self.days)
        author = next((who for who, handle in self.square.handles.items() if handle == query.author), query.author)
        if query.author and author not in self.square.users:
            answer = await self.devices.ask(name, "search", q=str(query))
            assert answer.get("code") == "unknown_user", (answer, name, query)
            return
        oldest = now - 7 * DAY_MS
        expected, may = (
            [key(each) for each in self.views.searched(name, query, author, oldest + more)] for more in (MOVES_MS, 0)
        )
        for _ in range(5):
            page = await self.views.page(name, "search", q=str(query), limit=3)
            assert set(may).issuperset(map(key, page["posts"])), ("too much", name, query, page)
            if "building" not in page and whole:
                shown = await self.views.pages(name, "search", q=str(query))
                assert [each for each in may if each in set(shown)] == shown, ("order", name, str(query), shown)
                assert set(shown).issuperset(expected), ("found", name, str(query), shown, expected)
                return
            if not whole:
                return
            await self.control.idle(100, advance_ms=MOVES_MS)
        raise AssertionError(f"the index of {query} is never live")

    async def look(self, posts: int = 12, queries: int = 4) -> None:
        """All views of everybody, threads and searches by so many samples each."""
        await self.settle()
        for reader in self.readers:
            await reader.refresh()
            reader.up_to_date()
        await self.settle()
        square, dice = self.square, self.dice
        for name in square.users:
            await self.views.within(name, "timeline.home", *square.home(name))
            await self.views.within(name, "timeline.mentions", *square.mentions(name))
            for author in square.users:
                await self.views.timeline(name, author)
            await self.views.counts(name)
            await self.views.persons(name)
            for post in dice.sample(square.posts, min(len(square.posts), posts)):
                await self.views.thread(name, post)
            for _ in range(queries):
                await self.search(name, whole=True)
            await self.views.tag(name, dice.choice(self.vocabulary.tags))
            prefix = self.vocabulary.prefix
            for words in ([prefix], [prefix + "an"], [prefix + "_a"], [prefix + "le", prefix + "ann"]):
                await self.views.people(name, words)


CALM: dict[str, Any] = {
    "reorder": 0,
    "delay_ms": 0,
    "lose_frame": 0.0,
    "lose_reply": 0.0,
    "duplicate_records": 0.0,
    "duplicate_messages": 0.0,
    "stream_delay_ms": 0,
    "calls": [],
}
