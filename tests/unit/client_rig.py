"""A small model of the server for the client's tests: right in what the protocol says, and as unkind as it is told.

`Model` is pure (frames in, frames out) and serves both the sans-I/O tests and `serve`, which puts it behind real
WebSockets.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import Server, ServerConnection
from websockets.asyncio.server import serve as listen
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

BASE = 1_700_000_000_000
SETTLE = 30_000


def place(ms: int, sender: str = "aaaaaaaa", slot: int = 0) -> str:
    """A position `ms` after the model's beginning."""
    return f"{BASE + ms:013d}-{sender:a<8.8}-bbbbbbbb-{slot:02d}"


def message(
    ms: int, client_id: str, sender: str = "bob", to: str = "alice", arrival: int | None = None
) -> dict[str, Any]:
    """A message event."""
    one, other = sorted((sender, to))
    return {
        "kind": "message",
        "conversation": f"dm#{one}#{other}",
        "position": place(ms),
        "arrival": place(ms if arrival is None else arrival),
        "sender": sender,
        "client_id": client_id,
        "text": f"text {client_id}",
        "at": BASE + ms,
    }


def live(*events: dict[str, Any]) -> str:
    """The frame of live events."""
    return json.dumps({"type": "events", "events": events})


def error(frame_id: str | None, code: str, retryable: bool = False, after: int | None = None) -> dict[str, Any]:
    """An error reply."""
    reply = {"type": "error", "id": frame_id, "code": code, "message": "No.", "retryable": retryable}
    return reply | ({"retry_after_ms": after} if after is not None else {})


@dataclass
class Model:
    """What one server knows.  `refuse(action)` may return an error to answer an action with."""

    now: int = 0
    log: list[tuple[str, str, str]] = field(default_factory=list)
    outbox: dict[tuple[str, str], str] = field(default_factory=dict)
    mailboxes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    receipts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    page: int = 2
    refuse: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda action: None

    def answer(self, user: str, text: str) -> dict[str, Any]:
        """The reply to one frame."""
        self.now += 1
        frame = json.loads(text)
        self.heard.append((user, frame))
        if frame["action"] == "batch":
            return {"type": "batch", "id": frame["id"], "results": self._batch(user, frame)}
        return self._one(user, frame, 0)

    def _batch(self, user: str, frame: dict[str, Any]) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        stopped = False
        for slot, action in enumerate(frame["actions"]):
            result = error(action["id"], "not_attempted", True) if stopped else self._one(user, action, slot)
            stopped = stopped or bool(result.get("retryable"))
            results.append(result)
        return results

    def _one(self, user: str, frame: dict[str, Any], slot: int) -> dict[str, Any]:
        refusal = self.refuse(frame)
        if refusal is not None:
            return refusal | {"id": frame["id"]}
        handle = getattr(self, "_do_" + frame["action"].replace(".", "_"), None)
        if handle is None:
            return {"id": frame["id"]} | self._mutation(user, frame, slot)
        return {"id": frame["id"]} | handle(user, frame, slot)

    def _mutation(self, user: str, frame: dict[str, Any], slot: int) -> dict[str, Any]:
        """Whatever else changes something: done once, at the place of its first try."""
        key = (user, frame.get("client_id", ""))
        if key not in self.outbox and key[1]:
            self.outbox[key] = place(self.now, user, slot)
            self.log.append((*key, frame["action"]))
        return {"type": "ack", "position": self.outbox.get(key) or place(self.now, user, slot)}

    def _do_send(self, user: str, frame: dict[str, Any], slot: int) -> dict[str, Any]:
        key = (user, frame["client_id"])
        to = frame.get("to") or frame["conversation"]
        conversation = frame.get("conversation") or "dm#" + "#".join(sorted((user, to)))
        if key not in self.outbox:
            self.outbox[key] = place(self.now, user, slot)
            self.log.append((user, frame["client_id"], frame["text"]))
            event = message(self.now, frame["client_id"], user, to) | {"text": frame["text"]}
            event["position"] = event["arrival"] = self.outbox[key]
            event["conversation"] = conversation
            self.mailboxes.setdefault(to, []).append(event)
        return {
            "type": "ack",
            "client_id": frame["client_id"],
            "conversation": conversation,
            "position": self.outbox[key],
            "at": BASE + self.now,
        }

    def _do_ack(self, user: str, frame: dict[str, Any], slot: int) -> dict[str, Any]:
        self.receipts.append((user, frame))
        return {"type": "receipt"} | {k: frame[k] for k in ("conversation", "kind", "position", "taken_at")}

    def _do_whoami(self, user: str, frame: dict[str, Any], slot: int) -> dict[str, Any]:
        return {
            "type": "whoami",
            "user_id": user,
            "device_id": "default",
            "connection_id": "c",
            "expires_at": 0,
            "at": 0,
        }

    def _do_sync(self, user: str, frame: dict[str, Any], slot: int) -> dict[str, Any]:
        after, clock = frame.get("next", f"{frame.get('cursor', '')}|{self.now}").split("|")
        rest = [each for each in self.mailboxes.get(user, []) if each["arrival"] > after]
        page, more = rest[: self.page], len(rest) > self.page
        cursor = f"{BASE + max(0, int(clock) - SETTLE):013d}"
        reply: dict[str, Any] = {"type": "sync", "events": page, "cursor": cursor, "at": BASE + self.now}
        return reply | ({"next": f"{page[-1]['arrival']}|{clock}"} if more else {})


@dataclass
class Rig:
    """A model behind sockets.  `intercept(user, text)` may swallow a frame (True) before the model sees it, and
    `swallow` a reply after it did."""

    model: Model
    url: str = ""
    tokens: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    sockets: dict[str, ServerConnection] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    intercept: Callable[[str, str], bool] = lambda user, text: False
    swallow: Callable[[dict[str, Any]], bool] = lambda reply: False

    async def answer(self, socket: ServerConnection) -> None:
        """One connection's life."""
        user = self.tokens[-1].split("-")[0]
        self.sockets[user] = socket
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                assert isinstance(text, str)
                if self.intercept(user, text):
                    continue
                reply = self.model.answer(user, text)
                if not self.swallow(reply):
                    await socket.send(json.dumps(reply))

    def check(self, _: ServerConnection, request: Request) -> Response | None:
        """The authorizer: notes the token and answers with the next scripted status, if there is one."""
        offered = request.headers["Sec-WebSocket-Protocol"].split(", ")
        assert offered[0] == "tidings.v1"
        self.tokens.append(offered[1].removeprefix("bearer."))
        self.paths.append(request.path)
        if self.statuses:
            return Response(self.statuses.pop(0), "No", Headers({"Content-Length": "0"}), b"")
        return None


@contextlib.asynccontextmanager
async def serve(model: Model | None = None) -> AsyncIterator[Rig]:
    """A rig on a free port of 127.0.0.1.  A token's part before the dash is its user."""
    rig = Rig(model or Model())
    server: Server
    async with listen(
        rig.answer, "127.0.0.1", 0, subprotocols=["tidings.v1"], process_request=rig.check, max_size=None
    ) as server:  # type: ignore[list-item]
        rig.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/dev"
        yield rig


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that the test's own timeout bounds."""
    while not condition():
        await asyncio.sleep(0.005)
