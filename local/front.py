"""The part of the host that stands in front of AWS: workers, `@connections` and the WebSocket gateway, as one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from local.clock import Clock
from local.credentials import Roles
from local.deployment import Deployment
from local.gateway.limits import Limits
from local.gateway.management import Management
from local.gateway.server import Gateway
from local.gateway.sockets import Sockets
from local.misbehave import Misbehave
from local.workers.invoker import Invoker
from local.workers.results import FrameObserver, Observer
from local.workers.spawning import WorkerSettings

MEASURE = "local.meter.units.measure"


class Front:
    """Start it after the deploy; `invoker` then runs functions for the pumps, `gateway.url` is for clients.

    `log_dir` gets one file a function. `port` is the gateway's (0 = a free one).
    """

    def __init__(
        self,
        deployment: Deployment,
        clock: Clock,
        misbehave: Misbehave,
        log_dir: Path,
        observers: Sequence[Observer] = (),
        frame_observers: Sequence[FrameObserver] = (),
        port: int = 0,
    ) -> None:
        self.deployment = deployment
        self.clock = clock
        self.misbehave = misbehave
        self.sockets = Sockets(Limits())
        self.invoker: Invoker
        self.gateway: Gateway
        self.management: Management
        self._log_dir = log_dir
        self._observers = tuple(observers)
        self._frame_observers = tuple(frame_observers)
        self._port = port
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        """Assume the roles, start everything.  On a failure, what had been started is stopped again."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        here, clock, misbehave = self.deployment, self.clock, self.misbehave
        roles = Roles(here)
        await asyncio.to_thread(roles.assume)
        self.management = Management(
            here.stage, self.sockets, clock, misbehave, roles.may_manage, self._frame_observers
        )
        await self.management.start()
        self._stack.push_async_callback(self.management.stop)
        settings = WorkerSettings(
            region=here.region,
            aws_endpoint=here.aws_endpoint,
            management_url=self.management.url,
            log_dir=self._log_dir,
            credentials=roles.environment,
            measure=MEASURE,
        )
        self.invoker = Invoker(here, settings, clock, misbehave, self._observers)
        self._stack.push_async_callback(self.invoker.stop)
        await self.invoker.start()
        self.gateway = Gateway(
            here, self.invoker, self.sockets, clock, misbehave, self._frame_observers, port=self._port
        )
        self._stack.push_async_callback(self.gateway.stop)
        await self.gateway.start()

    async def stop(self) -> None:
        """Stop everything, the gateway first; returns when no process is left.  Safe to call twice."""
        await self._stack.aclose()
