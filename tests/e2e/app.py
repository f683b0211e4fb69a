"""A device of the real client, as tests hold it: what it was handed, and what stands on its screen."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from client import Client, Edit, Event, Hidden, Message, Reaction, RequestError, State, Timing, Unsend
from local.misbehave import CallRule

WRITES = ("PutItem", "BatchWriteItem")
BRISK = Timing(ack=3.0, ack_cap=6.0, receipts=0.1)
User = Callable[[str], str]
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


Open = Callable[..., Awaitable[App]]
"""`await app("user", "phone")`: a registered device; with a `book`, another run of it."""


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


def weather(seed: int) -> dict[str, Any]:
    """Frames late, out of order or lost, what is behind them twice, and workers that die."""
    return {
        "seed": seed,
        "reorder": 3,
        "delay_ms": 20,
        "lose_frame": 0.03,
        "lose_reply": 0.05,
        "duplicate_records": 0.3,
        "duplicate_messages": 0.3,
        "calls": [asdict(CallRule("kill", "Send", operation=each, probability=0.1, times=4)) for each in WRITES],
    }


async def live(writers: list[App], conversation: str, dice: random.Random, steps: int) -> None:
    """People write, correct themselves, take back and react, all at the same time and without waiting."""

    async def act(number: int) -> None:
        writer = dice.choice(writers)
        mine = [each for each in writer.client.conversation(conversation) if each.sender == writer.user]
        every = writer.client.conversation(conversation)
        what = dice.choice(("send", "send", "send", "edit", "unsend", "react", "react"))
        client = writer.client
        if what == "edit" and mine:
            await client.edit(conversation, dice.choice(mine).position, f"edited {number}")
        elif what == "unsend" and len(mine) > 3:
            await client.unsend(conversation, dice.choice(mine).position)
        elif what == "react" and every:
            await client.react(conversation, dice.choice(every).position, dice.choice(("👍", "🎉", None)))
        else:
            answered = dice.choice(every).position if every and dice.random() < 0.3 else None
            await client.send(conversation, f"text {number}", reply_to=answered)

    doing: list[asyncio.Task[None]] = []
    for number in range(steps):
        doing.append(asyncio.create_task(act(number)))
        await asyncio.sleep(0.02)
    for outcome in await asyncio.gather(*doing, return_exceptions=True):
        # What somebody does to a message that its author takes back at the same moment is refused.
        assert outcome is None or (isinstance(outcome, RequestError) and outcome.code == "not_found"), outcome
