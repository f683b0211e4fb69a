"""What both kinds of pump share: polling that is woken by writes, waiting on the host's clock, and knowing when it is
idle.

A pump polls at once when it is woken (the host sees every write its workers make) and else four times a second, as
often as Lambda polls a shard; so an idle host costs next to nothing. Under load, wakes are gathered for `pace_s`, so
that polling does not cost more than what it finds; whoever waits for quiet does not wait for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import aiohttp

from local.aws import WireError
from local.clock import Clock
from local.misbehave import Misbehave
from local.workers.results import InvokeResult

IDLE_S = 0.25
CLOCK_STEP_S = 0.25
FIRST_BACKOFF_MS = 100
LONGEST_BACKOFF_MS = 30_000


class Caller(Protocol):
    """`local.aws.Wire`, or a fake of it."""

    async def call(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """One AWS call."""


Invoke = Callable[[str, str, dict[str, Any]], Awaitable[InvokeResult]]
"""Runs a function: its logical id, the mapping's logical id, the event. Never raises for a failed function."""


def backoff_ms(attempt: int) -> int:
    """How long to wait after the `attempt`-th failure (from 1). AWS backs off too, and does not say how."""
    return int(min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** min(attempt - 1, 20)))


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, at most so long. (`asyncio.wait_for` of Python 3.11 can swallow a cancellation here.)"""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


class Pump(ABC):
    """One event source mapping at work. Subclasses poll, and say whether they are busy and what waits for the clock."""

    def __init__(self, name: str, watches: str, clock: Clock, misbehave: Misbehave) -> None:
        self.name = name
        self.watches = watches
        self.progress = 0
        self.trouble = ""
        """What the last poll ran into; polling goes on."""
        self.broken: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        """Done when a part of the pump has died, which ends the host: nothing may be left lying in silence."""
        self.hurry = False
        self.pace_s = 0.0
        self.stopped: Callable[[], int] = lambda: 0
        """How many of its invocations a misbehave rule holds or has paused: those do not make it busy."""
        self._clock = clock
        self._misbehave = misbehave
        self._wake = asyncio.Event()
        self._waited_for = 0
        self._hasten = asyncio.Event()
        self._changed = asyncio.Event()
        self._polls_begun = 0
        self._polls_done = 0
        self._empty = True
        self._tasks: set[asyncio.Task[None]] = set()

    @abstractmethod
    async def poll(self) -> bool:
        """Fetch once; True if something came, or if there was no room to fetch."""

    @abstractmethod
    def busy(self) -> bool:
        """Whether something runs or could run now; what waits for the clock does not count."""

    @abstractmethod
    def next_due(self) -> int | None:
        """The earliest moment (epoch ms, host's clock) that something waits for; None if nothing does."""

    def start(self) -> None:
        """Begin to poll."""
        self._spawn(self._poll_forever())

    async def stop(self) -> None:
        """Cancel everything and wait for it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """Something was written, or the clock moved: look now."""
        self._wake.set()

    async def quiet(self) -> None:
        """Return when a poll that began after this call found nothing and nothing runs. Raises what broke the pump."""
        self._waited_for += 1
        self._hasten.set()
        try:
            while True:
                goal = self._polls_begun + 1
                self.wake()
                while self._polls_done < goal or self.busy():
                    if self.broken.done():
                        raise self.broken.result()
                    await self._changed.wait()
                if self._empty:
                    return
        finally:
            self._waited_for -= 1
            if not self._waited_for:
                self._hasten.clear()

    async def _poll_forever(self) -> None:
        while True:
            self._wake.clear()
            self._polls_begun += 1
            begun = time.monotonic()
            found = False
            try:
                found = await self.poll()
                self.trouble = ""
            except (aiohttp.ClientError, WireError, OSError) as error:  # a timeout is an OSError
                self.trouble = f"{type(error).__name__}: {error}"
                await asyncio.sleep(IDLE_S)
                found = True
            self._polls_done = self._polls_begun
            self._empty = not found
            self.progress += found
            self._notify()
            if not found:
                await wait(self._wake, IDLE_S)
            if (rest := begun + self.pace_s - time.monotonic()) > 0:
                await wait(self._hasten, rest)

    def _notify(self) -> None:
        """Something about this pump changed: let `quiet` look again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not self.broken.done():
            self.broken.set_result(error)
            self._notify()

    async def _until(self, due_ms: int, stirred: asyncio.Event) -> None:
        """Wait until the host's clock shows `due_ms`, or `stirred`; noticing within a step that the clock was moved."""
        while (left := due_ms - self._clock.now_ms()) > 0 and not stirred.is_set():
            await wait(stirred, min(left / 1000, CLOCK_STEP_S))
