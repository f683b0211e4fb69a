"""The client: what a program calls.  Sessions and sockets are underneath.

Every method that changes something is safe to leave to the client: it is sent until the server has acked it, over as
many connections as that takes.  Use `asyncio.timeout` to stop waiting (the request may still be carried out).
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any, Self

from client.connection import Connection, Token
from client.dispatch import Dispatcher, Handler, Save
from client.errors import ClientError, Closed
from client.frames import Ack, Message, Page, Receipt, Reply, ack_of, message_of, page_of
from client.inbox import State
from client.lanes import Request
from client.outgoing import Timing
from client.session import Session

log = logging.getLogger("tidings.client")
Load = Callable[[], State | None]


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
        self._dispatcher.handlers[Message].append(handler)

    def on_receipt(self, handler: Handler) -> None:
        """Call `handler` (sync or async) with each `Receipt` that says something new."""
        self._dispatcher.handlers[Receipt].append(handler)

    def messages(self) -> AsyncIterator[Message]:
        """Messages as they come (from this call on), until the client is closed.

        `save` does not wait for an iterator: where a crash must lose nothing, use a handler.
        """
        return self._dispatcher.subscribe(Message)

    def receipts(self) -> AsyncIterator[Receipt]:
        """Receipts as they come (from this call on), until the client is closed."""
        return self._dispatcher.subscribe(Receipt)

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
