"""Waiting until the host has nothing left to do, so that tests need no sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from local.clock import Clock
from local.gateway.server import Gateway
from local.pumps.all import Pumps
from local.workers.invoker import Invoker

STEP_S = 0.002


class NotIdle(Exception):
    """The time given was not enough; the text says what is still under way."""


class Idle:
    """Knows when frames, invocations, streams and queues are done with.

    What a misbehave rule holds or has paused does not count; what waits for the clock does not either, unless the
    clock may be moved.
    """

    def __init__(
        self, gateway: Gateway, invoker: Invoker, pumps: Pumps, clock: Clock, count: Callable[[], int]
    ) -> None:
        self._gateway = gateway
        self._invoker = invoker
        self._pumps = pumps
        self._clock = clock
        self._count = count

    async def wait(self, timeout_s: float = 30.0, *, close_windows: bool = False, advance_ms: int = 0) -> int:
        """Return when all is done; the clock may be moved by up to `advance_ms` to what waits for it.

        Returns by how many ms it was moved.  Raises `NotIdle`.
        """
        try:
            async with asyncio.timeout(timeout_s):
                return await self._wait(close_windows, self._clock.now_ms() + advance_ms if advance_ms else 0)
        except TimeoutError:
            raise NotIdle(self._what(timeout_s)) from None

    async def _wait(self, close_windows: bool, until_ms: int) -> int:
        moved = 0
        while True:
            await self._settle(close_windows)
            due = self._pumps.next_due()
            if due is None or due > until_ms:
                return moved
            step = max(0, due - self._clock.now_ms())
            self._clock.advance(step)
            moved += step
            self._pumps.wake()

    async def _settle(self, close_windows: bool) -> None:
        """Until a whole round has passed in which nothing ran: gateway and pumps feed each other."""
        while True:
            before = self._count()
            while self._running():
                await asyncio.sleep(STEP_S)
            await self._pumps.settle(close_windows=close_windows)
            if self._count() == before and not self._running():
                return

    def _running(self) -> bool:
        # A stopped invocation of a frame also keeps that frame under way.
        stopped_frames = self._invoker.stopped - self._pumps.stopped
        return self._invoker.under_way > 0 or self._gateway.under_way > stopped_frames

    def _what(self, timeout_s: float) -> str:
        pumps = ", ".join(str(each["name"]) for each in self._pumps.report() if each["busy"])
        return (
            f"Not idle after {timeout_s:g} s: {self._gateway.under_way} frames or handshakes, "
            f"{self._invoker.under_way} invocations under way, {self._invoker.stopped} held or paused, "
            f"pumps busy: {pumps or 'none'}."
        )
