"""A device of the real client, as tests hold it: what it was handed, and what stands on its screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from client import Client, Edit, Event, Hidden, Message, Reaction, State, Unsend

Shown = tuple[str, str, bool, tuple[tuple[str, int], ...]]
"""Position, text, whether it was edited, and how often each emoji was given."""


@dataclass
class Book:
    """What a program knows that keeps its own list by the events alone, over any number of runs."""

    messages: dict[str, Message] = field(default_factory=dict)
    reactions: dict[str, dict[str, str | None]] = field(default_factory=dict)
    handed: list[tuple[str, str]] = field(default_factory=list)
    state: State | None = None

    def take(self, event: Event) -> None:
        """One event, as the client hands it on."""
        match event:
            case Message():
                self.handed.append(event.key)
                self.messages[event.position] = event
            case Edit() if event.target in self.messages:
                old = self.messages[event.target]
                self.messages[event.target] = replace(old, text=event.text, edited=event.position)
            case Unsend() | Hidden():
                self.messages.pop(event.target, None)
            case Reaction():
                self.reactions.setdefault(event.target, {})[event.sender] = event.emoji
            case _:
                pass

    def keep(self, state: State) -> None:
        """The client's state."""
        self.state = state

    def shown(self, conversation: str) -> list[Shown]:
        """What such a program shows."""
        found = []
        for position, message in sorted(self.messages.items()):
            given = [emoji for emoji in self.reactions.get(position, {}).values() if emoji]
            counts = tuple(sorted((emoji, given.count(emoji)) for emoji in set(given)))
            if message.conversation == conversation:
                found.append((position, message.text, message.edited is not None, counts))
        return found


class App:
    """One device: its client, and the program that listens to it."""

    def __init__(self, client: Client, user: str, device: str, book: Book) -> None:
        self.client = client
        self.user = user
        self.device = device
        self.book = book
        for kind in (Message, Edit, Unsend, Hidden, Reaction):
            client.on(kind, book.take)

    def screen(self, conversation: str) -> list[Shown]:
        """What the client shows."""
        return shown(self.client.conversation(conversation))

    async def past(self, conversation: str) -> list[Shown]:
        """What the server says of it, oldest first."""
        messages: list[Message] = []
        before: str | None = None
        while True:
            page, before = await self.client.history(conversation, before, limit=100)
            messages += page
            if before is None:
                return shown(messages[::-1])

    async def until(self, holds: Callable[[], bool], within: float = 60.0) -> None:
        """Wait until it `holds`; now and then by a sync, which repairs what the weather took."""
        async with asyncio.timeout(within):
            rounds = 0
            while not holds():
                if rounds % 20 == 19:
                    await self.client.sync()
                rounds += 1
                await asyncio.sleep(0.1)


def shown(messages: list[Message] | tuple[Message, ...]) -> list[Shown]:
    """Messages as tests compare them."""
    return [
        (
            message.position,
            message.text,
            message.edited is not None,
            tuple(sorted((each.emoji, each.count) for each in message.reactions)),
        )
        for message in messages
    ]
