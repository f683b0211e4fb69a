"""Plays a scripted day (`tests.day`) through real sockets: the same script, the same expectations.

Deeds that follow each other closely are done at once; between such bunches the clock is moved on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from itertools import count
from typing import Any

from local.control_client import AsyncControlClient
from tests.day.acts import (
    Act,
    Add,
    Archive,
    Batch,
    Block,
    Come,
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
)
from tests.day.expect import Expectation
from tests.day.script import Day
from tests.e2e.conftest import LIFE_S, WINDOW_MS, Connect
from tests.e2e.phone import Phone

GAP_MS = 30_000
_numbers = count()
FAR = 10**9
STEP_MS = 60_000
"""From one bunch to the next."""


def bunched(day: Day, kinds: tuple[type[Act], ...], most: int) -> tuple[Day, list[list[Act]]]:
    """The day's first bunches of deeds of these kinds, told anew in minutes."""
    bunches: list[list[Act]] = []
    last = -GAP_MS
    for act in day.acts:
        if isinstance(act, kinds):
            if act.at - last >= GAP_MS:
                bunches.append([])
            bunches[-1].append(act)
            last = act.at
    times: dict[int, int] = {}
    for number, bunch in enumerate(bunches[:most]):
        for place, act in enumerate(bunch):
            times.setdefault(act.at, number * STEP_MS + place)

    def anew(act: Act, at: int) -> Act:
        if isinstance(act, Mute) and act.until:
            return replace(act, at=at, until=min((new for old, new in times.items() if old >= act.until), default=FAR))
        return replace(act, at=at)

    kept = [
        [anew(act, number * STEP_MS + place) for place, act in enumerate(bunch)]
        for number, bunch in enumerate(bunches[:most])
    ]
    return Day(day.people, [act for bunch in kept for act in bunch]), kept


