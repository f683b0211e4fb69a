"""The development host as the demo sees it: a process of its own, and its control API."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.control_client import AsyncControlClient
from local.errors import HostError

ROOT = Path(__file__).resolve().parents[2]
STOP_S = 20.0


@dataclass(frozen=True, slots=True)
class HostHandle:
    """A running host: where clients connect, and how to steer it."""

    endpoint: str
    control: AsyncControlClient

    async def token(self, user: str) -> str:
        """A fresh token for a user."""
        return str((await self.control.mint(user))["token"])

    async def idle(self, advance_ms: int = 0, timeout_s: float = 100.0) -> None:
        """Wait until streams and queues are worked off; the clock may move to what waits for it."""
        await self.control.idle(timeout_s, close_windows=True, advance_ms=advance_ms)


@contextlib.asynccontextmanager
async def running(control_url: str | None = None) -> AsyncIterator[HostHandle]:
    """A host: the one at `control_url`, or a new one that ends with this block.  Raises `HostError`."""
    if control_url is not None:
        async with AsyncControlClient(control_url) as control:
            yield HostHandle(str((await control.state())["gateway"]), control)
        return
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "local", "run", "--json", cwd=ROOT, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        ready = await _ready(process)
        async with AsyncControlClient(str(ready["control"])) as control:
            yield HostHandle(str(ready["url"]), control)
    finally:
        await _stop(process)


async def _ready(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """The line of JSON that says the host is up; what comes before it is progress."""
    assert process.stdout is not None
    async for line in process.stdout:
        with contextlib.suppress(ValueError):
            told = json.loads(line)
            if isinstance(told, dict) and "control" in told:
                return told
        print("   ", line.decode(errors="replace").rstrip(), flush=True)
    raise HostError("The development host did not start (see above).")


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Ask it to end as Ctrl-C would; its children go with it."""
    if process.returncode is None:
        process.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
