"""Doing many small reads at once: they wait for the network, not for the processor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

In = TypeVar("In")
Out = TypeVar("Out")


AT_ONCE: Final = 16
"""Well under the 32 connections that a client keeps."""


class Threads:
    """Up to `at_once` at a time.  The threads, and the module that makes them, are there once they are needed."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._pool: ThreadPoolExecutor | None = None

    def each(self, do: Callable[[In], Out], items: Iterable[In]) -> list[Out]:
        """What `do` makes of each item, in their order.  Raises what the first of them raised."""
        every = list(items)
        if len(every) < 2 or self._at_once < 2:
            return [do(item) for item in every]
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(self._at_once, "read")
        return list(self._pool.map(do, every))
