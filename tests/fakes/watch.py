"""Interleavings: run something before or after each call that a service makes to a port.

`watched(log, before=...)` behaves as `log` does; `before(name)` and `after(name)` may raise (the worker dies, the
table is busy), move the clock, or let another request run to its end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")
Hook = Callable[[str], None]


class _Watched:
    def __init__(self, target: object, before: Hook | None, after: Hook | None) -> None:
        self._target = target
        self._before = before
        self._after = after

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if not callable(value):
            return value

        def call(*arguments: Any, **named: Any) -> Any:
            if self._before is not None:
                self._before(name)
            answer = value(*arguments, **named)
            if self._after is not None:
                self._after(name)
            return answer

        return call


def watched(target: T, *, before: Hook | None = None, after: Hook | None = None) -> T:
    """`target` with hooks around each of its methods."""
    return cast(T, _Watched(target, before, after))
