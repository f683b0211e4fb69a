"""The conversations: turn by turn, as the scenario says, a bounded number at a time."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

from local.demo.facts import Sent
from local.demo.host import HostHandle
from local.demo.people import TIMING, App, Book
from local.demo.progress import Progress
from local.demo.scenario import Scenario, Talk

AT_ONCE = 12
"""Conversations at a time: about 25 sockets, enough to keep two cores busy."""
CUT = 0.6
"""Share of the turns of a `cut` conversation in which a line breaks."""
RESTLESS = 0.25
"""Share of the `away` conversations in which whoever listens is away in every turn, not in the last one only."""
ARRIVAL_S = 5.0
"""How long a conversation waits for live delivery before its readers sync."""


class Talks:
    """Runs all conversations.  `apps` are by (user, device); `absent` those who are to be waited for with."""

    def __init__(self, host: HostHandle, scenario: Scenario, book: Book) -> None:
        self.apps: dict[tuple[str, str], App] = {}
        self.absent: list[tuple[App, Talk]] = []
        self._host = host
        self._scenario = scenario
        self._book = book

    async def run(self, progress: Progress) -> None:
        """All of them.  Who was away last stays away."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(number: int, talk: Talk) -> None:
            async with slots:
                await _Conversation(self, talk, random.Random(self._scenario.seed + number)).run()
            progress.step()

        await asyncio.gather(*(one(number, talk) for number, talk in enumerate(self._scenario.talks)))

    async def return_absent(self, progress: Progress) -> None:
        """Those who were away come back, and see what they missed."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(app: App, talk: Talk) -> None:
            async with slots:
                await app.open()
                app.note_screen(talk.name)
                await app.close()
            progress.step()

        await asyncio.gather(*(one(app, talk) for app, talk in self.absent))

    async def app(self, user: str, device: str, talk: Talk) -> App:
        """The user's app on a device, opened; a phone that is new gets registered."""
        app = self.apps.get((user, device))
        if app is None:
            timing = replace(TIMING, ack=0.03, ack_cap=4.0) if talk.kind == "resend" else TIMING
            app = self.apps[user, device] = App(self._host, self._book, user, device, timing)
            await app.open()
            push_token = self._scenario.phones.get(user)
            if push_token is not None:
                await app.client.devices.register("fcm", push_token)
            elif talk.kind == "devices":
                await app.client.devices.register()
        else:
            await app.open()
        return app

    def say(self, talk: Talk, sender: str, text: str, away: bool) -> Sent:
        """Note what is about to be said."""
        recipient = talk.users[1] if sender == talk.users[0] else talk.users[0]
        return self._book.say(talk.name, sender, recipient, text, away)


class _Conversation:
    """One conversation."""

    def __init__(self, talks: Talks, talk: Talk, dice: random.Random) -> None:
        self._talks = talks
        self._talk = talk
        self._dice = dice
        self._apps: dict[str, App] = {}
        self._second: App | None = None
        self._restless = dice.random() < RESTLESS

    async def run(self) -> None:
        """From the first turn to the last."""
        talk = self._talk
        for user in talk.users:
            self._apps[user] = await self._talks.app(user, "first", talk)
        if talk.kind == "devices":
            self._second = await self._talks.app(talk.users[0], "second", talk)
        said: list[Sent] = []
        for number, (speaker, texts) in enumerate(talk.turns):
            said += await self._turn(speaker, texts, last=number == len(talk.turns) - 1)
        await self._finish(said)

    async def _turn(self, speaker: str, texts: tuple[str, ...], last: bool) -> list[Sent]:
        """Somebody says some things in one go; the turn ends with their acks."""
        talk = self._talk
        listener = next(user for user in talk.users if user != speaker)
        away = talk.kind == "away" and (last or self._restless)
        if away:
            self._apps[listener].note_screen(talk.name)
            await self._apps[listener].close()
            await self._apps[speaker].open()
        said = [self._talks.say(talk, speaker, text, away and last) for text in texts]
        sends = [asyncio.create_task(self._apps[speaker].send(fact)) for fact in said]
        if talk.kind == "cut" and self._dice.random() < CUT:
            await self._cut(speaker, listener)
        await asyncio.gather(*sends)
        return said

    async def _cut(self, speaker: str, listener: str) -> None:
        """Break a line, or both, at some moment while the turn's frames are under way."""
        await asyncio.sleep(self._dice.uniform(0.0, 0.03))
        for user in self._dice.sample([speaker, listener], self._dice.choice([1, 1, 2])):
            await self._apps[user].client.drop()

    async def _finish(self, said: list[Sent]) -> None:
        """Wait until everybody who is there has everything, by sync if live delivery did not do."""
        talk = self._talk
        here = [app for app in [*self._apps.values(), self._second] if app is not None and app.running]
        for app in here:
            await self._arrived(app, said)
            app.note_screen(talk.name)
            await app.close()
        for app in self._apps.values():
            if any(fact.away and fact.recipient == app.user for fact in said):
                self._talks.absent.append((app, talk))

    async def _arrived(self, app: App, said: list[Sent]) -> None:
        wanted = {fact.key for fact in said if app is self._second or fact.recipient == app.user}
        try:
            async with asyncio.timeout(ARRIVAL_S):
                while not wanted <= {each.key for each in app.client.conversation(self._talk.name)}:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            await app.client.sync()
