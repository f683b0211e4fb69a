"""What a chat prints: numbered messages, ticks, and what happens to them afterwards."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from client.commands.show import (
    ANSWER,
    DELIVERED,
    READ,
    SENT,
    change_line,
    clock,
    excerpt,
    faint,
    lively,
    marks,
    message_line,
    person,
    presence_words,
    printable,
)
from client.events import Edit, GroupChange, Hidden, Message, Presence, Reaction, Receipt, Typing, Unsend
from client.order import Seen

INDENT = "       "


@dataclass(frozen=True, slots=True)
class Line:
    """A message on the screen: its number is what people call it by."""

    number: int
    message: Message


class Screen:
    """The lines of a chat, printed once each.  `me` is how we are called."""

    def __init__(self, me: str) -> None:
        self._me = me
        self._count = 0
        self._shown: Seen[tuple[str, str]] = Seen()
        self._lines: dict[tuple[str, str], Line] = {}
        self._unread: dict[str, list[Line]] = {}
        self._typing: set[tuple[str, str]] = set()

    def message(self, message: Message, where: str = "") -> None:
        """A message of somebody's, or of ours from earlier.  `where` names the conversation if it is another."""
        self._typing.discard((message.conversation, message.sender))
        if not self._shown.add(message.key):
            return
        line = self._number(message)
        print(f"#{line.number}  {self._quoted(message)}{where}", flush=True)

    def sent(self, message: Message) -> None:
        """One of our own is stored."""
        self._shown.add(message.key)
        line = self._number(message)
        self._unread.setdefault(message.conversation, []).append(line)
        print(f"#{line.number}  {clock(message.at)}  {SENT}  {self._reply(message)}{excerpt(message.text)}", flush=True)

    def change(self, change: GroupChange) -> None:
        """Something happened to the group."""
        if self._shown.add(change.key):
            print(change_line(change, self._me), flush=True)

    def receipt(self, receipt: Receipt) -> None:
        """Ticks for what a receipt covers."""
        waiting = self._unread.get(receipt.conversation, [])
        covered = [line for line in waiting if receipt.covers(line.message.position)]
        if receipt.reader == self._me or not covered:
            return
        tick = READ if receipt.kind == "read" else DELIVERED
        everybody = "" if receipt.reader is not None else " by all" if receipt.kind == "read" else " to all"
        rest = f" (and {len(covered) - 1} before)" if len(covered) > 1 else ""
        self.note(f"{tick}{everybody}  {excerpt(covered[-1].message.text)}{rest}")
        if receipt.kind == "read":
            self._unread[receipt.conversation] = [line for line in waiting if line not in covered]

    def edited(self, edit: Edit) -> None:
        """A message has a new text."""
        self.about(edit.conversation, edit.target, f"{person(edit.sender, self._me)} edited: {printable(edit.text)}")
        self.rewrite(edit.conversation, edit.target, edit.text)

    def unsent(self, unsend: Unsend) -> None:
        """A message was taken back."""
        self.remove(unsend.conversation, unsend.target, f"{person(unsend.sender, self._me)} took this back")

    def hidden(self, hidden: Hidden) -> None:
        """We deleted a message for ourselves, on another device."""
        self.remove(hidden.conversation, hidden.target, "deleted for you")

    def reacted(self, reaction: Reaction) -> None:
        """Somebody reacts to a message."""
        who = person(reaction.sender, self._me)
        self.about(reaction.conversation, reaction.target, reaction_words(who, reaction.emoji))

    def typing(self, typing: Typing) -> None:
        """Somebody is typing: said once until their message comes."""
        key = (typing.conversation, typing.user)
        if typing.typing and key not in self._typing and lively():
            self.note(f"{person(typing.user, self._me)} is typing …")
        if typing.typing:
            self._typing.add(key)
        else:
            self._typing.discard(key)

    def presence(self, presence: Presence) -> None:
        """Somebody came or went."""
        if lively():
            self.note(presence_words(presence))

    def note(self, text: str) -> None:
        """Something beside the conversation itself."""
        print(faint(f"{INDENT}{text}"), flush=True)

    def complain(self, text: str) -> None:
        """Something did not work."""
        print(f"{INDENT}✗  {text}", file=sys.stderr, flush=True)

    def find(self, conversation: str, number: int | None, mine: bool) -> Message | None:
        """The message of that number; without one the newest of ours, or of the others."""
        lines = sorted(
            (line for line in self._lines.values() if line.message.conversation == conversation),
            key=lambda line: line.message.position,
        )
        if number is not None:
            lines = [line for line in lines if line.number == number]
        else:
            lines = [line for line in lines if (line.message.sender == self._me) == mine]
        return lines[-1].message if lines else None

    def about(self, conversation: str, target: str, what: str) -> None:
        """Say what happened to a message that stands on the screen."""
        line = self._lines.get((conversation, target))
        if line is not None:
            self.note(f"#{line.number}  {what}   ({excerpt(line.message.text, 24)})")

    def rewrite(self, conversation: str, target: str, text: str) -> None:
        """What a message says from now on."""
        line = self._lines.get((conversation, target))
        if line is not None:
            self._lines[conversation, target] = Line(line.number, replace(line.message, text=text))

    def remove(self, conversation: str, target: str, what: str) -> None:
        """A message is gone; what it said is not repeated."""
        line = self._lines.pop((conversation, target), None)
        if line is not None:
            self.note(f"#{line.number}  {what}")

    def _number(self, message: Message) -> Line:
        self._count += 1
        line = Line(self._count, message)
        self._lines[message.conversation, message.position] = line
        return line

    def _quoted(self, message: Message) -> str:
        if message.reply_to is None:
            return message_line(message, self._me)
        who = person(message.sender, self._me)
        return f"{clock(message.at)}  {who}: {self._reply(message)}{printable(message.text)}{marks(message)}"

    def _reply(self, message: Message) -> str:
        if message.reply_to is None:
            return ""
        answered = self._lines.get((message.conversation, message.reply_to))
        return f"{ANSWER} #{answered.number}  " if answered else f"{ANSWER}  "


def reaction_words(who: str, emoji: str | None) -> str:
    """Somebody's reaction."""
    return f"{who}: {printable(emoji)}" if emoji else f"{who}: no reaction any more"
