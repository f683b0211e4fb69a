"""Display order: each event once, by position, whatever order the copies came in.

Live frames have no order among themselves, a sync repeats what came live, and a late message has an old position.
So what is shown is a set, sorted: dropped by event id, placed by position.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

from client.frames import Message

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """A dictionary of the `limit` keys that were set last."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def __setitem__(self, key: Key, value: Value) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._limit:
            self._values.popitem(last=False)

    def get(self, key: Key) -> Value | None:
        """The value, None where there is none."""
        return self._values.get(key)

    def __len__(self) -> int:
        return len(self._values)


class Seen:
    """The most recently met ids, at most `limit`: memory stays bounded however long a client runs."""

    def __init__(self, limit: int = 20_000, ids: Iterable[Hashable] = ()) -> None:
        self._limit = limit
        self._ids: OrderedDict[Hashable, None] = OrderedDict()
        for each in ids:
            self.add(each)

    def add(self, key: Hashable) -> bool:
        """Whether `key` is new.  One that is met again counts as recent again."""
        if key in self._ids:
            self._ids.move_to_end(key)
            return False
        self._ids[key] = None
        if len(self._ids) > self._limit:
            self._ids.popitem(last=False)
        return True

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._ids)


class Conversation:
    """One conversation as it is shown: the newest `limit` messages in position order."""

    def __init__(self, limit: int = 500) -> None:
        self._limit = limit
        self._positions: list[str] = []
        self._messages: list[Message] = []

    def add(self, message: Message) -> int | None:
        """Put a message in its place; its index, or None when it stands there already or is older than what is kept."""
        index = bisect_left(self._positions, message.position)
        if index < len(self._positions) and self._positions[index] == message.position:
            return None
        if index == 0 and len(self._positions) >= self._limit:
            return None
        self._positions.insert(index, message.position)
        self._messages.insert(index, message)
        if len(self._positions) > self._limit:
            del self._positions[0], self._messages[0]
            index -= 1
        return index

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages, oldest first."""
        return tuple(self._messages)


class Display:
    """All conversations as they are shown, at most `limit` of them (the least recently used one goes first)."""

    def __init__(self, limit: int = 1_000, per_conversation: int = 500) -> None:
        self._limit = limit
        self._per_conversation = per_conversation
        self._conversations: OrderedDict[str, Conversation] = OrderedDict()

    def add(self, message: Message) -> int | None:
        """Put a message into its conversation; its index there, None when there was nothing to do."""
        conversation = self._conversations.get(message.conversation)
        if conversation is None:
            conversation = self._conversations[message.conversation] = Conversation(self._per_conversation)
        self._conversations.move_to_end(message.conversation)
        if len(self._conversations) > self._limit:
            self._conversations.popitem(last=False)
        return conversation.add(message)

    def messages(self, conversation: str) -> tuple[Message, ...]:
        """A conversation's messages, oldest first; empty for one that never had any."""
        found = self._conversations.get(conversation)
        return found.messages if found else ()
