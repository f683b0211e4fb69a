"""The open connections: who they are, sending to them, ending them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from local.gateway.events import Caller
from local.gateway.limits import Limits


class BufferFull(Exception):
    """The client does not read, and as much as may wait for it is waiting."""


class Gone(Exception):
    """There is no such open connection."""


class Socket:
    """One open connection.  Times for the limits are the monotonic clock's; `last_active_ms` is for `@connections`."""

    def __init__(self, websocket: ServerConnection, caller: Caller) -> None:
        self.websocket = websocket
        self.caller = caller
        self.opened = self.active = time.monotonic()
        self.last_active_ms = caller.connected_at
        self.held_back: list[Any] = []

    def touch(self, now_ms: int) -> None:
        """A message passed, in either direction."""
        self.active = time.monotonic()
        self.last_active_ms = now_ms

    async def send(self, data: bytes, limits: Limits, now_ms: int) -> None:
        """Send a text frame.  Raises `Gone` or `BufferFull`."""
        if self.websocket.state is not State.OPEN:
            raise Gone
        if self.websocket.transport.get_write_buffer_size() > limits.client_buffer_bytes:
            raise BufferFull
        try:
            await self.websocket.send(data, text=True)
        except ConnectionClosed:
            raise Gone from None
        self.touch(now_ms)

    def cut(self) -> None:
        """As if the network broke: no close frame."""
        self.websocket.transport.abort()


class Sockets:
    """All open connections, by id."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._open: dict[str, Socket] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[Socket]:
        return iter(list(self._open.values()))

    def __len__(self) -> int:
        return len(self._open)

    def add(self, socket: Socket) -> None:
        """From now on it can be posted to."""
        self._open[socket.caller.connection_id] = socket

    def remove(self, socket: Socket) -> None:
        """It has closed."""
        self._open.pop(socket.caller.connection_id, None)

    def get(self, connection_id: str) -> Socket:
        """The open connection.  Raises `Gone`."""
        found = self._open.get(connection_id)
        if found is None or found.websocket.state is not State.OPEN:
            raise Gone
        return found

    def close(self, socket: Socket, code: int, reason: str) -> None:
        """Start the closing handshake; from now on posts get `Gone`."""
        self.remove(socket)
        task = asyncio.get_running_loop().create_task(socket.websocket.close(code, reason))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def close_overdue(self) -> None:
        """Close, with 1001, those that were idle too long or are too old."""
        now = time.monotonic()
        for socket in self:
            if now - socket.opened >= self.limits.duration_s:
                self.close(socket, 1001, "Connection duration limit exceeded")
            elif now - socket.active >= self.limits.idle_s:
                self.close(socket, 1001, "Going away")

    async def closed(self) -> None:
        """Wait for the closing handshakes under way."""
        if self._closing:
            await asyncio.wait(set(self._closing))
