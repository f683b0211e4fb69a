"""What the host's own tests share: deployments made of the test handlers, and a small AWS stand-in over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.clock import Clock
from local.deployment import AuthorizerSpec, Deployment, FunctionSpec, RouteSpec
from local.gateway.limits import Limits
from local.gateway.management import Management, Permit
from local.gateway.server import Gateway
from local.gateway.sockets import Sockets
from local.misbehave import Misbehave
from local.workers.invoker import Invoker
from local.workers.results import Invocation
from local.workers.spawning import WorkerSettings

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "ASIATEST", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session"}


class Notes:
    """An observer that keeps everything."""

    def __init__(self) -> None:
        self.invocations: list[Invocation] = []
        self.frames: list[tuple[str, str, int]] = []
        self.durations: list[float] = []

    def invocation(self, record: Invocation) -> None:
        """Keep it."""
        self.invocations.append(record)

    def frame(self, operation: str, direction: str, size: int) -> None:
        """Keep it."""
        self.frames.append((operation, direction, size))

    def closed(self, seconds: float) -> None:
        """Keep it."""
        self.durations.append(seconds)


def function(name: str, **more: object) -> FunctionSpec:
    """A function whose handler is `tests.local.handlers.<name>`."""
    logical_id = name.replace(".", "_")
    given = {
        "logical_id": logical_id,
        "name": f"test-{logical_id}",
        "handler": f"tests.local.handlers.{name}",
        "environment": {"GIVEN": "by the template"},
        "role_arn": f"arn:aws:iam::000000000000:role/{logical_id}",
        "arn": f"arn:aws:lambda:us-east-1:000000000000:function:test-{logical_id}",
        "max_concurrency": 2,
    }
    return FunctionSpec(**{**given, **more})  # type: ignore[arg-type]


def deployment(
    *functions: FunctionSpec,
    routes: Mapping[str, RouteSpec] | None = None,
    authorizer: AuthorizerSpec | None = None,
    aws_endpoint: str = "http://127.0.0.1:1",
    **more: object,
) -> Deployment:
    """A deployment of these functions."""
    return Deployment(
        region="us-east-1",
        account="000000000000",
        api_id="testapi",
        stage="dev",
        aws_endpoint=aws_endpoint,
        functions={each.logical_id: each for each in functions},
        routes=routes or {},
        authorizer=authorizer,
        **more,  # type: ignore[arg-type]
    )


def settings(
    deployed: Deployment,
    log_dir: Path,
    management_url: str = "http://127.0.0.1:1",
    credentials: Mapping[str, Mapping[str, str]] | None = None,
) -> WorkerSettings:
    """Worker settings, with the same test credentials for every function unless others are given."""
    return WorkerSettings(
        region=deployed.region,
        aws_endpoint=deployed.aws_endpoint,
        management_url=management_url,
        log_dir=log_dir,
        credentials=credentials or dict.fromkeys(deployed.functions, CREDENTIALS),
        measure="local.meter.units.measure",
    )


def invoker(deployed: Deployment, log_dir: Path, notes: Notes | None = None) -> tuple[Invoker, Misbehave, Clock]:
    """An invoker that is not started yet, with its switches and its clock."""
    misbehave, clock = Misbehave(), Clock()
    observers = [notes] if notes else []
    return Invoker(deployed, settings(deployed, log_dir), clock, misbehave, observers), misbehave, clock


@dataclass
class Site:
    """A running gateway with the `chat` test application, and everything around it."""

    gateway: Gateway
    management: Management
    invoker: Invoker
    sockets: Sockets
    misbehave: Misbehave
    clock: Clock
    notes: Notes
    seen: Path

    def told(self, kind: str) -> list[Any]:
        """What the application noted of this kind, in order."""
        lines = self.seen.read_text().splitlines() if self.seen.exists() else []
        return [each["value"] for each in map(json.loads, lines) if each["kind"] == kind]

    async def idle(self) -> None:
        """Until nothing is under way."""
        while self.gateway.under_way or self.invoker.under_way or self.invoker.stopped:
            await asyncio.sleep(0.002)

    async def told_of(self, kind: str, connection_id: str) -> Any:
        """The first such note about a connection, once it is there."""
        while True:
            for value in self.told(kind):
                if value["requestContext"]["connectionId"] == connection_id:
                    return value
            await asyncio.sleep(0.005)


def chat_deployment(seen: Path, authorizer: bool = True, **more: object) -> Deployment:
    """The `chat` application: `echo` and `act` answer, `quiet` does not, $default echoes."""
    names = ("authorize", "connect", "disconnect", "echo", "act")
    functions = [function(f"chat.{name}", environment={"SEEN": str(seen)}, timeout_s=10) for name in names]
    routes = [
        RouteSpec("$connect", "chat_connect"),
        RouteSpec("$disconnect", "chat_disconnect"),
        RouteSpec("$default", "chat_echo", route_response=True),
        RouteSpec("echo", "chat_echo", route_response=True),
        RouteSpec("act", "chat_act", route_response=True),
        RouteSpec("quiet", "chat_act"),
        RouteSpec("rare", "chat_echo", route_response=True, throttle_rate=0.001, throttle_burst=2),
    ]
    spec = AuthorizerSpec("chat_authorize", ["route.request.header.X-Token"]) if authorizer else None
    return deployment(*functions, routes={each.key: each for each in routes}, authorizer=spec, **more)


@asynccontextmanager
async def site(
    deployed: Deployment, folder: Path, seen: Path, limits: Limits | None = None, permit: Permit = lambda *_: True
) -> AsyncIterator[Site]:
    """Start workers, `@connections` and the gateway; stop them at the end."""
    notes, misbehave, clock = Notes(), Misbehave(), Clock()
    sockets = Sockets(limits or Limits())
    management = Management(deployed.stage, sockets, clock, misbehave, permit, [notes])
    await management.start()
    worker_settings = settings(deployed, folder, management.url)
    invoker = Invoker(deployed, worker_settings, clock, misbehave, [notes])
    gateway = Gateway(deployed, invoker, sockets, clock, misbehave, [notes])
    await invoker.start()
    await gateway.start()
    try:
        yield Site(gateway, management, invoker, sockets, misbehave, clock, notes, seen)
    finally:
        await gateway.stop()
        await invoker.stop()
        await management.stop()
