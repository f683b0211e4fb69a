"""What everybody should see, told from what was acked: a conversation is the sum of its events, in order of positions.

Acts are noted one after the other, so who is told of an event is known when it is noted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

LEAVE_MS = 8_000
"""A stay goes on for so long after the change that ends it."""

Shown = tuple[str, str, bool, tuple[tuple[str, int, bool], ...]]
"""Position, text, whether it was edited, and each emoji: how often, and whether by oneself."""


def ms(position: str) -> int:
    """The time of a position, epoch ms."""
    return int(position[:13])


def words(text: str, reply_to: str | None, mentions: Iterable[str]) -> str:
    """A text with what it answers and whom it mentions."""
    return "|".join((text, reply_to or "", *mentions))


@dataclass
class Stay:
    """From the join's position to (exclusive) some seconds after the leave's."""

    joined: str
    left: str | None = None

    def covers(self, position: str) -> bool:
        return self.joined <= position and (self.left is None or ms(position) < ms(self.left) + LEAVE_MS)


@dataclass
class Noted:
    """An event of a log.  `told`: who got it, its author included."""

    position: str
    kind: str
    sender: str
    fields: dict[str, Any]
    withheld: bool = False
    told: frozenset[str] = frozenset()

    @property
    def target(self) -> str:
        return str(self.fields.get("position", ""))


@dataclass
class Chat:
    """A conversation."""

    name: str
    log: dict[str, Noted] = field(default_factory=dict)
    stays: dict[str, list[Stay]] = field(default_factory=lambda: defaultdict(list))
    roles: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)

    @property
    def group(self) -> bool:
        return self.name.startswith("g#")

    @property
    def present(self) -> list[str]:
        """Who is in it."""
        return [user for user, stays in self.stays.items() if stays and stays[-1].left is None]

    def others(self, user: str) -> list[str]:
        """The other one of a 1:1; nobody of a group."""
        return [] if self.group else [each for each in self.present if each != user]

    def admin(self, user: str) -> bool:
        return self.roles.get(user) in ("owner", "admin")

    def received(self, user: str, position: str) -> bool:
        return any(stay.covers(position) for stay in self.stays[user])

    def sees(self, user: str, position: str) -> bool:
        """Whether the position is in sight, by the group's setting as it is now."""
        stays = self.stays[user]
        if not self.group or self.values.get("history") != "all":
            return self.received(user, position)
        return bool(stays) and (stays[-1].left is None or ms(position) < ms(stays[-1].left) + LEAVE_MS)

    def entries(self) -> Iterator[Noted]:
        """Messages and changes of the group, oldest first."""
        return (each for _, each in sorted(self.log.items()) if each.kind in ("message", "group"))

    def about(self, kind: str, target: str) -> list[Noted]:
        """What was done to a message, oldest first."""
        found = [each for each in self.log.values() if each.kind == kind and each.target == target]
        return sorted(found, key=lambda each: each.position)

    def unsent(self, target: str) -> bool:
        return bool(self.about("unsend", target))


