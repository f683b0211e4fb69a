"""Hands events to the program: to its handlers one after the other, and to its iterators."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, TypeVar

from client.events import KINDS, Event
from client.inbox import State

log = logging.getLogger("tidings.client")
Handler = Callable[[Any], Awaitable[None] | None]
Save = Callable[[State], Awaitable[None] | None]
Kind = TypeVar("Kind", bound=Event)


class Dispatcher:
    """A queue between the connection and the program, so that a slow handler never holds up an ack.

    A state is saved after everything that came before it was handled, iterators being handed their share.  The queue
    has no bound of its own: what is in it, the server sent.
    """

    def __init__(self, save: Save | None) -> None:
        self.handlers: dict[type, list[Handler]] = {kind: [] for kind in KINDS}
        self._save = save
        self._events: asyncio.Queue[Event | State | None] = asyncio.Queue()
        self._queues: dict[asyncio.Queue[Event | None], tuple[type, ...]] = {}
        self._ended = False
        self._error: Exception | None = None

    def put(self, events: Iterable[Event | State]) -> None:
        """Take what the session gave, in its order."""
        for event in events:
            self._events.put_nowait(event)

    async def drained(self) -> None:
        """Wait until all of it was handled."""
        await self._events.join()

    async def run(self) -> None:
        """Hand on, until cancelled."""
        while True:
            event = await self._events.get()
            if event is None:
                self.finish()
            else:
                await self._hand_on(event)
            self._events.task_done()

    async def _hand_on(self, event: Event | State) -> None:
        for handler in [self._save] if isinstance(event, State) else self.handlers[type(event)]:
            await _call(handler, event)
        for queue, kinds in self._queues.items():
            if not isinstance(event, State) and isinstance(event, kinds):
                queue.put_nowait(event)

    def end(self, error: Exception | None) -> None:
        """No more events: after what has come so far iterators end, with `error` if there is one."""
        self._error = error
        self._events.put_nowait(None)

    def finish(self) -> None:
        """Nothing more is handed on: iterators end with what they have."""
        if not self._ended:
            self._ended = True
            for queue in self._queues:
                queue.put_nowait(None)

    def subscribe(self, *kinds: type[Kind]) -> AsyncIterator[Kind]:
        """An iterator over events of these kinds (none named: of all), from this call on."""
        queue: asyncio.Queue[Any] = asyncio.Queue()
        self._queues[queue] = kinds or KINDS
        if self._ended:
            queue.put_nowait(None)
        return self._iterate(queue)

    async def _iterate(self, queue: asyncio.Queue[Any]) -> AsyncIterator[Any]:
        try:
            while (event := await queue.get()) is not None:
                yield event
        finally:
            self._queues.pop(queue, None)
        if self._error is not None:
            raise self._error


async def _call(handler: Handler | None, value: object) -> None:
    """A handler of the program's: what it raises ends nothing.  It may quote a message, so only debug logs have it."""
    if handler is None:
        return
    try:
        result = handler(value)
        if inspect.isawaitable(result):
            await result
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        log.error("a handler failed: something that it waited for was cancelled")
    except Exception as error:
        log.error("a handler failed: %s", type(error).__name__)
        log.debug("the handler's error", exc_info=error)
