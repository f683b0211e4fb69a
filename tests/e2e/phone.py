"""A socket held by hand: sends exactly the frames a test gives it, and remembers everything that comes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import uuid
from typing import Any, Self

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

ANSWER_S = 30.0
RETRYABLE = ("retry_later", "rate_limited", "unavailable", "internal", "not_attempted")


def new_id() -> str:
    """A client id."""
    return uuid.uuid4().hex


class Phone:
    """One device of one user."""

    def __init__(self, socket: ClientConnection, user: str, device: str) -> None:
        self.socket, self.user, self.device = socket, user, device
        self.patience_s = 5.0
        """How long `insist` waits before it sends again."""
        self.events: list[dict[str, Any]] = []
        self.strays: list[Any] = []
        self._replies: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._changed = asyncio.Event()
        self._ids = itertools.count(1)
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, url: str, token: str, user: str, device: str, **options: Any) -> Self:
        """Connect; raises websockets' `InvalidStatus` when refused."""
        protocols = [Subprotocol("tidings.v1"), Subprotocol(f"bearer.{token}")]
        socket = await open_websocket(f"{url}?device={device}", subprotocols=protocols, max_size=2**20, **options)
        assert socket.subprotocol == "tidings.v1"
        return cls(socket, user, device)

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in self.socket:
                frame = json.loads(text)
                if frame.get("type") == "events":
                    self.events += frame["events"]
                elif frame.get("id") in self._replies:
                    self._replies[frame["id"]].put_nowait(frame)
                else:
                    self.strays.append(frame)
                self._changed.set()
        self._changed.set()

    async def close(self) -> None:
        """Close the socket and the reader."""
        await self.socket.close()
        await self._reader

    async def raw(self, text: str | bytes) -> None:
        """Send anything."""
        await self.socket.send(text)

    async def put(self, action: str, **fields: Any) -> str:
        """Send a request without waiting; its id."""
        request_id = fields.pop("id", None) or f"{self.device}-{next(self._ids)}"
        self._replies.setdefault(request_id, asyncio.Queue())
        await self.raw(json.dumps({"action": action, "id": request_id, **fields}, ensure_ascii=False))
        return request_id

    async def reply(self, request_id: str, within: float = ANSWER_S) -> dict[str, Any]:
        """The next reply to a request."""
        async with asyncio.timeout(within):
            return await self._replies[request_id].get()

    async def ask(self, action: str, **fields: Any) -> dict[str, Any]:
        """Send a request and wait for its reply, whatever it is."""
        return await self.reply(await self.put(action, **fields))

    async def insist(self, action: str, **fields: Any) -> dict[str, Any]:
        """Resend the same frame until it is answered for good, as a client must.  Never gives up before 30 tries."""
        for _ in range(30):
            seen = len(self.strays)
            request_id = await self.put(action, **fields)
            waiting = asyncio.create_task(self.reply(request_id, self.patience_s))
            failed = asyncio.create_task(self.until(lambda seen=seen: len(self.strays) > seen, self.patience_s))
            await asyncio.wait((waiting, failed), return_when=asyncio.FIRST_COMPLETED)
            failed.cancel()
            if waiting.done() and waiting.exception() is None:
                answer = waiting.result()
                if answer["type"] != "error" or answer["code"] not in RETRYABLE:
                    return answer
                await asyncio.sleep(min(answer.get("retry_after_ms", 100), 500) / 1_000)
            waiting.cancel()
            await asyncio.gather(waiting, failed, return_exceptions=True)
        raise AssertionError(f"{action} was never answered")

    async def until(self, holds: Any, within: float = ANSWER_S) -> None:
        """Wait until `holds()`; checked whenever something came."""
        async with asyncio.timeout(within):
            while not holds():
                self._changed.clear()
                if not holds():
                    await self._changed.wait()

    def messages(self) -> list[dict[str, Any]]:
        """Live messages so far, repeats included."""
        return [event for event in self.events if event["kind"] == "message"]

    async def mailbox(self, cursor: str | None = None, limit: int = 100) -> tuple[list[dict[str, Any]], str]:
        """Everything since `cursor` by sync, and the cursor to keep."""
        events: list[dict[str, Any]] = []
        fields: dict[str, Any] = {} if cursor is None else {"cursor": cursor}
        while True:
            answer = await self.insist("sync", limit=limit, **fields)
            assert answer["type"] == "sync", answer
            events += answer["events"]
            if "next" not in answer:
                return events, answer["cursor"]
            fields = {"next": answer["next"]}

    async def home(self) -> list[dict[str, Any]]:
        """The whole home timeline, newest first."""
        posts: list[dict[str, Any]] = []
        fields: dict[str, Any] = {}
        while True:
            answer = await self.insist("timeline.home", limit=50, **fields)
            assert answer["type"] == "timeline", answer
            posts += answer["posts"]
            if "before" not in answer:
                return posts
            fields = {"before": answer["before"]}


def once(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages as a reader shows them: each (sender, client id) once, by position."""
    known = {(event["sender"], event["client_id"]): event for event in events if event["kind"] == "message"}
    return sorted(known.values(), key=lambda event: str(event["position"]))
