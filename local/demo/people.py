"""People with apps: real clients, and a book that notes what each was told."""

from __future__ import annotations

import time
from collections import Counter

from client import Client, Message, State, Timing
from client.display import Display
from local.demo.facts import Item, Key, Sent
from local.demo.host import HostHandle

TIMING = Timing(receipts=0.1)


class Book:
    """Every message, from its senders' and recipients' mouths."""

    def __init__(self) -> None:
        self.sent: dict[Key, Sent] = {}
        self._calls: Counter[str] = Counter()

    def say(self, talk: str, sender: str, recipient: str, text: str, away: bool) -> Sent:
        """Note a message that is about to be sent."""
        number = self._calls[sender]
        self._calls[sender] += 1
        fact = Sent(talk, sender, recipient, f"m{number:04d}", text, number, time.monotonic(), away=away)
        self.sent[fact.key] = fact
        return fact

    def shown(self, user: str, message: Message) -> None:
        """Note that a message came to its recipient, the first time."""
        fact = self.sent.get(message.key)
        if fact is not None and fact.recipient == user and fact.shown_at is None:
            fact.shown_at, fact.via = time.monotonic(), message.via


class App:
    """One device of one user, over any number of runs.  `handed` is all that it ever gave to its user."""

    def __init__(self, host: HostHandle, book: Book, user: str, device: str, timing: Timing = TIMING) -> None:
        self.user = user
        self.device = device
        self.handed: list[Key] = []
        self.screen = Display()
        self.client: Client
        self.running = False
        self._host = host
        self._book = book
        self._timing = timing
        self._state: State | None = None

    async def open(self) -> None:
        """Start the app and wait until it is connected and has synced."""
        if self.running:
            return
        self.client = Client(
            self._host.endpoint,
            lambda: self._host.token(self.user),
            self.device,
            user_id=self.user,
            load=lambda: self._state,
            save=self._keep,
            timing=self._timing,
        )
        self.client.on_message(self._show)
        await self.client.__aenter__()
        self.running = True
        await self.client.sync()

    async def close(self) -> None:
        """Let it finish what it owes, and end it."""
        if not self.running:
            return
        await self.client.settled()
        self.running = False
        await self.client.close()

    async def send(self, fact: Sent) -> None:
        """Send a message and note its ack."""
        ack = await self.client.send(fact.recipient, fact.text, client_id=fact.client_id)
        fact.acked_at = time.monotonic()
        fact.position = ack.position or ""

    def note_screen(self, talk: str) -> None:
        """Take over what the client shows of a conversation: its next run begins with an empty one."""
        for message in self.client.conversation(talk):
            self.screen.add(message)

    def items(self, talk: str) -> list[Item]:
        """What stands on the screen, oldest first."""
        return [Item(talk, each.key, each.position, each.text) for each in self.screen.messages(talk)]

    def _keep(self, state: State) -> None:
        self._state = state

    def _show(self, message: Message) -> None:
        self.handed.append(message.key)
        self._book.shown(self.user, message)
