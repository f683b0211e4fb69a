"""What is shown of conversations: by position, edits applied, reactions counted, without what was taken back.

Events come in any order and any number of times.  So everything here is a set or a register by position: whatever
the order, the same events show the same conversation.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import replace

from client.events import Edit, Entry, LogEvent, Message, Reaction, Reactions, Unsend
from client.order import Recent, Seen

Gone = tuple[str, str]
"""A conversation and the position of a message that is shown no more: taken back, or deleted for us."""


class Conversation:
    """One conversation: the newest `limit` places in position order, and what happened to their messages."""

    def __init__(self, limit: int = 500) -> None:
        self._limit = limit
        self._positions: list[str] = []
        self._entries: dict[str, Entry] = {}
        self._texts: Recent[str, tuple[str, str]] = Recent(2 * limit)
        self._reactions: Recent[str, dict[str, tuple[str, str | None]]] = Recent(2 * limit)

    def add(self, entry: Entry, gone: bool = False) -> int | None:
        """Put a message or change in its place; its index, None if it stands there or is older than what is kept.

        One that is gone takes its place as well: what the limit leaves must not depend on what came first.
        """
        if isinstance(entry, Message) and entry.edited is not None and not gone:
            self.edit(entry.position, entry.edited, entry.text)
        index = bisect_left(self._positions, entry.position)
        if index < len(self._positions) and self._positions[index] == entry.position:
            return None
        if index == 0 and len(self._positions) >= self._limit:
            return None
        self._positions.insert(index, entry.position)
        if not gone:
            self._entries[entry.position] = entry
        if len(self._positions) > self._limit:
            self._entries.pop(self._positions.pop(0), None)
            index -= 1
        return index

    def edit(self, target: str, position: str, text: str) -> bool:
        """Note a text for the message at `target`; whether it is the one that stands."""
        known = self._texts.get(target)
        if known is not None and known[0] > position:
            return False
        self._texts[target] = (position, text)
        return True

    def react(self, target: str, who: str, position: str, emoji: str | None) -> bool:
        """Note a reaction; whether it is the one that stands."""
        reactions = self._reactions.get(target) or {}
        known = reactions.get(who)
        if known is not None and known[0] > position:
            return False
        self._reactions[target] = {**reactions, who: (position, emoji)}
        return True

    def forget(self, target: str) -> None:
        """Its text is not kept any more; its place is."""
        self._entries.pop(target, None)
        self._texts.pop(target)

    def shown(self, position: str, me: str | None) -> Entry | None:
        """What is shown at a position."""
        entry = self._entries.get(position)
        if not isinstance(entry, Message):
            return entry
        edited = self._texts.get(position)
        if edited is not None:
            entry = replace(entry, edited=edited[0], text=edited[1])
        counts = self._counted(position, me)
        return replace(entry, reactions=counts) if counts else entry

    def entries(self, me: str | None) -> tuple[Entry, ...]:
        """All that is shown, oldest first."""
        shown = (self.shown(position, me) for position in self._positions)
        return tuple(entry for entry in shown if entry is not None)

    def _counted(self, target: str, me: str | None) -> tuple[Reactions, ...]:
        """The most frequent first; equally frequent ones in a fixed order."""
        given = {who: emoji for who, (_, emoji) in (self._reactions.get(target) or {}).items() if emoji}
        mine = given.get(me or "")
        counts = sorted(Counter(given.values()).items(), key=lambda each: (-each[1], each[0]))
        return tuple(Reactions(emoji, count, emoji == mine) for emoji, count in counts)


class Display:
    """All conversations as they are shown, at most `limit` of them (the least recently used one goes first).

    `gone` is what was taken back earlier: it stays so, should it come again.  `me` tells our own reactions.
    """

    def __init__(self, limit: int = 1_000, per_conversation: int = 500, gone: Iterable[Gone] = ()) -> None:
        self.me: str | None = None
        self._limit = limit
        self._per_conversation = per_conversation
        self._conversations: OrderedDict[str, Conversation] = OrderedDict()
        self._gone: Seen[Gone] = Seen(ids=gone)

    def add(self, entry: Entry) -> int | None:
        """Put a message or change into its conversation; its index there, None when there was nothing to do."""
        gone = self.is_gone(entry.conversation, entry.position)
        index = self._conversation(entry.conversation).add(entry, gone)
        return None if gone else index

    def apply(self, event: LogEvent) -> bool:
        """Take an event in; whether it bears on what is, or will be, shown: not an edit that another has overtaken."""
        match event:
            case Edit():
                if self.is_gone(event.conversation, event.target):
                    return False
                return self._conversation(event.conversation).edit(event.target, event.position, event.text)
            case Reaction():
                if self.is_gone(event.conversation, event.target):
                    return False
                conversation = self._conversation(event.conversation)
                return conversation.react(event.target, event.sender, event.position, event.emoji)
            case Unsend():
                return self.remove(event.conversation, event.target)
            case _:
                return self.add(event) is not None

    def remove(self, conversation: str, target: str) -> bool:
        """Show the message at `target` no more, also when it comes later; False if that was known."""
        if not self._gone.add((conversation, target)):
            return False
        if (known := self._conversations.get(conversation)) is not None:
            known.forget(target)
        return True

    def is_gone(self, conversation: str, position: str) -> bool:
        """Whether the message there was taken back, or deleted for us."""
        return (conversation, position) in self._gone

    def gone(self, limit: int) -> tuple[Gone, ...]:
        """What was taken back latest."""
        return tuple(self._gone)[-limit:]

    def shown(self, entry: Entry) -> Entry | None:
        """`entry` as it is shown now; None if it is shown no more."""
        if self.is_gone(entry.conversation, entry.position):
            return None
        known = self._conversations.get(entry.conversation)
        return (known.shown(entry.position, self.me) if known else None) or entry

    def entries(self, conversation: str) -> tuple[Entry, ...]:
        """A conversation's messages and changes, oldest first; empty for one that never had any."""
        found = self._conversations.get(conversation)
        return found.entries(self.me) if found else ()

    def messages(self, conversation: str) -> tuple[Message, ...]:
        """A conversation's messages, oldest first."""
        return tuple(entry for entry in self.entries(conversation) if isinstance(entry, Message))

    def _conversation(self, name: str) -> Conversation:
        known = self._conversations.get(name)
        if known is None:
            known = self._conversations[name] = Conversation(self._per_conversation)
        self._conversations.move_to_end(name)
        if len(self._conversations) > self._limit:
            self._conversations.popitem(last=False)
        return known