@dataclass
class Model:
    """Everything that was acked."""

    chats: dict[str, Chat] = field(default_factory=dict)
    blocks: set[tuple[str, str]] = field(default_factory=set)
    silent: set[tuple[str, str]] = field(default_factory=set)
    """Who has ever blocked whom: what came just before may not have been confirmed by then."""
    hidden: set[tuple[str, str, str]] = field(default_factory=set)
    prefs: dict[tuple[str, str], dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    reads: dict[tuple[str, str], str] = field(default_factory=dict)
    told_reads: dict[tuple[str, str], str] = field(default_factory=dict)
    """Up to where the others may know."""
    private: set[str] = field(default_factory=set)

    def direct(self, one: str, other: str) -> Chat:
        """A 1:1, which begins with its first message."""
        name = "#".join(["dm", *sorted((one, other))])
        chat = self.chats.setdefault(name, Chat(name))
        for user in (one, other):
            if not chat.stays[user]:
                chat.stays[user].append(Stay("0"))
        return chat

    def blocked(self, chat: Chat, sender: str) -> bool:
        """Whether what they write there is withheld."""
        return any((other, sender) in self.blocks for other in chat.others(sender))

    def acts_on(self, user: str, chat: Chat, target: Noted) -> bool:
        """Whether something is there for somebody to act on: also what they hid, or whose text they are not shown."""
        mine = not target.withheld or target.sender == user
        return mine and not chat.unsent(target.position) and chat.sees(user, target.position)

    def note(self, chat: Chat, position: str, kind: str, sender: str, fields: dict[str, Any]) -> None:
        """Something was acked at a position; again, if it was sent again."""
        if position in chat.log:
            return
        event = Noted(position, kind, sender, fields)
        message = chat.log.get(event.target) if event.target else None
        event.withheld = self.blocked(chat, sender) or (message is not None and message.withheld)
        if kind == "unsend" and message is not None:
            event.withheld = message.withheld
        told = {user for user in list(chat.stays) if chat.received(user, position)}
        if message is not None:
            told = {user for user in told if chat.sees(user, message.position)}
        event.told = frozenset({sender} if event.withheld else told | {sender})
        chat.log[position] = event

    # -- what a conversation shows -------------------------------------------------------------------------------

    def told(self, user: str, chat: Chat, *, swept: bool) -> list[Shown]:
        """A conversation as the events show it; `swept`: as those show it that a mailbox still has."""

        def heard(event: Noted) -> bool:
            return user in event.told

        def gone(at: str) -> bool:
            unsends = chat.about("unsend", at)
            return any(map(heard, unsends)) or bool(swept and unsends)

        return self._shown(user, chat, heard, heard, gone)

    def past(self, user: str, chat: Chat) -> list[Shown]:
        """A conversation as `history` shows it."""

        def stands(event: Noted) -> bool:
            return not event.withheld or event.sender == user

        def shows(event: Noted) -> bool:
            return stands(event) and chat.sees(user, event.position)

        return self._shown(user, chat, shows, stands, chat.unsent)

    def _shown(
        self,
        user: str,
        chat: Chat,
        shows: Callable[[Noted], bool],
        stands: Callable[[Noted], bool],
        gone: Callable[[str], bool],
    ) -> list[Shown]:
        """What `shows`: a text or a reaction only if it is the last one that `stands`."""
        found: list[Shown] = []
        for entry in chat.entries():
            at, edits = entry.position, [each for each in chat.about("edit", entry.position) if stands(each)]
            if not shows(entry) or gone(at) or (user, chat.name, at) in self.hidden:
                continue
            if entry.kind == "group":
                found.append((at, entry.fields["change"], False, ()))
            elif not edits or shows(edits[-1]):  # Else the old text is gone, and the new one is not for them.
                text = (edits or [entry])[-1].fields["text"]
                text = words(text, entry.fields.get("reply_to"), entry.fields.get("mentions", ()))
                last = {each.sender: each for each in chat.about("react", at) if stands(each)}
                given = [(who, each.fields.get("emoji")) for who, each in last.items() if shows(each)]
                names = {emoji for _, emoji in given if emoji}
                tally = [(name, sum(emoji == name for _, emoji in given), (user, name) in given) for name in names]
                found.append((at, text, bool(edits), tuple(sorted(tally))))
        return found

    def receipts(self, user: str, chat: Chat, at: str) -> dict[str, tuple[bool | None, bool]]:
        """Who has received and who has read a message, as somebody is told.  None: that is open."""
        message = chat.log[at]
        if chat.group:
            there = [each for each in chat.stays if chat.received(each, at) and each != message.sender]
        else:
            there = chat.others(message.sender)
        found: dict[str, tuple[bool | None, bool]] = {}
        for each in there:
            read = self.told_reads.get((each, chat.name), "") >= at and not {each, user} & self.private
            silent = not chat.group and (each, message.sender) in self.silent
            found[each] = (None if silent else not message.withheld, read and not message.withheld)
        return found

    # -- the list ------------------------------------------------------------------------------------------------

    def row(self, user: str, chat: Chat) -> dict[str, Any] | None:
        """An entry of the conversation list; None where there is none."""
        stay = chat.stays[user][-1] if chat.stays[user] else None
        if stay is None:
            return None
        end = stay.left or "~"
        shown = [at for at, *_ in self.past(user, chat) if stay.joined <= at <= end]
        if not shown:
            return None
        read = self.reads.get((user, chat.name), "")
        unread = [at for at in shown if at > read and chat.log[at].kind == "message" and chat.log[at].sender != user]
        blocked = any((user, other) in self.blocks for other in chat.others(user))
        flags = {"blocked": blocked, "left": stay.left is not None}
        row: dict[str, Any] = {"conversation": chat.name, "last": shown[-1], "unread": len(unread)}
        return row | {name: True for name, holds in flags.items() if holds} | self.settings(user, chat)

    def settings(self, user: str, chat: Chat) -> dict[str, Any]:
        """What is not at its default."""
        defaults = {"pinned": False, "archived": False, "mentions": True, "muted_until": 0}
        return {name: value for name, value in self.prefs[user, chat.name].items() if value != defaults[name]}

    def rows(self, user: str) -> list[dict[str, Any]]:
        """The conversation list."""
        found = [row for chat in self.chats.values() if (row := self.row(user, chat)) is not None]
        return sorted(found, key=lambda row: str(row["last"]), reverse=True)

    def total(self, user: str) -> int:
        """What is unread in all that counts."""
        rows = self.rows(user)
        return sum(row["unread"] for row in rows if not set(row) & {"blocked", "left", "archived", "muted_until"})
