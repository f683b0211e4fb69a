"""Plays a day with the real services, on fakes: who acts sends real commands, whoever is there confirms, the stream
wakes the notifier, and phones show what SNS was given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.day.acts import (
    Act,
    Add,
    Archive,
    Batch,
    Block,
    Come,
    Dies,
    Edit,
    Found,
    Go,
    Leave,
    Mute,
    Preview,
    Pushed,
    React,
    Read,
    Register,
    Remove,
    Say,
    Unsend,
    Weather,
)
from tests.day.script import Day
from tests.day.stream import Record, Stream
from tests.day.time import DayClock
from tests.day.town import Town
from tidings.domain.events import ReceiptKind
from tidings.domain.notice import Sounding
from tidings.ports.devices import Notification
from tidings.services.push import Incoming

CONFIRMS_MS = (200, 1_200)
"""How long a device that is there takes to confirm."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it: the batches as they were cut, what was pushed in each, and what was given up."""

    batches: list[Batch]
    pushed: list[list[Pushed]]
    lost: list[Record]


class Player:
    """Plays one day."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self._clock = DayClock()
        self._town = Town(self._clock)
        self._stream = Stream(self._clock, self._notify)
        self._there: dict[str, bool] = {}
        self._behind: dict[str, dict[str, str]] = {}
        self._pushed: list[list[Pushed]] = []
        self._storms: dict[str, int] = {}
        self._do: dict[type[Act], Callable[[Any], None]] = {
            Come: self._come,
            Go: self._go,
            Say: self._say,
            Unsend: lambda act: self._town.unsend(act.who, act.name),
            Edit: lambda act: self._town.edit(act.who, act.name, act.text),
            React: lambda act: self._town.react(act.who, act.name),
            Read: lambda act: self._town.confirm(act.who, self._town.chat(act.who, act.chat), ReceiptKind.READ),
            Mute: self._mute,
            Archive: lambda act: self._town.set(act.who, act.chat, archived=act.on),
            Block: lambda act: self._town.block(act.who, act.other, on=act.on),
            Preview: lambda act: self._town.preview(act.who, act.policy),
            Register: lambda act: self._town.register(act.who, act.device, act.token),
            Remove: lambda act: self._town.remove(act.who, act.device),
            Dies: lambda act: self._town.dies(act.token),
            Weather: self._weather,
            Found: lambda act: self._town.found(act.who, act.group, act.members),
            Add: lambda act: self._town.add(act.who, act.group, act.other),
            Leave: lambda act: self._town.leave(act.who, act.group),
        }

    def play(self) -> Played:
        """From midnight on, until nothing is left to do."""
        for person in self._day.people.values():
            self._town.enter(person)
        for act in self._day.acts:
            self._clock.at(act.at, lambda act=act: self._perform(act))  # type: ignore[misc]
        self._clock.finish()
        return Played(self._stream.batches, self._pushed, self._stream.lost)

    def _perform(self, act: Act) -> None:
        self._town.origin = act
        self._do[type(act)](act)
        self._town.carry()
        for owner, event in self._town.arrived():
            self._arrive(owner, event)

    def _arrive(self, owner: str, event: Sounding) -> None:
        chat = event.conversation_id
        key = f"{owner} {event.arrival}"
        self._stream.show((owner, self._town.deed(event), Incoming(key, owner, event)))
        self._behind.setdefault(owner, {})[chat] = max(event.position, self._behind.get(owner, {}).get(chat, ""))
        if self._there.get(owner):
            low, high = CONFIRMS_MS
            wait = low + hash_of(key) % (high - low)
            self._clock.at(self._clock.since + wait, lambda: self._catch_up(owner))

    def _catch_up(self, who: str) -> None:
        """Confirm what has come, if somebody is there to do it."""
        if self._there.get(who):
            for chat, position in self._behind.pop(who, {}).items():
                self._town.confirm(who, chat, ReceiptKind.DELIVERED, position)

    def _come(self, act: Come) -> None:
        self._there[act.who] = not act.tunnel
        self._catch_up(act.who)

    def _go(self, act: Go) -> None:
        self._catch_up(act.who)
        self._there[act.who] = False

    def _say(self, act: Say) -> None:
        self._town.say(act)

    def _mute(self, act: Mute) -> None:
        until = self._clock.now() - self._clock.since + act.until if act.until else 0
        self._town.set(act.who, act.chat, muted_until=until, mentions=act.mentions)

    def _weather(self, act: Weather) -> None:
        self._storms[act.token] = max(act.until, self._storms.get(act.token, 0))
        self._town.fails(act.token, failing=True)

        def clears() -> None:
            self._town.fails(act.token, failing=self._storms[act.token] > self._clock.since)

        self._clock.at(act.until, clears)

    def _notify(self, batch: list[Incoming]) -> set[str]:
        failed = self._town.notifier.notify(batch)
        self._pushed.append([self._show(token, each) for token, each in self._town.shown()])
        return failed

    def _show(self, token: str, notification: Notification) -> Pushed:
        data = notification.data
        hidden = "conversation" not in data
        return Pushed(
            token=token,
            chat="" if hidden else self._town.name(token, data["conversation"]),
            newest="" if hidden else self._town.message(data["conversation"], data["position"]),
            told=int(data["messages"]),
            title=notification.title,
            body=notification.body,
            badge=notification.badge,
        )


def hash_of(text: str) -> int:
    """The same in every run."""
    return sum(text.encode()) * 7_919
