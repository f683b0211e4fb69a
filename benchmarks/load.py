"""The development host under load: ten pairs, one pair's round trip, idle sockets, memory.  Bounded in count and time.

Everything is on this machine and shares its cores: the clients, the gateway, the workers, the local AWS.  So the
figures say what a laptop carries, not what AWS does.  `python -m benchmarks.load`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from benchmarks.options import options
from client import Client, Message
from local.control_client import AsyncControlClient

PAIRS: Final = 10
SECONDS: Final = 15.0
TRIPS: Final = 300
SOCKETS: Final = 500
ROOT: Final = Path(__file__).parents[1]


@contextlib.asynccontextmanager
async def host(*settings: str) -> AsyncIterator[dict[str, Any]]:
    """A host of its own, with `settings` ("name=value"); its ready line, with `pid`."""
    given = [word for each in ("connect_rate=500", *settings) for word in ("--set", each)]
    command = [sys.executable, "-m", "local", "run", "--json", *given]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, limit=2**20)
    assert process.stdout is not None
    try:
        yield {**json.loads(await process.stdout.readline()), "pid": process.pid}
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def opened(stack: AsyncExitStack, told: dict[str, Any], control: AsyncControlClient, user: str) -> Client:
    """A connected client of `user`."""
    token = (await control.mint(user))["token"]
    client = await stack.enter_async_context(Client(told["url"], token, "bench", user_id=user))
    async with asyncio.timeout(30):
        await client.connected.wait()
    return client


async def pairs(told: dict[str, Any], control: AsyncControlClient, outstanding: int) -> None:
    """Ten senders to ten readers, each with some sends outstanding: messages acked and received per second."""
    async with AsyncExitStack() as stack:
        name = f"w{outstanding}"
        senders = [await opened(stack, told, control, f"{name}-sender{n}") for n in range(PAIRS)]
        readers = [await opened(stack, told, control, f"{name}-reader{n}") for n in range(PAIRS)]
        received: set[tuple[str, str]] = set()
        for reader in readers:
            reader.on_message(lambda message: received.add((message.sender, message.client_id)))
        ends = time.monotonic() + SECONDS
        acked = 0

        async def talk(number: int) -> None:
            nonlocal acked
            while time.monotonic() < ends:
                await senders[number].send(f"{name}-reader{number}", "the quick brown fox jumps over the lazy dog")
                acked += 1

        began = time.monotonic()
        await asyncio.gather(*(talk(number) for number in range(PAIRS) for _ in range(outstanding)))
        elapsed = time.monotonic() - began
        async with asyncio.timeout(60):
            while len(received) < acked:
                await asyncio.sleep(0.05)
        kind = "one at a time each" if outstanding == 1 else f"{outstanding} typed at once each"
        print(f"ten pairs, {kind:22} {acked / elapsed:6.0f} messages/s acked, all {acked} received")


async def round_trip(told: dict[str, Any], control: AsyncControlClient) -> None:
    """One pair, alone: from `send` to the other side's handler, and to the ack."""
    async with AsyncExitStack() as stack:
        sender = await opened(stack, told, control, "trip-sender")
        reader = await opened(stack, told, control, "trip-reader")
        there: asyncio.Queue[float] = asyncio.Queue()

        def arrived(_: Message) -> None:
            there.put_nowait(time.perf_counter())

        reader.on_message(arrived)
        live, ack = [], []
        for _ in range(TRIPS):
            began = time.perf_counter()
            await sender.send("trip-reader", "ping")
            ack.append((time.perf_counter() - began) * 1_000)
            live.append((await there.get() - began) * 1_000)
        for kind, times in (("received", live[20:]), ("acked", ack[20:])):
            cuts = statistics.quantiles(times, n=100)
            print(f"one pair, {kind:10} p50 {cuts[49]:6.1f} ms   p99 {cuts[98]:6.1f} ms")


async def idle_sockets(told: dict[str, Any], control: AsyncControlClient) -> None:
    """Many open sockets, and what everything takes in memory with them."""
    async with AsyncExitStack() as stack:
        users = [f"idle{number}" for number in range(SOCKETS)]
        for start in range(0, SOCKETS, 25):
            await asyncio.gather(*(opened(stack, told, control, user) for user in users[start : start + 25]))
        standing = len(await control.connections())
        print(f"idle sockets {standing}; host, workers and local AWS together {memory(told['pid']):,.0f} MB (PSS)")


def memory(root: int) -> float:
    """MB (proportional set size) of a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        waiting += children.get(pid, [])
        with contextlib.suppress(OSError):
            found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
            total += int(found[1]) if found else 0
    return total / 1_000


async def run() -> None:
    """All of it on one host."""
    async with host() as told, AsyncControlClient(told["control"]) as control:
        await round_trip(told, control)
        for outstanding in (1, 4, 8):
            await pairs(told, control, outstanding)
        await idle_sockets(told, control)


def main() -> None:
    """Print the figures."""
    asyncio.run(run())


if __name__ == "__main__":
    options("load", __doc__).parse_args()
    main()
