"""The `@connections` endpoint: post to a connection, look at it, end it, with API Gateway's answers and errors.

Errors carry `x-amzn-ErrorType`, so that botocore raises GoneException, LimitExceededException and so on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from local.clock import Clock
from local.gateway.limits import TokenBucket
from local.gateway.sockets import BufferFull, Gone, Socket, Sockets
from local.misbehave import Misbehave
from local.workers.results import FrameObserver

SIGNATURE = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/[^,]*, ?SignedHeaders=[^,]+, ?Signature=[0-9a-f]{64}$")
ERRORS = {
    403: ("ForbiddenException", "Forbidden"),
    410: ("GoneException", "Gone"),
    413: ("PayloadTooLargeException", "Payload too large"),
    429: ("LimitExceededException", "Too many requests"),
}
ACCOUNT_RATE = 10_000.0
"""Calls a second, the account's quota."""

Permit = Callable[[str, str, str], bool]
"""(access key id, HTTP method, path after the stage) -> may that role do this?"""


class Management:
    """Serves `/{stage}/@connections/{id}` on a free port of 127.0.0.1; `url` is scheme, host and port."""

    def __init__(
        self,
        stage: str,
        sockets: Sockets,
        clock: Clock,
        misbehave: Misbehave,
        permit: Permit,
        observers: Sequence[FrameObserver] = (),
        rate: float = ACCOUNT_RATE,
    ) -> None:
        self.url = ""
        self._sockets = sockets
        self._clock = clock
        self._misbehave = misbehave
        self._permit = permit
        self._observers = tuple(observers)
        self._bucket = TokenBucket(rate, int(rate))
        # AWS's own answer to a body that is too large is a 413 with its error type, so aiohttp must let more through.
        app = web.Application(client_max_size=4 * sockets.limits.post_bytes)
        app.router.add_route("*", f"/{stage}/@connections/{{id}}", self._serve)
        app.router.add_route("*", "/{anything:.*}", self._elsewhere)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    async def start(self) -> None:
        """Listen."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        """Stop listening, end open requests."""
        await self._runner.cleanup()

    async def _elsewhere(self, _: web.Request) -> web.Response:
        return _error(403)

    async def _serve(self, request: web.Request) -> web.Response:
        connection_id = request.match_info["id"]
        signature = SIGNATURE.match(request.headers.get("Authorization", ""))
        if signature is None or not self._permit(signature[1], request.method, f"@connections/{connection_id}"):
            return _error(403)
        if not self._bucket.take():
            return _error(429)
        try:
            if request.method == "POST":
                return await self._post(connection_id, await request.read())
            socket = self._sockets.get(connection_id)
            if request.method == "GET":
                return web.json_response(_description(socket))
            if request.method == "DELETE":
                self._sockets.close(socket, 1000, "")
                return web.Response(status=204)
        except Gone:
            return _error(410)
        except BufferFull:
            return _error(429)
        except web.HTTPRequestEntityTooLarge:
            return _error(413)
        return _error(403)

    async def _post(self, connection_id: str, data: bytes) -> web.Response:
        if len(data) > self._sockets.limits.post_bytes:
            return _error(413)
        told = self._misbehave.post_status(connection_id) if self._misbehave.switches.posts else None
        if told:
            return _error(told)
        socket = self._sockets.get(connection_id)
        if told is None:
            await socket.send(data, self._sockets.limits, self._clock.now_ms())
        for observer in self._observers:
            observer.frame("", "event", len(data))
        return web.Response()


def _description(socket: Socket) -> dict[str, Any]:
    caller = socket.caller
    return {
        "connectedAt": _iso(caller.connected_at),
        "lastActiveAt": _iso(socket.last_active_ms),
        "identity": {"sourceIp": caller.source_ip, "userAgent": caller.user_agent or ""},
    }


def _iso(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _error(status: int) -> web.Response:
    kind, message = ERRORS[status]
    headers = {"x-amzn-ErrorType": kind}
    if status == 410:
        return web.Response(status=status, headers=headers)
    return web.json_response({"message": message}, status=status, headers=headers)
