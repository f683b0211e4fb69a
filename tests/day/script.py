"""Writes a day: who comes and goes, talks, mutes, blocks, changes phones.  The same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.day.acts import (
    Act,
    Add,
    Archive,
    Block,
    Come,
    Dies,
    Edit,
    Found,
    Go,
    Leave,
    Mute,
    Person,
    Preview,
    React,
    Read,
    Register,
    Remove,
    Say,
    Unsend,
    Weather,
)

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MORNING, NIGHT = 7 * HOUR, 23 * HOUR + 30 * MINUTE
WORDS = (
    "yes",
    "no",
    "later",
    "tonight",
    "tea",
    "train",
    "rain",
    "soon",
    "\U0001f600",
    "grüße",
    "雨",
    "see you",
    "thanks",
)
NAMES = ("Ada", "Björn", "李小龍", "\U0001f98a" * 16, "Zoë", "M" * 64, "Олена", "Jo")


@dataclass(slots=True)
class Day:
    """Everybody, the groups' first members, and the deeds in order of time."""

    people: dict[str, Person]
    acts: list[Act] = field(default_factory=list)


@dataclass(slots=True)
class Writer:
    """The dice, and who knows whom."""

    dice: random.Random
    day: Day
    friends: dict[str, list[str]]
    groups: dict[str, list[str]]
    said: list[Say] = field(default_factory=list)

    def any_time(self) -> int:
        """Some moment while people are awake."""
        return self.dice.randrange(MORNING, NIGHT)

    def chats(self, who: str) -> list[str]:
        """Friends, and groups since the morning."""
        return self.friends[who] + [group for group, members in self.groups.items() if who in members]


def write(seed: int, people: int = 100, groups: int = 14) -> Day:
    """A day of so many people."""
    dice = random.Random(seed)
    names = [f"u{number:03d}" for number in range(people)]
    day = Day({name: _person(dice, name) for name in names})
    writer = Writer(dice, day, {name: [] for name in names}, {})
    for name in names:
        for other in dice.sample([each for each in names if each != name], min(people - 1, dice.randint(2, 4))):
            if other not in writer.friends[name]:
                writer.friends[name].append(other)
                writer.friends[other].append(name)
    for number in range(groups):
        members = dice.sample(names, dice.randint(3, min(20, people)))
        writer.groups[f"g{number:02d}"] = members
        day.acts.append(Found(number * MINUTE, members[0], f"g{number:02d}", tuple(members[1:])))
    for name in names:
        _live(writer, name)
    _change(writer)
    _break(writer)
    day.acts.sort(key=lambda act: act.at)
    day.acts = list(_possible(day))
    return day


def _possible(day: Day) -> Iterator[Act]:
    """Who has left a group says nothing in it, and nobody calls them there; nobody mutes a chat that has not begun."""
    groups: dict[str, set[str]] = {}
    said: set[str] = set()
    begun: set[tuple[str, str]] = set()
    blocked: set[tuple[str, str]] = set()
    for act in day.acts:
        match act:
            case Found():
                groups[act.group] = {act.who, *act.members}
                begun |= {(name, act.group) for name in groups[act.group]}
            case Add():
                groups[act.group].add(act.other)
            case Leave():
                groups[act.group].discard(act.who)
            case Say() if act.chat in groups:
                if act.who not in groups[act.chat]:
                    continue
                act = replace(act, mentions=tuple(each for each in act.mentions if each in groups[act.chat]))
            case Say() if (act.chat, act.who) not in blocked:
                begun |= {(act.who, act.chat), (act.chat, act.who)}
            case Block():
                (blocked.add if act.on else blocked.discard)((act.who, act.other))
            case Mute() | Archive():
                if (act.who, act.chat) not in begun:
                    continue
            case Unsend() | Edit() | React():
                if act.name not in said:
                    continue
        if isinstance(act, Say):
            said.add(act.name)
        yield act


def _person(dice: random.Random, name: str) -> Person:
    count = dice.choices((0, 1, 2), (8, 80, 12))[0]
    phones = tuple((device, f"{name}-{device}") for device in ("phone", "tablet")[:count])
    previews = dice.choices(("full", "sender", "none"), (75, 15, 10))[0]
    return Person(name, f"{dice.choice(NAMES)[:59]}-{name}", phones, previews)


def _live(writer: Writer, who: str) -> None:
    """Sessions of a minute to an hour, at least two minutes apart; in most of them one reads and writes."""
    dice, free = writer.dice, MORNING
    for begin in sorted(writer.any_time() for _ in range(dice.randint(5, 10))):
        length = min(HOUR, MINUTE + int(dice.expovariate(1 / (10 * MINUTE))))
        if begin < free:
            continue
        free = begin + length + 2 * MINUTE
        tunnel = dice.random() < 0.1
        writer.day.acts += [Come(begin, who, tunnel), Go(begin + length, who)]
        if tunnel:
            continue
        for chat in writer.chats(who):
            if dice.random() < 0.8:
                writer.day.acts.append(Read(begin + dice.randrange(SECOND, min(length, MINUTE)), who, chat))
        for _ in range(dice.randint(0, 3)):
            _talk(writer, who, begin + dice.randrange(length))