class Stage:
    """Real phones on a host."""

    def __init__(self, day: Day, connect: Connect, control: AsyncControlClient, user: Callable[[str], str]) -> None:
        self._day = day
        self._expectation = Expectation(day)
        self._connect = connect
        self._control = control
        self._user = user
        self._phones: dict[str, Phone] = {}
        self._desks: dict[str, Phone] = {}
        self._there: set[str] = set()
        self._groups: dict[str, str] = {}
        self._sent: dict[str, dict[str, Any]] = {}
        self._newest: dict[tuple[str, str], str] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._origin = 0
        self._seen = 0
        self._do: dict[type[Act], Callable[[Any], Awaitable[object]]] = {
            Come: self._come,
            Go: self._go,
            Say: self._say,
            Read: self._read,
            Unsend: lambda act: self._life("unsend", act),
            Edit: lambda act: self._life("edit", act, text=act.text),
            React: lambda act: self._life("react", act, emoji="!"),
            Block: lambda act: self._ask(act.who, "block" if act.on else "unblock", user=self._user(act.other)),
            Mute: self._mute,
            Archive: lambda act: self._set(act, archived=act.on),
            Preview: lambda act: self._ask(act.who, "privacy", previews=act.policy),
            Register: self._register,
            Remove: lambda act: self._ask(act.who, "device.remove", own=False, device_id=act.device),
            Found: self._found,
            Add: lambda act: self._ask(
                act.who, "group.add", conversation=self._groups[act.group], members=[self._user(act.other)]
            ),
            Leave: lambda act: self._ask(act.who, "group.leave", conversation=self._groups[act.group]),
        }

    async def play(self, bunches: Iterable[list[Act]]) -> tuple[list[str], int, int]:
        """What was wrong, bunch by bunch; how many pushes had to be, and were."""
        for person in self._day.people.values():
            token = (await self._control.mint(self._user(person.name), LIFE_S, name=person.shown))["token"]
            self._desks[person.name] = await self._connect(self._user(person.name), device="desk", token=token)
            for device, push_token in person.phones:
                await self._register(Register(0, person.name, device, push_token))
            await self._ask(person.name, "privacy", previews=person.previews)
        self._origin = (await self._control.advance(0))["now_ms"]
        wrong, expected, sent = [], 0, 0
        for bunch in bunches:
            now = (await self._control.advance(0))["now_ms"]
            await self._control.advance(max(0, self._origin + bunch[0].at - now))
            for act in bunch:
                await self._do[type(act)](act)
            due, were = Counter(self._due(bunch)), Counter(await self._shown())
            expected, sent = expected + due.total(), sent + were.total()
            if due != were:
                wrong.append(f"{bunch}: missing {list(due - were)}, too many {list(were - due)}")
        return wrong, expected, sent

    def _due(self, bunch: list[Act]) -> list[Pushed]:
        mine = {id(act) for act in bunch}
        records = tuple((who, act) for who, act in self._expectation.sounding() if id(act) in mine)
        when = bunch[-1].at + WINDOW_MS
        return self._expectation.pushes(Batch(records, when, when)) if records else []

    async def _shown(self) -> list[Pushed]:
        """What has come to our phones since the last look."""
        await self._control.idle(60, advance_ms=2 * WINDOW_MS)
        pushes = await self._control.phones()
        new, self._seen = pushes[self._seen :], len(pushes)
        mark = self._user("")
        assert not [each["problem"] for each in new if each["problem"]]
        return [self._pushed(each) for each in new if each["token"].startswith(mark)]

    def _pushed(self, push: dict[str, Any]) -> Pushed:
        message = push["payload"]["fcmV1Message"]["message"]
        data, words = message["data"], message["notification"]
        token = push["token"].removeprefix(self._user(""))
        chat = data.get("conversation", "")
        return Pushed(
            token=token,
            chat=self._chat_name(token.partition("-")[0], chat) if chat else "",
            newest=self._names.get((chat, data.get("position", "")), ""),
            told=int(data["messages"]),
            title=words["title"],
            body=words.get("body", ""),
            badge=int(data["badge"]),
        )

    def _chat_name(self, who: str, chat: str) -> str:
        groups = {conversation: group for group, conversation in self._groups.items()}
        if chat in groups:
            return groups[chat]
        (other,) = set(chat.split("#")[1:]) - {self._user(who)}
        return other.removeprefix(self._user(""))

    # What people do.

    async def _ask(self, who: str, action: str, *, own: bool = True, **fields: Any) -> dict[str, Any]:
        """By a second device of theirs, which confirms nothing and is never called."""
        ids = {"client_id": f"{action}-{len(self._desks[who].events)}-{next(_numbers)}"} if own else {}
        answer = await self._desks[who].insist(action, **ids, **fields)
        assert answer["type"] != "error" or not answer["retryable"], answer
        return answer

    async def _register(self, act: Register) -> None:
        phone = await self._connect(self._user(act.who), device=act.device)
        token = f"{self._user('')}{act.token}"
        answer = await phone.insist("device.register", platform="fcm", push_token=token)
        assert answer["push"] == "on", answer
        await phone.close()

    async def _come(self, act: Come) -> None:
        phone = self._phones[act.who] = await self._connect(self._user(act.who))
        if act.tunnel:
            return
        self._there.add(act.who)
        events, _ = await phone.mailbox()
        await self._confirm(act.who, events)

    async def _go(self, act: Go) -> None:
        await self._phones.pop(act.who).close()
        self._there.discard(act.who)

    async def _confirm(self, who: str, events: Iterable[dict[str, Any]]) -> None:
        """Each conversation's newest event is here."""
        newest: dict[str, str] = {}
        for event in events:
            if event["kind"] in ("message", "group"):
                chat = event["conversation"]
                newest[chat] = max(newest.get(chat, ""), event["position"])
        for chat, position in newest.items():
            self._newest[who, chat] = max(position, self._newest.get((who, chat), ""))
            await self._phones[who].insist("ack", conversation=chat, kind="delivered", position=position)

    async def _say(self, act: Say) -> None:
        to = {"conversation": self._groups[act.chat]} if act.chat in self._groups else {"to": self._user(act.chat)}
        mentions = {"mentions": [self._user(each) for each in act.mentions]} if act.mentions else {}
        desk = self._desks[act.who]
        sent = await desk.insist("send", client_id=act.name, text=act.text, **to, **mentions)
        assert sent["type"] == "ack", sent
        self._sent[act.name] = sent
        self._names[sent["conversation"], sent["position"]] = act.name
        for reader, said in self._expectation.sounding():
            if said is act:
                self._newest[reader, sent["conversation"]] = sent["position"]
                if reader in self._there:
                    await self._hear(reader, act.name)

    async def _hear(self, reader: str, name: str) -> None:
        phone = self._phones[reader]
        await phone.until(lambda: any(event.get("client_id") == name for event in phone.messages()))
        await self._confirm(reader, [event for event in phone.messages() if event["client_id"] == name])

    async def _read(self, act: Read) -> None:
        chat = self._chat(act.who, act.chat)
        newest = self._newest.get((act.who, chat))
        if newest is not None:
            await self._ask(act.who, "ack", own=False, conversation=chat, kind="read", position=newest)

    async def _mute(self, act: Mute) -> None:
        until = self._origin + act.until if act.until else 0
        await self._set(act, muted_until=until, mentions=act.mentions)

    async def _set(self, act: Mute | Archive, **values: int | bool) -> None:
        answer = await self._ask(act.who, "conversation.set", conversation=self._chat(act.who, act.chat), **values)
        assert answer["type"] == "ack", answer

    def _chat(self, who: str, chat: str) -> str:
        return self._groups.get(chat) or "#".join(["dm", *sorted((self._user(who), self._user(chat)))])

    async def _life(self, action: str, act: Unsend | Edit | React, **fields: str) -> None:
        if act.name in self._sent:
            sent = self._sent[act.name]
            await self._ask(act.who, action, conversation=sent["conversation"], position=sent["position"], **fields)

    async def _found(self, act: Found) -> None:
        members = [self._user(each) for each in act.members]
        answer = await self._ask(act.who, "group.create", title=act.group, members=members)
        self._groups[act.group] = answer["conversation"]
