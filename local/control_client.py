"""Clients of the control API: `ControlClient` blocks, `AsyncControlClient` is awaited; both have the same methods.

Every method returns the decoded JSON (the asynchronous one an awaitable of it) and raises `ControlError`.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp

TIMEOUT_S = 120.0


class ControlError(Exception):
    """The host refused; the text is its sentence, `status` the HTTP status."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Methods(ABC):
    """What the control API can do, whichever way it is called."""

    @abstractmethod
    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request."""

    def state(self) -> Any:
        """URLs, functions, tables, queues, worker pids, pumps, clock."""
        return self.call("GET", "/state")

    def mint(self, user: str, ttl_s: int = 3600, **claims: Any) -> Any:
        """`{token}` for a user; claims are added or replaced, None takes one away."""
        return self.call("POST", "/tokens", {"user": user, "ttl_s": ttl_s, "claims": claims})

    def rotate_keys(self) -> Any:
        """The issuer signs with a new key from now on: `{key_id}`."""
        return self.call("POST", "/keys", {})

    def misbehave(self, **switches: Any) -> Any:
        """Set switches of `local.misbehave.Switches` (none: only look); returns all of them."""
        return self.call("PATCH", "/misbehave", switches)

    def behave(self) -> Any:
        """All switches off, everything held or paused let go."""
        return self.call("DELETE", "/misbehave")

    def stopped(self, at_least: int = 0, timeout_s: float = 10.0) -> Any:
        """What is held or paused, once there are `at_least` so many: list of `{rule, call}`."""
        return self.call("GET", "/stopped?" + urlencode({"at_least": at_least, "timeout_s": timeout_s}))

    def release(self, rule: str = "") -> Any:
        """Let go what a rule (empty: any) holds or has paused: `{released}`."""
        return self.call("POST", "/release", {"rule": rule})

    def advance(self, milliseconds: int) -> Any:
        """Move the clock forward: `{offset_ms, now_ms}`."""
        return self.call("POST", "/clock", {"advance_ms": milliseconds})

    def idle(self, timeout_s: float = 30.0, *, close_windows: bool = False, advance_ms: int = 0) -> Any:
        """Wait until frames, streams and queues are done with; may move the clock up to `advance_ms` to what waits."""
        given = {"timeout_s": timeout_s, "close_windows": close_windows, "advance_ms": advance_ms}
        return self.call("POST", "/idle", given)

    def mark(self) -> Any:
        """Remember the meter's state: `{mark}`, for `meter`."""
        return self.call("POST", "/meter/marks", {})

    def meter(self, mark: int | None = None) -> Any:
        """`{operations, total, table}` since a mark (default: since the start)."""
        return self.call("GET", "/meter" + ("" if mark is None else f"?mark={mark}"))

    def phones(self, token: str | None = None) -> Any:
        """Pushes, oldest first, of the phone with this token (default: of all)."""
        return self.call("GET", "/phones" + ("" if token is None else "?" + urlencode({"token": token})))

    def die(self, token: str, *, deleted: bool = False) -> Any:
        """The platform finds a token that was pushed to dead (or somebody deletes its endpoint), and SNS tells:
        `{endpoints}`."""
        return self.call("POST", "/phones/die", {"token": token, "deleted": deleted})

    def invocations(self, function: str = "", contains: str = "", limit: int = 1) -> Any:
        """The newest invocations of a function whose event holds a text, newest first, with their AWS calls."""
        query = urlencode({"function": function, "contains": contains, "limit": limit})
        return self.call("GET", "/invocations?" + query)

    def calls(self) -> Any:
        """Every kind of AWS call each function was seen making."""
        return self.call("GET", "/calls")

    def connections(self) -> Any:
        """The open connections: `{id, connected_at, authorizer}` each."""
        return self.call("GET", "/connections")

    def cut(self, connection_id: str) -> Any:
        """Break a client's connection without a close frame."""
        return self.call("DELETE", "/connections/" + quote(connection_id, safe=""))

    def limits(self, **limits: Any) -> Any:
        """Set limits, see `local.gateway.limits.SETTABLE` (none: only look); returns all of them."""
        return self.call("PATCH", "/limits", limits)


class ControlClient(Methods):
    """Blocking, with the standard library."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request; returns the decoded answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, data, headers, method=method)  # noqa: S310 - the host's own
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            raise ControlError(refused.code, _sentence(refused.read())) from None


class AsyncControlClient(Methods):
    """Asynchronous; close it, or use it as a context manager."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request; returns the decoded answer."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))
        async with self._session.request(method, self._url + path, json=body) as answer:
            text = await answer.read()
            if answer.status >= 400:
                raise ControlError(answer.status, _sentence(text))
            return json.loads(text)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> AsyncControlClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _sentence(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return "the host failed"