def _talk(writer: Writer, who: str, at: int) -> None:
    """One message or a burst, and what becomes of some of them."""
    dice = writer.dice
    chat = dice.choice(writer.chats(who))
    for _ in range(dice.randint(2, 9) if dice.random() < 0.3 else 1):
        say = Say(at, who, f"m{len(writer.said):05d}", chat, " ".join(_words(dice)), _mentions(writer, who, chat))
        writer.said.append(say)
        writer.day.acts.append(say)
        writer.day.acts += _fate(dice, writer, say)
        at += dice.randrange(100, 900)


def _words(dice: random.Random) -> Iterator[str]:
    yield from (dice.choice(WORDS) for _ in range(dice.randint(1, 8)))


def _mentions(writer: Writer, who: str, chat: str) -> tuple[str, ...]:
    others = [each for each in writer.groups.get(chat, ()) if each != who]
    if not others or writer.dice.random() > 0.2:
        return ()
    return tuple(writer.dice.sample(others, min(len(others), writer.dice.randint(1, 2))))


def _fate(dice: random.Random, writer: Writer, say: Say) -> list[Act]:
    turn = dice.random()
    if turn < 0.05:
        return [Unsend(say.at + dice.randrange(300, 2 * SECOND), say.who, say.name)]
    if turn < 0.08:
        return [Unsend(say.at + dice.randrange(MINUTE, 20 * MINUTE), say.who, say.name)]
    if turn < 0.13:
        return [Edit(say.at + dice.randrange(300, 10 * SECOND), say.who, say.name, "edited")]
    if turn < 0.2:
        readers = [each for each in writer.groups.get(say.chat, [say.chat]) if each != say.who]
        return [React(say.at + dice.randrange(SECOND, 5 * MINUTE), dice.choice(readers), say.name)]
    return []


def _change(writer: Writer) -> None:
    """Mutes, archives, blocks, previews; who joins and leaves."""
    dice, acts, names = writer.dice, writer.day.acts, list(writer.day.people)
    for who in names:
        for _ in range(dice.randint(0, 2)):
            at = writer.any_time()
            until = dice.choice((at + dice.randrange(10 * MINUTE, 12 * HOUR), 10 * DAY))
            chat = dice.choice(writer.chats(who))
            acts.append(Mute(at, who, chat, until, dice.random() < 0.7))
            if dice.random() < 0.3:
                acts.append(Mute(at + dice.randrange(MINUTE, 5 * HOUR), who, chat, 0))
        if dice.random() < 0.1:
            acts.append(Archive(writer.any_time(), who, dice.choice(writer.chats(who)), on=True))
        if dice.random() < 0.08:
            acts.append(Preview(writer.any_time(), who, dice.choice(("full", "sender", "none"))))
        if dice.random() < 0.08:
            at, other = writer.any_time(), dice.choice(writer.friends[who])
            acts += [Block(at, who, other, on=True), Block(at + dice.randrange(HOUR, 6 * HOUR), who, other, on=False)]
    for group, members in writer.groups.items():
        outside = [each for each in names if each not in members]
        for other in dice.sample(outside, min(len(outside), dice.randint(0, 2))):
            acts.append(Add(writer.any_time(), members[0], group, other))
        if dice.random() < 0.5:
            acts.append(Leave(writer.any_time(), dice.choice(members[1:]), group))


def _break(writer: Writer) -> None:
    """Phones that die, are signed out or bought; a push service that does not answer."""
    dice, acts = writer.dice, writer.day.acts
    for person in writer.day.people.values():
        for device, token in person.phones:
            turn, at = dice.random(), writer.any_time()
            if turn < 0.06:
                acts.append(Dies(at, person.name, token))
                if dice.random() < 0.6:
                    acts.append(Register(at + dice.randrange(MINUTE, 3 * HOUR), person.name, device, f"{token}-new"))
            elif turn < 0.1:
                acts.append(Remove(at, person.name, device))
    direct = [say for say in writer.said if say.chat in writer.day.people and writer.day.people[say.chat].phones]
    for say in dice.sample(direct, min(len(direct), 40)):
        _, token = writer.day.people[say.chat].phones[0]
        acts.append(Weather(say.at, say.chat, token, say.at + dice.randrange(5 * SECOND, 15 * SECOND)))
    for who in dice.sample(sorted(writer.day.people), max(1, len(writer.day.people) // 20)):
        acts.append(Register(writer.any_time(), who, "second-hand", f"{who}-second-hand"))
