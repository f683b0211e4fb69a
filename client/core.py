"""What every part of the client stands on: its life, its requests and its events.

Every request that changes something is safe to leave to the client: it is sent until the server has acked it, over as
many connections as that takes.  Use `asyncio.timeout` to stop waiting (the request may still be carried out).
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol, Self, TypeVar

from client.connection import Connection, Token
from client.dispatch import Dispatcher, Handler, Save
from client.errors import ClientError, Closed
from client.events import Event
from client.frames import Reply
from client.inbox import State
from client.lanes import Request
from client.outgoing import Timing
from client.session import Session

log = logging.getLogger("tidings.client")
Load = Callable[[], State | None]
Kind = TypeVar("Kind", bound=Event)


class Ask(Protocol):
    """A way to carry out requests."""

    def __call__(self, action: str, **fields: Any) -> Awaitable[Reply]:
        """The reply; fields that are None are left out."""
        ...


class Core:
    """One user's device.  Use as an async context manager: the connection is kept up between enter and exit.

    `token` is a JWT or a callable (sync or async) that gives a fresh one at each connect.  `load` and `save` keep the
    sync cursor between runs.  `user_id`, if known, saves a round trip at the first connect.
    """

    def __init__(
        self,
        endpoint: str,
        token: Token,
        device: str | None = None,
        *,
        user_id: str | None = None,
        load: Load | None = None,
        save: Save | None = None,
        timing: Timing | None = None,
    ) -> None:
        self._session = Session(user_id, load() if load else None, timing)
        self._connection = Connection(self._session, endpoint, token, device, self._output)
        self._waiting: dict[Request, asyncio.Future[Reply]] = {}
        self._dispatcher = Dispatcher(save)
        self._tasks: list[asyncio.Task[None]] = []
        self._ended: ClientError | None = None

    # -- life ------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._dispatcher.run())]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; unanswered requests fail with `Closed`.  `settled` first, to lose none.

        Handlers see what has come so far, and the last state is saved, so that the next run repeats nothing.
        """
        runner, dispatcher = self._tasks
        runner.cancel()
        await asyncio.gather(runner, return_exceptions=True)
        self._end(Closed("The client was closed."))
        if not dispatcher.done() and dispatcher is not asyncio.current_task():
            self._dispatcher.put([self._session.inbox.state()])
            await self._dispatcher.drained()
        self._dispatcher.finish()
        dispatcher.cancel()
        await asyncio.gather(dispatcher, return_exceptions=True)

    async def ready(self, timeout_s: float) -> None:
        """Wait for the first connection.  Raises `ClientError` when there is none in time, or never will be."""
        waiting = asyncio.create_task(self._connection.connected.wait())
        await asyncio.wait({waiting, self._tasks[0]}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._ended is not None:
            raise self._ended
        if not self._connection.connected.is_set():
            raise ClientError(f"Cannot connect: {self._connection.problem or 'no answer'}.")

    async def settled(self) -> None:
        """Wait until nothing is unanswered, receipts included, and the handlers have seen every event."""
        await self._dispatcher.drained()
        while self._session.pending and self._ended is None:
            await asyncio.sleep(min(0.02, self._session.timing.receipts))

    async def drop(self) -> None:
        """Cut the line abruptly; the client connects again by itself."""
        await self._connection.drop()

    @property
    def connected(self) -> asyncio.Event:
        """Set while a connection stands."""
        return self._connection.connected

    @property
    def user_id(self) -> str | None:
        """Who we are, once the server has said so."""
        return self._session.inbox.me

    async def whoami(self) -> Reply:
        """Who the connection proved to be: `user_id`, `device_id`, `name`, `expires_at` (epoch s)."""
        return await self.ask("whoami")

    async def sync(self) -> int:
        """Fetch what the mailbox holds since the cursor, now.  The server's clock, epoch ms."""
        return int((await self.ask("sync"))["at"])

    # -- events ----------------------------------------------------------------------------------------------------

    def on(self, kind: type[Event], handler: Handler) -> None:
        """Call `handler` (sync or async) with each event of a kind (`client.events`), once."""
        self._dispatcher.handlers[kind].append(handler)

    def events(self, *kinds: type[Kind]) -> AsyncIterator[Kind]:
        """Events of these kinds (none named: of all) as they come, from this call on, until the client is closed.

        `save` does not wait for an iterator: where a crash must lose nothing, use a handler.
        """
        return self._dispatcher.subscribe(*kinds)

    # -- inside ----------------------------------------------------------------------------------------------------

    async def ask(self, action: str, **fields: Any) -> Reply:
        """Carry out a request of the protocol; for what has no method of its own."""
        if self._ended is not None:
            raise self._ended
        request = Request(action, {name: value for name, value in fields.items() if value is not None})
        self._session.submit(request, time.monotonic())
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[request] = future
        self._connection.wake()
        try:
            return await future
        finally:
            self._waiting.pop(request, None)
            if future.cancelled():
                self._session.withdraw(request)

    def _output(self) -> None:
        """Hand on what the session has ready."""
        for request in self._session.take_finished():
            future = self._waiting.get(request)
            if future is None or future.done():
                continue
            if request.error is not None:
                future.set_exception(request.error)
            elif request.reply is not None:
                future.set_result(request.reply)
        self._dispatcher.put(self._session.take_events())

    async def _run(self) -> None:
        try:
            await self._connection.run()
        except ClientError as error:
            self._end(error)
        except Exception as error:
            log.debug("the client's error", exc_info=error)
            self._end(ClientError(f"The client broke ({type(error).__name__})."))

    def _end(self, error: ClientError) -> None:
        """No more connections: everybody who waits learns why."""
        if self._ended is None:
            self._ended = error
        self._session.shut()
        for request in self._session.take_finished():
            request.error = self._ended
            future = self._waiting.get(request)
            if future is not None and not future.done():
                future.set_exception(self._ended)
        self._dispatcher.end(None if isinstance(self._ended, Closed) else self._ended)


def new_id() -> str:
    """A client id: unique without asking anybody."""
    return uuid.uuid4().hex
