"""The client: what a program calls.  Sessions and sockets are underneath.

Every method that changes something is safe to leave to the client: it is sent until the server has acked it, over as
many connections as that takes.  Use `asyncio.timeout` to stop waiting (the request may still be carried out).
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Self, TypeVar

from client.connection import Connection, Token
from client.errors import ClientError, Closed
from client.frames import Ack, Event, Message, Page, Receipt, Reply, ack_of, message_of, page_of
from client.inbox import State
from client.lanes import Request
from client.outgoing import Timing
from client.session import Session

log = logging.getLogger("tidings.client")
Handler = Callable[[Any], Awaitable[None] | None]
Save = Callable[[State], Awaitable[None] | None]
Load = Callable[[], State | None]
Kind = TypeVar("Kind", Message, Receipt)


class Client:
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
        self._save = save
        self._waiting: dict[Request, asyncio.Future[Reply]] = {}
        self._handlers: dict[type, list[Handler]] = {Message: [], Receipt: []}
        self._queues: dict[asyncio.Queue[Event | None], type] = {}
        self._events: asyncio.Queue[Event | State] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._ended: ClientError | None = None

    # -- life ------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._dispatch())]
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
            self._events.put_nowait(self._session.inbox.state())
            await self._events.join()
        dispatcher.cancel()
        await asyncio.gather(dispatcher, return_exceptions=True)

    async def settled(self) -> None:
        """Wait until nothing is unanswered, receipts included, and the handlers have seen every event."""
        await self._events.join()
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

    # -- messages --------------------------------------------------------------------------------------------------

    async def send(self, to: str, text: str, *, client_id: str | None = None) -> Ack:
        """Send a message; returns when it is durable.  Sends take effect in the order of these calls."""
        return ack_of(await self._ask("send", client_id=client_id or new_id(), to=to, text=text))

    def mark_read(self, conversation: str, position: str | None = None) -> bool:
        """Tell the other side that everything (up to `position`) was read.  False if they know already."""
        noted = self._session.mark_read(conversation, position, time.monotonic())
        self._connection.wake()
        return noted

    async def history(
        self, conversation: str, before: str | None = None, limit: int = 50
    ) -> tuple[list[Message], str | None]:
        """Messages, newest first, and the `before` of the next page (None at the beginning)."""
        reply = await self._ask("history", conversation=conversation, before=before, limit=limit)
        messages = [message for wire in reply["events"] if (message := message_of(wire)) is not None]
        return messages, reply.get("before")

    def conversation(self, conversation: str) -> tuple[Message, ...]:
        """A conversation as it is to be shown: what this client has met of it, each once, by position."""
        return self._session.inbox.display.messages(conversation)

    async def sync(self) -> int:
        """Fetch what the mailbox holds since the cursor, now.  The server's clock, epoch ms."""
        return int((await self._ask("sync"))["at"])

    # -- posts and timelines ---------------------------------------------------------------------------------------

    async def post(self, text: str, *, client_id: str | None = None) -> Ack:
        """Post to everybody who follows us.  The ack's position names the post."""
        return ack_of(await self._ask("post", client_id=client_id or new_id(), text=text))

    async def delete_post(self, position: str) -> Ack:
        """Take one of our own posts back."""
        return ack_of(await self._ask("post.delete", position=position))

    async def follow(self, user: str) -> Ack:
        """Follow a user."""
        return ack_of(await self._ask("follow", client_id=new_id(), user=user))

    async def unfollow(self, user: str) -> Ack:
        """Stop following a user."""
        return ack_of(await self._ask("unfollow", client_id=new_id(), user=user))

    async def home(self, before: str | None = None, since: str | None = None, limit: int = 20) -> Page:
        """A page of the home timeline: the newest, older ones (`before`), or what is new (`since`)."""
        return page_of(await self._ask("timeline.home", before=before, since=since, limit=limit))

    async def user_timeline(self, user: str, before: str | None = None, limit: int = 20) -> Page:
        """A page of one author's posts, newest first."""
        return page_of(await self._ask("timeline.user", user=user, before=before, limit=limit))

    # -- the connection's own --------------------------------------------------------------------------------------

    async def whoami(self) -> Reply:
        """Who the connection proved to be: `user_id`, `device_id`, `name`, `expires_at` (epoch s)."""
        return await self._ask("whoami")

    async def register_device(self, platform: str | None = None, push_token: str | None = None) -> Reply:
        """Register this device, with the push token of its platform (`fcm` or `apns`) if it is a phone."""
        return await self._ask("device.register", platform=platform, push_token=push_token)

    async def remove_device(self, device_id: str | None = None) -> Reply:
        """Forget a device (this one by default): no pushes and no copies for it."""
        return await self._ask("device.remove", device_id=device_id)

    # -- events ----------------------------------------------------------------------------------------------------

    def on_message(self, handler: Handler) -> None:
        """Call `handler` (sync or async) with each `Message`, once."""
        self._handlers[Message].append(handler)

    def on_receipt(self, handler: Handler) -> None:
        """Call `handler` (sync or async) with each `Receipt` that says something new."""
        self._handlers[Receipt].append(handler)

    def messages(self) -> AsyncIterator[Message]:
        """Messages as they come (from this call on), until the client is closed."""
        return self._iterate(Message, self._subscribe(Message))

    def receipts(self) -> AsyncIterator[Receipt]:
        """Receipts as they come (from this call on), until the client is closed."""
        return self._iterate(Receipt, self._subscribe(Receipt))

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _ask(self, action: str, **fields: Any) -> Reply:
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
        for event in self._session.take_events():
            self._events.put_nowait(event)

    async def _run(self) -> None:
        try:
            await self._connection.run()
        except ClientError as error:
            self._end(error)
        except Exception as error:
            log.exception("the client broke")
            self._end(ClientError(f"The client broke ({type(error).__name__})."))

    async def _dispatch(self) -> None:
        """Events to handlers, one after the other; a state is saved after what came before it was handled."""
        while True:
            event = await self._events.get()
            for handler in [self._save] if isinstance(event, State) else self._handlers[type(event)]:
                await _call(handler, event)
            for queue, kind in self._queues.items():
                if not isinstance(event, State) and isinstance(event, kind):
                    queue.put_nowait(event)
            self._events.task_done()

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
        for queue in self._queues:
            queue.put_nowait(None)

    def _subscribe(self, kind: type) -> asyncio.Queue[Event | None]:
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._queues[queue] = kind
        if self._ended is not None:
            queue.put_nowait(None)
        return queue

    async def _iterate(self, kind: type[Kind], queue: asyncio.Queue[Event | None]) -> AsyncIterator[Kind]:
        with contextlib.ExitStack() as stack:
            stack.callback(self._queues.pop, queue, None)
            while (event := await queue.get()) is not None:
                if isinstance(event, kind):
                    yield event
        if self._ended is not None and not isinstance(self._ended, Closed):
            raise self._ended


async def _call(handler: Handler | None, value: object) -> None:
    """A handler of the program's: what it raises is logged and ends nothing."""
    if handler is None:
        return
    try:
        result = handler(value)
        if inspect.isawaitable(result):
            await result
    except Exception:
        log.exception("a handler failed")


def new_id() -> str:
    """A client id: unique without asking anybody."""
    return uuid.uuid4().hex
