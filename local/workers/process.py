"""One worker as the host sees it: send an invocation, get its answer, kill it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from typing import Any, cast

from local.workers import wire

Frame = tuple[dict[str, Any], bytes]


class WorkerGone(Exception):
    """The worker's process ended before it answered."""


class WorkerProcess(asyncio.Protocol):
    """The protocol on a worker's socket.  One invocation at a time; `on_pause` gets (rule's name, call index)."""

    def __init__(self, on_pause: Callable[[WorkerProcess, str, int], None]) -> None:
        self.pid = 0
        self.operation = ""
        """What its invocation is for."""
        self._on_pause = on_pause
        self._buffer = wire.FrameBuffer()
        self._transport: asyncio.Transport | None = None
        self._pidfd = -1
        loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Frame] = loop.create_future()
        self.gone: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the socket is wired."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes from the worker."""
        for header, body in self._buffer.feed(data):
            if "paused" in header:
                self._on_pause(self, header["paused"], header["index"])
            elif not self._answer.done():
                self._answer.set_result((header, body))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """asyncio: the process ended (or the host closed the socket)."""
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        if not self._answer.done():
            self._answer.set_exception(WorkerGone())
            self._answer.exception()  # read here: nobody may be waiting
        if not self.gone.done():
            self.gone.set_result(None)

    async def ready(self) -> None:
        """Wait for its first word.  Raises `WorkerGone`."""
        header, _ = await self._answer
        self.pid = header["pid"]
        # A descriptor, not a number: a pid may be somebody else's by the time of the kill.
        with contextlib.suppress(ProcessLookupError):
            self._pidfd = os.pidfd_open(self.pid)

    async def invoke(self, frame: bytes) -> Frame:
        """Send an invocation, wait for the answer.  Raises `WorkerGone`."""
        if self._transport is None or self._transport.is_closing():
            raise WorkerGone
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(frame)
        return await self._answer

    def resume(self, offset_ms: int) -> None:
        """Let a paused worker go on, with the clock as it is now."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(wire.pack({"resume": True, "offset_ms": offset_ms}))

    @property
    def alive(self) -> bool:
        """False once its socket is closed."""
        return not self.gone.done()

    def kill(self) -> None:
        """SIGKILL, as Lambda ends a sandbox that took too long."""
        if self._pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def close(self) -> None:
        """Hang up; an idle worker then ends by itself."""
        if self._transport is not None:
            self._transport.close()
