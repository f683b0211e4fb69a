"""One development host for all tests of a process; each test makes users of its own and leaves the switches off."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from client import Client, Timing
from local.control_client import AsyncControlClient
from tests.e2e.app import BRISK, App, Book, Open
from tests.e2e.phone import Phone

ROOT = Path(__file__).parents[2]
LIFE_S = 7 * 24 * 3600
"""Tokens outlive every clock that a test moves."""

WINDOW_MS = 3_000

PUSH_MEMBERS = 60
"""Members up to which a group is pushed to here: few, so that a test can pass it."""

ALWAYS_PULL = 200
"""Followers beyond which an author is pulled here: more than any other test gives to one."""
NEVER_PULL = 190
"""And below which pushed."""
MAX_PULLED = 2
"""Authors whom a reader pulls here."""

IDLE_DAYS = 2
"""After how many days without a look people are not written to: a few steps of the clock."""

Connect = Callable[..., Awaitable[Phone]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def host() -> AsyncIterator[dict[str, Any]]:
    """The addresses of a running host: `url`, `control`.  Each worker process of the test run has a host of its own."""
    command = [sys.executable, "-m", "local", "run", "--json", "--set", f"push_members={PUSH_MEMBERS}"]
    command += ["--set", f"idle_days={IDLE_DAYS}"]
    command += ["--set", f"always_pull={ALWAYS_PULL}", "--set", f"never_pull={NEVER_PULL}"]
    command += ["--set", f"max_pulled={MAX_PULLED}"]
    if observed := os.environ.get("TIDINGS_OBSERVED"):
        command += ["--observed", str(Path(observed, f"{os.environ.get('PYTEST_XDIST_WORKER', 'e2e')}.jsonl"))]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, limit=2**20)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(120):
            line = await process.stdout.readline()
        assert line, "the host did not start"
        yield json.loads(line)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def host_control(host: dict[str, Any]) -> AsyncIterator[AsyncControlClient]:
    """The host's control API."""
    async with AsyncControlClient(host["control"]) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def control(host_control: AsyncControlClient) -> AsyncIterator[AsyncControlClient]:
    """The control API, with every switch off before and after the test."""
    await host_control.behave()
    yield host_control
    await host_control.behave()
    # Past the batching window, so that the next test's pushes do not travel with this one's.
    await host_control.idle(60, advance_ms=WINDOW_MS)


@pytest.fixture
def user(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Names of this test's own users: the same in every run, as they decide about shards and about what a search finds.

    TIDINGS_SEED gives other ones.
    """
    seed = os.environ.get("TIDINGS_SEED", "")
    prefix = f"z{sha256(f'{seed}{request.node.nodeid}'.encode()).hexdigest()[:7]}"
    return lambda name: f"{prefix}-{name}"


@pytest_asyncio.fixture(loop_scope="session")
async def connect(host: dict[str, Any], control: AsyncControlClient) -> AsyncIterator[Connect]:
    """Open real sockets: `await connect("user", device="phone")`; closed after the test."""
    async with AsyncExitStack() as stack:

        async def open_socket(name: str, device: str = "phone", **options: Any) -> Phone:
            token = options.pop("token", None) or (await control.mint(name, LIFE_S))["token"]
            phone = await Phone.open(host["url"], token, name, device, **options)
            stack.push_async_callback(phone.close)
            return phone

        yield open_socket


@pytest_asyncio.fixture(loop_scope="session")
async def app(host: dict[str, Any], control: AsyncControlClient) -> AsyncIterator[Open]:
    """Open registered devices of the real client: `await app("user", "phone")`; closed after the test."""
    async with AsyncExitStack() as stack:

        async def open_app(name: str, device: str = "phone", book: Book | None = None, timing: Timing = BRISK) -> App:
            book = book or Book()
            token = (await control.mint(name, LIFE_S))["token"]
            client = Client(host["url"], token, device, load=lambda: book.state, save=book.keep, timing=timing)
            opened = App(client, name, device, book)
            await stack.enter_async_context(client)
            await client.ready(30)
            await client.devices.register()
            await client.sync()
            return opened

        yield open_app
        await control.behave()
