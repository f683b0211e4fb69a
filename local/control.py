"""The control API: how tests, the demo and the command line look into a running host and steer it.

JSON over HTTP on 127.0.0.1. An unknown path is 404, a wrong argument 400, not idle in time 504, each with
`{"error": sentence}`. `local.control_client` has a method for everything here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web

from local.aws import client
from local.endpoints import PlatformEndpoints
from local.errors import explain
from local.front import Front
from local.gateway.sockets import Gone
from local.idle import Idle, NotIdle
from local.issuer import Issuer
from local.meter.ledger import Ledger, Mark
from local.observed import Observed
from local.phones import Phones
from local.pumps.all import Pumps

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Running:
    """The parts of a started host."""

    front: Front
    issuer: Issuer
    pumps: Pumps
    observed: Observed
    ledger: Ledger
    phones: Phones


class Control:
    """Serves the control API; `url` is its address once started."""

    def __init__(self, running: Running, port: int = 0) -> None:
        self.url = ""
        self._port = port
        self._running = running
        front = running.front
        self._idle = Idle(front.gateway, front.invoker, running.pumps, front.clock, lambda: running.observed.count)
        self._marks: list[Mark] = []
        self._tokens: dict[str, str] = {}
        app = web.Application(middlewares=[_errors])
        app.add_routes(self._routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    def _routes(self) -> list[web.RouteDef]:
        answer = self._answering
        return [
            web.get("/state", answer(self._state)),
            web.post("/tokens", answer(self._mint)),
            web.post("/keys", answer(self._rotate)),
            web.get("/misbehave", answer(self._misbehave)),
            web.patch("/misbehave", answer(self._misbehave_set)),
            web.delete("/misbehave", answer(self._misbehave_reset)),
            web.get("/stopped", answer(self._stopped)),
            web.post("/release", answer(self._release)),
            web.post("/clock", answer(self._advance)),
            web.post("/idle", answer(self._wait_idle)),
            web.get("/meter", answer(self._meter)),
            web.post("/meter/marks", answer(self._mark)),
            web.get("/phones", answer(self._phones)),
            web.post("/phones/die", answer(self._die)),
            web.get("/invocations", answer(self._invocations)),
            web.get("/calls", answer(self._calls)),
            web.get("/connections", answer(self._connections)),
            web.delete("/connections/{id}", answer(self._cut)),
            web.get("/limits", answer(self._limits)),
            web.patch("/limits", answer(self._limits_set)),
        ]

    async def start(self) -> None:
        """Listen.  Raises `HostError` where the given port is taken."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        except OSError as error:
            raise explain(error, "starting the control API") from error
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    def _answering(self, method: Callable[[web.Request, JSON], Awaitable[Any]]) -> Handler:
        """Body (or query string) in, JSON out."""

        async def handler(request: web.Request) -> web.StreamResponse:
            given = await request.json() if request.body_exists else dict(request.query)
            return web.json_response(await method(request, given))

        return handler

    async def _state(self, _: web.Request, __: JSON) -> JSON:
        running, front = self._running, self._running.front
        here = front.deployment
        return {
            "gateway": front.gateway.url,
            "management": f"{front.management.url}/{here.stage}",
            "issuer": running.issuer.name,
            "issuer_url": running.issuer.url,
            "audience": running.issuer.audience,
            "aws": here.aws_endpoint,
            "region": here.region,
            "stage": here.stage,
            "functions": {name: asdict(spec) for name, spec in here.functions.items()},
            "tables": {name: spec.name for name, spec in here.tables.items()},
            "queues": {name: spec.url for name, spec in here.queues.items()},
            "outputs": dict(here.outputs),
            "workers": {name: pool.pids for name, pool in front.invoker.pools.items()},
            "pumps": running.pumps.report(),
            "connections": len(front.sockets),
            "clock_ms": front.clock.now_ms(),
            "offset_ms": front.clock.offset_ms,
            "invocations": running.observed.count,
        }

    async def _mint(self, _: web.Request, given: JSON) -> JSON:
        return {"token": self._running.issuer.mint(given["user"], given.get("ttl_s", 3600), **given.get("claims", {}))}

    async def _rotate(self, _: web.Request, __: JSON) -> JSON:
        return {"key_id": self._running.issuer.rotate()}

    async def _misbehave(self, _: web.Request, __: JSON) -> JSON:
        return self._running.front.misbehave.as_json()

    async def _misbehave_set(self, _: web.Request, given: JSON) -> JSON:
        self._running.front.misbehave.update(given)
        return self._running.front.misbehave.as_json()

    async def _misbehave_reset(self, _: web.Request, __: JSON) -> JSON:
        self._running.front.misbehave.reset()
        self._running.front.invoker.release()
        return self._running.front.misbehave.as_json()

    async def _stopped(self, _: web.Request, given: JSON) -> list[JSON]:
        """Answer as soon as `at_least` invocations are held or paused."""
        invoker = self._running.front.invoker
        async with asyncio.timeout(float(given.get("timeout_s", 10))):
            while invoker.stopped < int(given.get("at_least", 0)):
                await asyncio.sleep(0.002)
        return invoker.waiting()

    async def _release(self, _: web.Request, given: JSON) -> JSON:
        return {"released": self._running.front.invoker.release(given.get("rule", ""))}

    async def _advance(self, _: web.Request, given: JSON) -> JSON:
        clock = self._running.front.clock
        offset_ms = clock.advance(int(given["advance_ms"]))
        self._running.pumps.wake()
        return {"offset_ms": offset_ms, "now_ms": clock.now_ms()}

    async def _wait_idle(self, _: web.Request, given: JSON) -> JSON:
        moved_ms = await self._idle.wait(
            float(given.get("timeout_s", 30)),
            close_windows=bool(given.get("close_windows", False)),
            advance_ms=int(given.get("advance_ms", 0)),
        )
        return {"moved_ms": moved_ms}

    async def _meter(self, _: web.Request, given: JSON) -> JSON:
        ledger = self._running.ledger
        mark = self._marks[int(given["mark"])] if "mark" in given else None
        return {
            "operations": {name: tally.as_json() for name, tally in ledger.since(mark).items()},
            "total": ledger.total(mark).as_json(),
            "table": ledger.table(mark),
        }

    async def _mark(self, _: web.Request, __: JSON) -> JSON:
        self._marks.append(self._running.ledger.mark())
        return {"mark": len(self._marks) - 1}

    async def _phones(self, _: web.Request, given: JSON) -> list[JSON]:
        pushes = [asdict(each) for each in self._running.phones.all()]
        for each in pushes:
            each["token"] = await asyncio.to_thread(self._token, each["endpoint"])
        return [each for each in pushes if given.get("token") in (None, each["token"])]

    async def _die(self, _: web.Request, given: JSON) -> JSON:
        front = self._running.front
        platform = PlatformEndpoints(front.deployment, front.invoker, front.clock)
        known = sorted({each.endpoint for each in self._running.phones.all()})
        dying = [each for each in known if await asyncio.to_thread(self._token, each) == given["token"]]
        for endpoint in dying:
            await platform.die(endpoint, deleted=bool(given.get("deleted", False)))
        return {"endpoints": dying}

    def _token(self, endpoint: str) -> str:
        """The device token behind a platform endpoint, as SNS knows it; empty for one deleted before anybody asked."""
        if endpoint not in self._tokens:
            sns = client("sns", self._running.front.deployment.aws_endpoint)
            try:
                self._tokens[endpoint] = sns.get_endpoint_attributes(EndpointArn=endpoint)["Attributes"]["Token"]
            except sns.exceptions.NotFoundException:
                return ""
        return self._tokens[endpoint]

    async def _invocations(self, _: web.Request, given: JSON) -> list[JSON]:
        function, contains = given.get("function", ""), given.get("contains", "")
        return self._running.observed.latest(function, contains, int(given.get("limit", 1)))

    async def _calls(self, _: web.Request, __: JSON) -> list[JSON]:
        return self._running.observed.kinds()

    async def _connections(self, _: web.Request, __: JSON) -> list[JSON]:
        callers = (socket.caller for socket in self._running.front.sockets)
        return [
            {"id": each.connection_id, "connected_at": each.connected_at, "authorizer": each.authorizer}
            for each in callers
        ]

    async def _cut(self, request: web.Request, _: JSON) -> JSON:
        self._running.front.sockets.get(request.match_info["id"]).cut()
        return {}

    async def _limits(self, _: web.Request, __: JSON) -> JSON:
        return asdict(self._running.front.sockets.limits)

    async def _limits_set(self, _: web.Request, given: JSON) -> JSON:
        limits = self._running.front.sockets.limits
        limits.change(given)
        return asdict(limits)


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A sentence for every failure."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return web.json_response({"error": f"nothing at {request.method} {request.path}"}, status=404)
    except Gone:
        return web.json_response({"error": "no such open connection"}, status=404)
    except (NotIdle, TimeoutError) as late:
        return web.json_response({"error": str(late) or "it did not happen in time"}, status=504)
    except (KeyError, ValueError, TypeError, IndexError) as wrong:
        return web.json_response({"error": f"{type(wrong).__name__}: {wrong}"}, status=400)
