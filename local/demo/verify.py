"""Reads everything back, as a stranger to the client library: plain frames over a plain socket, nothing dropped,
nothing sorted.  A fresh device without a cursor, so that each mailbox is read from its beginning.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection, connect

from local.demo.facts import Item, Pushed
from local.demo.host import HostHandle
from local.demo.progress import Progress

AT_ONCE = 32
RETRIES = 20


@dataclass(slots=True)
class Found:
    """What one user's devices could see.  `receipts`: talk to the furthest place that the other side confirmed;
    `home` is newest first; `pages` counts the reads of each kind, `events` what the sync gave in all."""

    mailbox: list[Item] = field(default_factory=list)
    receipts: dict[str, str] = field(default_factory=dict)
    history: dict[str, list[Item]] = field(default_factory=dict)
    home: list[Item] = field(default_factory=list)
    sync_pages: int = 0
    home_pages: int = 0
    events: int = 0


class VerifyError(Exception):
    """The server refused to show something."""


async def read_all(host: HostHandle, talks: Mapping[str, list[str]], progress: Progress) -> dict[str, Found]:
    """Everything of every user in `talks` (user to conversations): mailbox, histories, home timeline."""
    found: dict[str, Found] = {}
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(user: str) -> None:
        async with slots, await _connect(host, user) as socket:
            reader = _Reader(socket, user)
            mine = found[user] = Found()
            await reader.mailbox(mine)
            for talk in talks[user]:
                mine.history[talk] = await reader.history(talk)
            await reader.timeline(mine)
        progress.step()

    await asyncio.gather(*(one(user) for user in talks))
    return found


async def _connect(host: HostHandle, user: str) -> ClientConnection:
    subprotocols = [websockets.Subprotocol("tidings.v1"), websockets.Subprotocol("bearer." + await host.token(user))]
    return await connect(f"{host.endpoint}?device=verifier", subprotocols=subprotocols, open_timeout=30, max_size=2**20)


class _Reader:
    def __init__(self, socket: ClientConnection, user: str) -> None:
        self._socket = socket
        self._user = user
        self._count = 0

    async def mailbox(self, found: Found) -> None:
        """All pages of a sync without a cursor."""
        following: str | None = None
        while True:
            page = await self._ask("sync", limit=100, **({"next": following} if following else {}))
            found.sync_pages += 1
            found.events += len(page["events"])
            for event in page["events"]:
                if event["kind"] == "message":
                    found.mailbox.append(_item(event))
                elif event["kind"] == "receipt" and event["reader"] != self._user:
                    talk = event["conversation"]
                    found.receipts[talk] = max(found.receipts.get(talk, ""), event["position"])
            following = page.get("next")
            if following is None:
                return

    async def history(self, talk: str) -> list[Item]:
        """A conversation's log, oldest first."""
        items: list[Item] = []
        before: str | None = None
        while True:
            page = await self._ask("history", conversation=talk, limit=50, **({"before": before} if before else {}))
            items += [_item(event) for event in page["events"]]
            before = page.get("before")
            if before is None:
                return items[::-1]

    async def timeline(self, found: Found) -> None:
        """All pages of the home timeline, newest first."""
        before: str | None = None
        while True:
            page = await self._ask("timeline.home", limit=20, **({"before": before} if before else {}))
            found.home_pages += 1
            for post in page["posts"]:
                key = (post["author"], post["position"])
                found.home.append(Item("", key, post["position"], post["text"], truncated=post.get("truncated", False)))
            before = page.get("before")
            if before is None:
                return

    async def _ask(self, action: str, **fields: Any) -> dict[str, Any]:
        """A reply; what else comes meanwhile is not asked for here.  Raises `VerifyError`."""
        for _ in range(RETRIES):
            self._count += 1
            request_id = f"v{self._count}"
            await self._socket.send(json.dumps({"action": action, "id": request_id} | fields))
            while True:
                async with asyncio.timeout(30):
                    reply = json.loads(await self._socket.recv())
                if reply.get("id") == request_id:
                    break
            if reply["type"] != "error":
                return dict(reply)
            if not reply.get("retryable"):
                break
            await asyncio.sleep(reply.get("retry_after_ms", 200) / 1_000)
        raise VerifyError(f"{action}: {reply.get('message')}")


def _item(event: Mapping[str, Any]) -> Item:
    return Item(
        event["conversation"],
        (event["sender"], event["client_id"]),
        event["position"],
        event["text"],
        arrival=event.get("arrival", ""),
    )


async def read_phones(host: HostHandle) -> list[Pushed]:
    """All pushes that reached a phone."""
    pushes = []
    for each in await host.control.phones():
        data = _data(each.get("payload"))
        pushes.append(
            Pushed(
                str(each["token"]),
                str(data.get("conversation", "")),
                str(data.get("position", "")),
                int(data.get("messages", 0)),
                str(each.get("problem") or ("" if data else "it says nothing about a message")),
            )
        )
    return pushes


def _data(payload: Any) -> dict[str, Any]:
    """The data of FCM's payload."""
    try:
        return dict(payload["fcmV1Message"]["message"]["data"])
    except (KeyError, TypeError):
        return {}
