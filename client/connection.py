"""The socket under a session: connects, reads, writes, keeps time, and comes back after every loss.

Who connects again and how soon: an orderly close (1001: the gateway's idle or two-hour limit) or a lost line, after a
short random wait that doubles while it keeps failing; 1008 (throttled) after a second at least; 1009 with smaller
frames.  A refused token is asked for once more where there is a way to ask, and ends the client otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import random
import re
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode, urlsplit, urlunsplit

import websockets
from websockets.asyncio.client import ClientConnection, connect

from client.backoff import Backoff
from client.errors import ClientError, Refused
from client.session import Session
from client.tokens import expiry
from tidings.protocol.actions import BEARER_PREFIX, SUBPROTOCOL

Token = str | Callable[[], str | Awaitable[str]]
log = logging.getLogger("tidings.client")

THROTTLED_WAIT = 1.0
CLOSE_S = 1.0
"""Seconds that an orderly close may take."""
STEADY = 10.0
"""A connection that lasted this many seconds clears the back-off."""
AGAIN = "Get a fresh one and try again."
TOKEN = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
"""What a JWT is made of, and what can travel in the handshake's header."""
MAX_REPLY = 256 * 1024
"""Bytes; the gateway sends at most 128 KB in one message."""


class Direct(connect):
    """Follows no redirect: the token, which travels as a subprotocol, is for this gateway alone."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """What came is the answer."""
        return exc


def address(endpoint: str, device: str | None) -> str:
    """The endpoint's URL with the device in its query string."""
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in ("ws", "wss") and parts.port != 0 and (parts.hostname or "").encode("idna")
    except ValueError:
        usable = None
    if not usable:
        raise ClientError("The endpoint is a ws:// or wss:// address, as the deployment's output gives it.")
    query = "&".join(part for part in (parts.query, urlencode({"device": device}) if device else "") if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", query, ""))


class Connection:
    """Runs a session over sockets until `stop`.  `on_output` is called whenever the session has results to take."""

    def __init__(
        self,
        session: Session,
        endpoint: str,
        token: Token,
        device: str | None,
        on_output: Callable[[], None],
        backoff: Backoff | None = None,
    ) -> None:
        self._session = session
        self._address = address(endpoint, device)
        self._token = token
        self._on_output = on_output
        self._backoff = backoff or Backoff(random=random.Random())
        self._wake = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._refusals = 0
        self._expires_at: int | None = None
        self.connected = asyncio.Event()
        self.problem = ""
        """Why there is no connection at the moment, in a few words."""

    def wake(self) -> None:
        """The session has something to send, or another deadline."""
        self._wake.set()

    async def run(self) -> None:
        """Connect, and connect again, for ever.  Raises `Refused` when that is of no use."""
        while True:
            floor = await self._once()
            self._on_output()
            await asyncio.sleep(self._backoff.next(floor))

    async def drop(self) -> None:
        """Cut the line without a word, as a tunnel does: for tests and demonstrations."""
        if self._socket is not None:
            self.connected.clear()
            self._socket.transport.abort()

    async def _once(self) -> float:
        """One connection's life; the least wait before the next, in seconds."""
        try:
            socket = await self._connect()
        except (OSError, websockets.WebSocketException, TimeoutError) as error:
            return self._not_connected(error)
        self._socket = socket
        since = time.monotonic()
        self.problem = ""
        try:
            self._session.opened(time.monotonic(), self._expires_at)
            self.connected.set()
            self._wake.set()
            await self._serve(socket)
        finally:
            self.connected.clear()
            self._session.closed()
            self._socket = None
            if time.monotonic() - since > STEADY:
                self._backoff.reset()
                self._refusals = 0
            try:
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(CLOSE_S):
                        await socket.close()
            finally:
                # A dead line answers no close: without this it would keep its socket.
                socket.transport.abort()
                await socket.wait_closed()
        return self._after(socket)

    async def _connect(self) -> ClientConnection:
        token = await self._fresh_token()
        self._expires_at = expiry(token)
        try:
            return await Direct(
                self._address,
                subprotocols=[websockets.Subprotocol(SUBPROTOCOL), websockets.Subprotocol(BEARER_PREFIX + token)],
                max_size=MAX_REPLY,
                compression=None,
                open_timeout=20,
                close_timeout=1,
            )
        except ImportError as error:  # of what it takes to use the proxy of this environment
            raise ClientError(f"Cannot connect: {error}.") from None

    async def _fresh_token(self) -> str:
        """The token.  Whoever gives them out may be down as well: that is no reason to give up."""
        try:
            given = self._token() if callable(self._token) else self._token
            token = str(await given if inspect.isawaitable(given) else given)
            if not TOKEN.fullmatch(token):
                raise Refused("This is no token: a JWT is made of letters, digits, “-”, “_” and “.”.")
            return token
        except ClientError:
            raise
        except Exception as error:
            raise ConnectionError(f"there is no token to be had: {type(error).__name__}") from error

    async def _serve(self, socket: ClientConnection) -> None:
        """Read and write until the line is lost or the session wants another."""
        reader = asyncio.create_task(self._read(socket))
        writer = asyncio.create_task(self._write(socket))
        try:
            await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reader, writer):
                task.cancel()
            results = await asyncio.gather(reader, writer, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, websockets.ConnectionClosed | OSError):
                raise result

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            self._session.received(text, time.monotonic())
            self._on_output()
            self._wake.set()
            if self._session.reconnect is not None:
                return

    async def _write(self, socket: ClientConnection) -> None:
        """Send what the session wants sent; call `tick` at its deadlines."""
        while self._session.reconnect is None:
            for text in self._session.take_frames():
                await socket.send(text)
            deadline = self._session.deadline
            wait = None if deadline is None else max(0.0, deadline - time.monotonic())
            # Not `wait_for`: before Python 3.12 it swallows a cancellation that meets the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            self._wake.clear()
            self._session.tick(time.monotonic())
            self._on_output()

    def _after(self, socket: ClientConnection) -> float:
        if self._session.reconnect == "token":
            self._refuse(f"The token has expired. {AGAIN}", None)
        code = socket.close_code
        # The orderly end of a connection is not worth a word; that there is no next one is.
        if code != 1001 and self._session.reconnect != "token":
            self._failed(f"the connection was closed ({code})")
        if code == 1009:
            self._session.too_large()
        return THROTTLED_WAIT if code == 1008 else 0.0

    def _not_connected(self, error: Exception) -> float:
        if isinstance(error, websockets.InvalidStatus):
            status = error.response.status_code
            if status == 401:
                self._refuse(f"The gateway refused the token. {AGAIN}", status)
            elif status == 403:
                self._refuse("The gateway refused this: look at the device's id, the token and the address.", status)
            elif status == 404 or status == 410:
                raise Refused("There is no Tidings gateway at this address.", status) from None
            self._failed(f"the gateway answered {status}")
            return THROTTLED_WAIT if status == 429 else 0.0
        self._failed(str(error) or type(error).__name__)
        return 0.0

    def _failed(self, why: str) -> None:
        """Say once that we are offline."""
        if not self.problem:
            log.warning("connection lost, trying again: %s", why)
        self.problem = why

    def _refuse(self, why: str, status: int | None) -> None:
        """A fixed token will not get better; a fresh one is tried, but not for ever."""
        self._refusals += 1
        if not callable(self._token) or self._refusals > 2:
            raise Refused(why, status)
