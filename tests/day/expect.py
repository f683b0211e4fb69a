"""Which phones have to sound, worked out from the script alone.

Knows nothing of how it is done: neither positions nor watermarks nor rows.  What it takes from the run is only how the
stream was cut into batches and when each was looked at, for that is the weather and not a promise.

A message is told to somebody's phone unless they had it by then (they were there when it was sent, or came since),
had muted the chat (and it does not mention them, or they do not want that), had blocked the sender, had left the
group, or it was taken back; all of one chat in one batch in one push.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
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
    Read,
    Register,
    Remove,
    Say,
    Unsend,
    Weather,
)
from tests.day.script import Day

MOST = 99
NEAR = 100


class History:
    """Values that change: what stood at a moment (changes at that very moment included)."""

    def __init__(self, first: Any) -> None:
        self._times: list[int] = [-1]
        self._values: list[Any] = [first]

    def add(self, at: int, value: Any) -> None:
        """From `at` on.  In order of time."""
        self._times.append(at)
        self._values.append(value)

    def at(self, moment: int) -> Any:
        """What stood then."""
        return self._values[bisect_right(self._times, moment) - 1]

    def changed(self, after: int, until: int) -> list[Any]:
        """What it changed to in between."""
        return self._values[bisect_right(self._times, after) : bisect_right(self._times, until)]


class Expectation:
    """Reads the script once, then answers."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self._present: dict[str, History] = defaultdict(lambda: History(False))
        self._muted: dict[tuple[str, str], History] = defaultdict(lambda: History((0, True)))
        self._archived: dict[tuple[str, str], History] = defaultdict(lambda: History(False))
        self._blocked: dict[tuple[str, str], History] = defaultdict(lambda: History(False))
        self._member: dict[tuple[str, str], History] = defaultdict(lambda: History(False))
        self._policy = {name: History(person.previews) for name, person in day.people.items()}
        self._phones = {name: History(dict(person.phones)) for name, person in day.people.items()}
        self._dead: dict[str, int] = {}
        self._weather: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._read: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._unsent: dict[str, int] = {}
        self._texts: dict[str, History] = {}
        self._inbox: dict[str, list[Say]] = defaultdict(list)
        self._groups: dict[str, set[str]] = {}
        self._in_vain: set[int] = set()
        """Additions of somebody who had blocked whoever would have added them."""
        self._told: set[tuple[str, Act]] = set()
        self._order = {id(act): place for place, act in enumerate(day.acts)}
        for act in day.acts:
            self._note(act)

    def _note(self, act: Act) -> None:
        match act:
            case Come():
                self._present[act.who].add(act.at, not act.tunnel)
            case Go():
                self._present[act.who].add(act.at, False)
            case Mute():
                self._muted[act.who, act.chat].add(act.at, (act.until, act.mentions))
            case Archive():
                self._archived[act.who, act.chat].add(act.at, act.on)
            case Block():
                self._blocked[act.who, act.other].add(act.at, act.on)
            case Preview():
                self._policy[act.who].add(act.at, act.policy)
            case Register():
                phones = self._phones[act.who]
                phones.add(act.at, {**phones.at(act.at), act.device: act.token})
            case Remove():
                phones = self._phones[act.who]
                phones.add(
                    act.at, {device: token for device, token in phones.at(act.at).items() if device != act.device}
                )
            case Dies():
                self._dead[act.token] = act.at
            case Weather():
                self._weather[act.token].append((act.at, act.until))
            case Read():
                self._read[act.who, act.chat].append(act.at)
            case Add() if self._blocked[act.other, act.who].at(act.at):
                self._in_vain.add(id(act))
            case Found() | Add() | Leave():
                self._note_group(act)
            case Say():
                self._texts[act.name] = History(act.text)
                for reader in self._readers(act):
                    self._inbox[reader].append(act)
            case Unsend():
                self._unsent.setdefault(act.name, act.at)
            case Edit():
                self._texts[act.name].add(act.at, act.text)

    def _note_group(self, act: Found | Add | Leave) -> None:
        changes = {act.who: not isinstance(act, Leave)}
        if isinstance(act, Found):
            self._groups[act.group] = set()
            changes |= dict.fromkeys(act.members, True)
        elif isinstance(act, Add):
            changes = {act.other: True}
        for name, member in changes.items():
            self._member[act.group, name].add(act.at, member)
            (self._groups[act.group].add if member else self._groups[act.group].discard)(name)

    def _readers(self, say: Say) -> list[str]:
        """Whose mailbox a message is put into: nobody's who has blocked the sender of a 1:1."""
        if say.chat in self._groups:
            return [each for each in sorted(self._groups[say.chat]) if each != say.who]
        return [] if self._blocked[say.chat, say.who].at(say.at) else [say.chat]

    def sounding(self) -> list[tuple[str, Act]]:
        """Every (person, deed) of which the stream has to show a record."""
        records: list[tuple[str, Act]] = [(name, say) for name, inbox in self._inbox.items() for say in inbox]
        for act in self._day.acts:
            if isinstance(act, Found):
                records += [(name, act) for name in act.members]
            elif isinstance(act, Add) and id(act) not in self._in_vain:
                records.append((act.other, act))
        return records

    def chat(self, who: str, act: Act) -> str:
        """What the chat of a deed is called by `who`."""
        if isinstance(act, Say):
            return act.chat if act.chat in self._groups else act.who
        assert isinstance(act, Found | Add)
        return act.group

    def pushes(self, batch: Batch) -> list[Pushed]:
        """What the phones have to show of one batch, in whatever order."""
        chats: dict[tuple[str, str], list[Act]] = defaultdict(list)
        for who, act in batch.records:
            chats[who, self.chat(who, act)].append(act)
        due: list[Pushed] = []
        for (who, chat), acts in chats.items():
            worth = [
                each for each in acts if all(self._wanted(who, chat, each, at) for at in (batch.began, batch.sounded))
            ]
            standing = [each for each in worth if self._stands(who, chat, each, batch.sounded)]
            if worth and standing:
                due += self._of(who, chat, worth, standing, batch.sounded)
        return due

    def _of(self, who: str, chat: str, worth: Sequence[Act], standing: Sequence[Act], at: int) -> Iterable[Pushed]:
        newest = max(standing, key=lambda act: self._order[id(act)])
        said = [each for each in standing if isinstance(each, Say)]
        unread = self._unread(who, at)
        here = [each for each in unread if self.chat(who, each) == chat]
        count = max(len(said), len(here)) if said else 0
        title, body = self._words(who, chat, newest, count, at)
        hidden = self._policy[who].at(at) == "none"
        name = newest.name if isinstance(newest, Say) and not hidden else ""
        for token in self._phones[who].at(at).values():
            told = {(token, each) for each in worth}
            if told <= self._told:
                continue
            if self._dead.get(token, at + 1) <= at:
                continue
            if any(begin <= at < until for begin, until in self._weather[token]):
                continue
            self._told |= told
            badge = min(MOST, len(unread)) if self._near(who, unread, at) else None
            yield Pushed(token, "" if hidden else chat, name, len(said), title, body, badge)

    def _wanted(self, who: str, chat: str, act: Act, at: int) -> bool:
        """As the chat's settings and what was confirmed stand at a moment."""
        present = self._present[who]
        if present.at(act.at) or any(present.changed(act.at, at)):
            return False
        if chat in self._groups:
            if not self._member[chat, who].at(at):
                return False
        elif self._blocked[who, chat].at(at):
            return False
        until, mentions = self._muted[who, chat].at(at)
        return until <= at or (isinstance(act, Say) and mentions and who in act.mentions)

    def _stands(self, who: str, chat: str, act: Act, at: int) -> bool:
        if self._block(who, chat, act, at):
            return False
        return not isinstance(act, Say) or self._unsent.get(act.name, at + 1) > at

    def _block(self, who: str, chat: str, act: Act, at: int) -> bool:
        return chat in self._groups and bool(self._blocked[who, act.who].at(at))

    def _unread(self, who: str, at: int) -> list[Say]:
        """Messages that `who` has not read, in chats that count."""
        found = []
        for say in self._inbox[who]:
            if say.at > at or self._unsent.get(say.name, at + 1) <= at:
                continue
            chat = self.chat(who, say)
            if any(say.at <= read <= at for read in self._read[who, chat]) or self._archived[who, chat].at(at):
                continue
            if self._muted[who, chat].at(at)[0] > at:
                continue
            away = not self._member[chat, who].at(at) if chat in self._groups else self._blocked[who, chat].at(at)
            if not away:
                found.append(say)
        return found

    def _near(self, who: str, unread: Sequence[Say], at: int) -> bool:
        """Whether all that is unread is surely among the latest 200 events of the mailbox, where it is counted: at
        least half of what is there are messages."""
        oldest = min((say.at for say in unread), default=at)
        return sum(oldest <= say.at <= at for say in self._inbox[who]) <= NEAR

    def _words(self, who: str, chat: str, newest: Act, count: int, at: int) -> tuple[str, str]:
        policy, name = self._policy[who].at(at), self._day.people[newest.who].shown
        joined = not isinstance(newest, Say)
        if policy == "none":
            return ("New group" if not count else "New message" if count == 1 else f"{count} new messages"), ""
        group = chat if chat in self._groups else None
        text = f"{name} added you" if joined else "New message"
        if isinstance(newest, Say) and policy == "full":
            text = self._texts[newest.name].at(at)
        title = group or name
        body = f"{name}: {text}" if group and not joined else text
        return (f"{title} ({count})" if count > 1 else title), body
