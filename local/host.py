"""The whole development host: ministack, the deploy, the issuer, the gateway, the workers, the pumps and the meter."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import development
from local.clock import Clock
from local.control import Control, Running
from local.deploy import deploy
from local.deployment import Deployment
from local.errors import HostError, explain
from local.front import Front
from local.issuer import Issuer
from local.meter.ledger import Ledger
from local.ministack import Ministack, check_disk, check_port
from local.misbehave import Misbehave
from local.observed import Observed
from local.phones import Phones
from local.pumps.all import Pumps
from local.synth import synthesize
from local.template import adapt
from local.workers.process import WorkerGone
from local.workers.results import InvokeResult

ROOT = Path(__file__).resolve().parent.parent
RUNS = ROOT / ".cache" / "host"
RUNS_KEPT = 10

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class HostSettings:
    """`port` is the gateway's (0 = a free one), `context` deploy settings, `observed` a file for the calls seen."""

    port: int = 0
    context: Mapping[str, str] = field(default_factory=dict)
    observed: Path | None = None


class Host:
    """Everything on this machine; after `start`, `url` is what clients connect to. Servers listen on 127.0.0.1."""

    def __init__(self, settings: HostSettings | None = None, say: Say | None = None) -> None:
        self.settings = settings or HostSettings()
        self.clock = Clock()
        self.misbehave = Misbehave()
        self.ledger = Ledger()
        self.phones = Phones(self.clock)
        self.ministack = Ministack()
        self.issuer = Issuer(self.clock)
        self.left_out: list[str] = []
        self.deployment: Deployment
        self.observed: Observed
        self.front: Front
        self.pumps: Pumps
        self.control: Control
        self.logs: Path
        self._say = say or _say_nothing
        self._stack = AsyncExitStack()

    @property
    def url(self) -> str:
        """The WebSocket address."""
        return self.front.gateway.url

    async def start(self) -> None:
        """Start everything. Raises `HostError`; what had been started is stopped again."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop everything; returns when no process is left. Safe to call twice."""
        await self._stack.aclose()

    async def _start(self) -> None:
        check_port(self.settings.port)
        self.logs = run_folder()
        self._say("ministack, the local AWS")
        self._stack.push_async_callback(self.ministack.stop)
        self._stack.push_async_callback(self.issuer.stop)
        template = await self._prepare()
        self._say("deploy")
        adapted = adapt(template, self.issuer.jwks_url)
        self.left_out = adapted.left_out
        self.deployment = await asyncio.to_thread(deploy, self.ministack.endpoint, adapted, development.secrets())
        self._say("workers and gateway")
        await self._start_front()
        self.pumps.start()
        self._stack.push_async_callback(self.pumps.stop)
        running = Running(self.front, self.issuer, self.pumps, self.observed, self.ledger, self.phones)
        self.control = Control(running)
        self._stack.push_async_callback(self.control.stop)
        await self.control.start()

    async def _prepare(self) -> dict[str, Any]:
        """ministack, the issuer and the template at the same time; if one fails, the others are not left running."""
        context = development.CONTEXT | dict(self.settings.context)
        parts = [
            asyncio.ensure_future(self.ministack.start()),
            asyncio.ensure_future(self.issuer.start()),
            asyncio.ensure_future(synthesize(context, self._say)),
        ]
        try:
            template = (await asyncio.gather(*parts))[-1]
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
        assert isinstance(template, dict)
        return template

    async def _start_front(self) -> None:
        self.observed = Observed(self.deployment, self.settings.observed)
        self.pumps = Pumps(self.deployment, self._invoke, self.clock, self.misbehave)
        self.front = Front(
            self.deployment,
            self.clock,
            self.misbehave,
            self.logs,
            observers=(self.ledger, self.phones, self.observed, self.pumps),
            frame_observers=(self.ledger,),
            port=self.settings.port,
        )
        self._stack.push_async_callback(self.front.stop)
        try:
            await self.front.start()
        except OSError as error:
            raise explain(error, f"listening on port {self.settings.port}") from error
        except WorkerGone as error:
            raise HostError(f"A function's worker ended at its start: see {self.logs.relative_to(ROOT)}.") from error
        except (BotoCoreError, ClientError) as error:
            raise HostError(f"ministack refused a role: {str(error)[:400]}.") from error
        for pump in self.pumps.pumps:
            pump.stopped = partial(self.front.invoker.stopped_for, pump.name)

    async def _invoke(self, function: str, operation: str, event: dict[str, Any]) -> InvokeResult:
        return await self.front.invoker.invoke(function, event, operation)

    def token(self, user: str, ttl_s: int = 3600, **claims: Any) -> str:
        """A token of the development issuer."""
        return self.issuer.mint(user, ttl_s, **claims)

    async def watch(self) -> None:
        """Raise `HostError` when a part of the host dies; else never return."""
        parts = [asyncio.ensure_future(self.ministack.watch()), asyncio.ensure_future(self.pumps.watch())]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in parts:
                if part.done():
                    part.result()
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)


def _say_nothing(_: str) -> None:
    """Progress that nobody wants to hear of."""


def run_folder() -> Path:
    """A folder for this run's logs; the oldest of other runs are removed. Raises `HostError`."""
    check_disk(RUNS)
    folder = RUNS / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{time.monotonic_ns() % 10_000}"
    try:
        folder.mkdir(parents=True)
        for old in sorted(RUNS.iterdir())[:-RUNS_KEPT]:
            if not _lives(old):
                shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise explain(error, "making a folder for logs") from error
    return folder


def _lives(folder: Path) -> bool:
    """Whether the host that logs there still runs; the folder's name holds its process id."""
    return Path("/proc", folder.name.split("-")[2]).exists() if folder.name.count("-") == 3 else False


__all__ = ["Host", "HostError", "HostSettings"]
