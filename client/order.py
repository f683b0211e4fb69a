"""Bounded memories: what was set last, and which ids were met last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

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

    def pop(self, key: Key) -> Value | None:
        """The value, which is forgotten; None where there is none."""
        return self._values.pop(key, None)

    def clear(self) -> None:
        """Forget all."""
        self._values.clear()

    def __len__(self) -> int:
        return len(self._values)


class Seen(Generic[Key]):
    """The most recently met ids, at most `limit`: memory stays bounded however long a client runs."""

    def __init__(self, limit: int = 20_000, ids: Iterable[Key] = ()) -> None:
        self._limit = limit
        self._ids: OrderedDict[Key, None] = OrderedDict()
        for each in ids:
            self.add(each)

    def add(self, key: Key) -> bool:
        """Whether `key` is new.  One that is met again counts as recent again."""
        if key in self._ids:
            self._ids.move_to_end(key)
            return False
        self._ids[key] = None
        if len(self._ids) > self._limit:
            self._ids.popitem(last=False)
        return True

    def __contains__(self, key: object) -> bool:
        return key in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._ids)
