"""Opening a connection: the authorizer, then $connect, then AWS's answer to the client."""

from __future__ import annotations

import http
import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from local.clock import Clock
from local.deployment import Deployment
from local.gateway import authorize
from local.gateway.events import Caller, Events, Handshake, short_id
from local.gateway.limits import Limits, TokenBucket
from local.workers.results import InvokeResult

CONNECT = "$connect"


class Invokes(Protocol):
    """The part of `Invoker` that the gateway needs."""

    async def invoke(self, function: str, event: Any, operation: str = "", connection_id: str = "") -> InvokeResult:
        """One synchronous invocation; a failure is in the result."""
        ...


@dataclass(slots=True)
class Refused(Exception):
    """The handshake is answered with this HTTP status instead."""

    status: int
    message: str


@dataclass(slots=True)
class Accepted:
    """The connection may open; `headers` are what $connect answered (its subprotocol, above all)."""

    caller: Caller
    headers: dict[str, str] = field(default_factory=dict)


class Handshakes:
    """Decides about one handshake after another."""

    def __init__(
        self,
        deployment: Deployment,
        events: Events,
        invoker: Invokes,
        clock: Clock,
        limits: Limits,
        bucket: TokenBucket,
    ) -> None:
        self._deployment = deployment
        self._events = events
        self._invoker = invoker
        self._clock = clock
        self._limits = limits
        self._bucket = bucket

    async def decide(self, handshake: Handshake) -> Accepted:
        """Ask the authorizer and $connect.  Raises `Refused`."""
        caller = Caller(
            connection_id=short_id(),
            connected_at=self._clock.now_ms(),
            source_ip=handshake.source_ip,
            user_agent=handshake.header("User-Agent"),
        )
        if not self._bucket.take():
            raise Refused(429, "Too Many Requests")
        if self._deployment.authorizer is not None:
            await self._authorize(caller, handshake)
        return Accepted(caller, await self._connect(caller, handshake))

    async def _authorize(self, caller: Caller, handshake: Handshake) -> None:
        spec = self._deployment.authorizer
        assert spec is not None
        if not authorize.has_identity(spec.identity_sources, handshake):
            raise Refused(401, "Unauthorized")
        event = self._events.authorizer(caller, handshake, self._clock.now_ms())
        result = await self._invoker.invoke(spec.function, event, "authorizer", caller.connection_id)
        if result.error is not None:
            # An authorizer that raises exactly this asks for a 401: API Gateway's convention.
            if result.error.message == "Unauthorized":
                raise Refused(401, "Unauthorized")
            raise Refused(500, "Internal Server Error")
        try:
            context = authorize.decide(result.payload, event["methodArn"], self._limits.authorizer_bytes)
        except authorize.BadAuthorizer:
            raise Refused(500, "Internal Server Error") from None
        if context is None:
            raise Refused(403, "Forbidden")
        caller.authorizer = context

    async def _connect(self, caller: Caller, handshake: Handshake) -> dict[str, str]:
        route = self._deployment.routes.get(CONNECT)
        if route is None:
            return {}
        event = self._events.connect(caller, handshake, self._clock.now_ms())
        result = await self._invoker.invoke(route.function, event, CONNECT, caller.connection_id)
        answer = result.payload
        if result.error is not None or not isinstance(answer, dict):
            raise Refused(500, "Internal server error")
        status = answer.get("statusCode")
        if not isinstance(status, int):
            raise Refused(500, "Internal server error")
        if not 200 <= status < 300:
            raise Refused(status if 400 <= status < 600 else 403, _phrase(status))
        return {str(name): str(value) for name, value in (answer.get("headers") or {}).items()}


def refusal_body(refused: Refused) -> bytes:
    """The JSON that comes with a refused handshake."""
    return json.dumps({"message": refused.message, "connectionId": short_id(), "requestId": short_id()}).encode()


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Forbidden"
