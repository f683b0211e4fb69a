"""A command ends when it can no longer print or keep what comes in, and when its client has ended for good.

In the library a handler's exception ends nothing.  In a command it does: nobody reads on behind a broken pipe, and a
state that moves on past lines which were never printed would lose them.  And whoever types into a chat must not go on
when nothing can be sent any more.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from client.api import Client
from client.dispatch import Handler
from client.errors import ClientError, Closed
from client.events import Event

Step = Callable[[Any], Any]


class Guard:
    """Notes what ends the command.  After an `OSError` of what it wraps nothing that it wraps is called any more."""

    def __init__(self) -> None:
        self._error: OSError | ClientError | None = None
        self._body: asyncio.Task[Any] | None = None

    def wrap(self, step: Step) -> Step:
        """`step`, guarded."""

        def guarded(given: Any) -> Any:
            if isinstance(self._error, OSError):
                return None
            try:
                return step(given)
            except OSError as error:
                self.note(error)
                return None

        return guarded

    def note(self, error: OSError | ClientError) -> None:
        """The command is over.  That something is not printed or kept weighs more than that the client has ended."""
        if self._error is None and self._body is not None:
            self._body.cancel()
        if not isinstance(self._error, OSError):
            self._error = error

    @contextlib.contextmanager
    def ending(self) -> Iterator[None]:
        """Around the client's whole life: raises the error that was noted."""
        try:
            yield
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._error is None or task is None:
                raise
            task.uncancel()
        if self._error is not None:
            raise self._error

    @contextlib.contextmanager
    def body(self) -> Iterator[None]:
        """Around what the command does: cancelled as soon as an error is noted."""
        self._body = asyncio.current_task()
        try:
            if self._error is not None:
                raise self._error
            yield
        finally:
            self._body = None


class GuardedClient(Client):
    """A client whose handlers are all wrapped by its `guard`, which hears of the client's end."""

    guard: Guard

    def _end(self, error: ClientError) -> None:
        super()._end(error)
        if not isinstance(error, Closed):
            self.guard.note(error)

    def on(self, kind: type[Event], handler: Handler) -> None:
        """Call `handler`, which is no coroutine, with each event of a kind."""
        super().on(kind, self.guard.wrap(handler))
