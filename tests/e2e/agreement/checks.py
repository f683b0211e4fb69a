"""Every way to look at a conversation shows the same, and what the model says."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from client.events import Entry, GroupChange
from tests.e2e.agreement.model import Chat, Model, Shown, ms, words
from tests.e2e.app import App

Row = dict[str, Any]
ASKED = 5
"""Messages of a conversation whose receipts are asked for."""
NAMES = (
    "conversation",
    "active_at",
    "unread",
    "pinned",
    "archived",
    "mentions",
    "muted_until",
    "blocked",
    "left",
)
"""What is compared of a row of the list, beside the position of what was last."""


@dataclass
class Check:
    """What a user can look at.  `found` are the differences; `exact`: no live frame was lost."""

    model: Model
    dice: random.Random
    exact: bool
    found: list[str] = field(default_factory=list)

    async def user(self, name: str, live: Sequence[App], tablet: App, fresh: App) -> None:
        """All of one user: devices that were there all the time, one that came and went, and a new one."""
        for chat in self.model.chats.values():
            if not chat.stays[name] or not chat.log:
                continue
            past = await paged(fresh, chat.name, self.dice.randint(2, 7))
            self.same((name, chat.name, "history"), past, self.model.past(name, chat))
            swept = self.model.told(name, chat, swept=True)
            self.same((name, chat.name, "a new device"), lines(fresh.client.entries(chat.name)), swept)
            for each in live:
                shown = lines(each.client.entries(chat.name))
                self.same((name, chat.name, each.device), shown, self.told(name, chat, shown, exact=self.exact))
            book = tablet.book.shown(chat.name)
            self.same((name, chat.name, "tablet"), book, plain(chat, self.told(name, chat, book, exact=False)))
            if name in chat.present:
                await self.receipts(name, chat, past, fresh)
            if chat.group and name in chat.present:
                await self.group(name, chat, fresh)
        await self.list(name, fresh)

    def same(self, what: tuple[str, ...], seen: Any, expected: Any) -> None:
        """Note a difference; of lists what is in one of them only."""
        if seen == expected:
            return
        if isinstance(seen, list):
            more, less = (
                [each for each in seen if each not in expected],
                [each for each in expected if each not in seen],
            )
            seen, expected = (more, less) if more or less else (seen, expected)
        self.found.append(f"{' '.join(what)}: {seen}, not {expected}")

    def told(self, name: str, chat: Chat, seen: Sequence[tuple[Any, ...]], *, exact: bool) -> list[Shown]:
        """What a device has been told.  What was unsent while it could not hear, and swept, it may not have."""
        told = self.model.told(name, chat, swept=False)
        there = {each[0] for each in (*self.model.told(name, chat, swept=True), *seen)}
        return [each for each in told if exact or each[0] in there]

    async def receipts(self, name: str, chat: Chat, past: Sequence[Shown], app: App) -> None:
        """Of some of the messages that they received."""
        every = [at for at, *_ in past if chat.log[at].kind == "message" and chat.received(name, at)]
        for at in self.dice.sample(every, min(ASKED, len(every))):
            members = {
                each.user: (each.delivered_at is not None, each.read_at is not None)
                async for each in app.client.receipts_of(chat.name, at)
            }
            told = self.model.receipts(name, chat, at)
            sure = {each: (members[each][0] if has is None else has, read) for each, (has, read) in told.items()}
            self.same((name, chat.name, "receipts", at), members, sure)

    async def group(self, name: str, chat: Chat, app: App) -> None:
        """What it is, and who is in it."""
        info = await app.client.groups.info(chat.name)
        members = {each.user: each.role async for each in app.client.groups.members(chat.name)}
        expected = {each: chat.roles.get(each, "member") for each in chat.present}
        self.same((name, chat.name, "members"), members, expected)
        seen = (info.title, info.history, info.members, info.role)
        stands = (chat.values["title"], chat.values["history"], len(expected), expected.get(name))
        self.same((name, chat.name, "info"), seen, stands)

    async def list(self, name: str, app: App) -> None:
        """The conversation list, by pages, newest activity first, and what is unread in all."""
        rows, unread = await listed(app, self.dice.randint(1, 3))
        times = [row.pop("active_at") for row in rows]
        self.same((name, "order of the list"), times, sorted(times, reverse=True))
        late = [row for row, at in zip(rows, times, strict=True) if ms(row["last"]) > at]
        self.same((name, "activity of the list"), late, [])
        rows.sort(key=lambda row: str(row["last"]), reverse=True)
        self.same((name, "list"), rows, self.model.rows(name))
        self.same((name, "unread"), unread, self.model.total(name))


def lines(entries: Sequence[Entry]) -> list[Shown]:
    """Entries as the model has them."""
    found: list[Shown] = []
    for each in entries:
        if isinstance(each, GroupChange):
            found.append((each.position, each.change, False, ()))
        else:
            tally = tuple(sorted((given.emoji, given.count, given.mine) for given in each.reactions))
            text = words(each.text, each.reply_to, each.mentions)
            found.append((each.position, text, each.edited is not None, tally))
    return found


def plain(chat: Chat, shown: Sequence[Shown]) -> list[tuple[str, str, bool, tuple[tuple[str, int], ...]]]:
    """As a program shows it that keeps messages only, and the bare text of them."""
    return [
        (at, text.partition("|")[0], edited, tuple((emoji, count) for emoji, count, _ in tally))
        for at, text, edited, tally in shown
        if chat.log[at].kind == "message"
    ]


async def paged(app: App, chat: str, limit: int) -> list[Shown]:
    """All of a history, oldest first."""
    found: list[Entry] = []
    before: str | None = None
    while True:
        page, before = await app.client.past(chat, before, limit)
        found += page
        if before is None:
            places = [each.position for each in found]
            assert places == sorted(set(places), reverse=True), places
            return lines(found[::-1])


async def listed(app: App, limit: int) -> tuple[list[Row], int]:
    """All of the conversation list in the model's words, and what is unread in all."""
    found: list[Row] = []
    page = await app.client.ask("conversations", limit=limit)
    unread = int(page["unread"])
    while True:
        found += page["conversations"]
        if "before" not in page:
            break
        page = await app.client.ask("conversations", limit=limit, before=page["before"])
    rows = [{name: row[name] for name in NAMES if name in row} | {"last": row["last"]["position"]} for row in found]
    return rows, unread
