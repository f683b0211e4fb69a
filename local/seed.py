"""Demo users, made as any user is: by connecting. Each has a phone that takes pushes; all follow the first."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Sequence
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from local.errors import HostError
from local.host import Host
from tidings.protocol.actions import BEARER_PREFIX, DEVICE_REGISTER, FOLLOW, SUBPROTOCOL

PHONE = "phone"
_PREFIX = "phone-of-"


def owner(push_token: str) -> str:
    """Whose phone has this push token."""
    return push_token.removeprefix(_PREFIX)


async def seed(host: Host, users: Sequence[str]) -> None:
    """Make the users, one after the other, so that each can be followed. Raises `HostError`."""
    try:
        for user in users:
            await _join(host, user, users[0])
    except (OSError, WebSocketException, TimeoutError, ValueError) as error:
        raise HostError(
            f"The demo users could not be made ({type(error).__name__}: {error}); see {host.logs}."
        ) from error


async def _join(host: Host, user: str, first: str) -> None:
    protocols = [SUBPROTOCOL, BEARER_PREFIX + host.token(user, name=user.capitalize())]
    async with connect(f"{host.url}?device={PHONE}", subprotocols=protocols) as socket:  # type: ignore[arg-type]
        await _ask(socket, {"action": DEVICE_REGISTER, "platform": "fcm", "push_token": _PREFIX + user})
        if user != first:
            await _ask(socket, {"action": FOLLOW, "client_id": str(uuid.uuid4()), "user": first})


async def _ask(socket: ClientConnection, frame: dict[str, Any]) -> None:
    """Send a frame and wait for its reply; events in between are not ours."""
    await socket.send(json.dumps({"id": "seed", **frame}))
    async with asyncio.timeout(20):
        while True:
            reply = json.loads(await socket.recv())
            if reply.get("id") == "seed":
                break
    if reply["type"] == "error":
        raise ValueError(f"{frame['action']}: {reply['message']}")
