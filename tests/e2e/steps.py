"""What tests through the host do over and over: misbehave rules, waiting, and the words for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import WINDOW_MS, Connect
from tests.e2e.phone import Phone, new_id

FENCE_MS = 15_000
SETTLE_MS = 30_000
BOUND_MS = 60_000
YOUNG_MS = 30_000
MOVES_MS = 3_600_000
"""How far the clock may be moved to what waits: visibility timeouts, delays, the retries of a poison record."""


def hold(function: str, contains: str, name: str = "held", times: int | None = 1) -> dict[str, Any]:
    """A rule that keeps invocations from beginning."""
    return {"function": function, "contains": contains, "name": name, "times": times}


def pause(function: str, contains: str, operation: str, when: str = "before", **more: Any) -> dict[str, Any]:
    """A rule that stops an invocation at an AWS call."""
    return {
        "action": "pause",
        "function": function,
        "contains": contains,
        "operation": operation,
        "when": when,
        "name": "paused",
        **more,
    }


def fail(function: str, contains: str, operation: str, code: str, times: int | None = 1, **more: Any) -> dict[str, Any]:
    """A rule that fails an AWS call."""
    return {
        "action": "error",
        "function": function,
        "contains": contains,
        "operation": operation,
        "code": code,
        "times": times,
        **more,
    }


def kill(function: str, contains: str, operation: str, when: str = "before", **more: Any) -> dict[str, Any]:
    """A rule that ends a worker at an AWS call."""
    return {
        **pause(function, contains, operation, when, name="killed"),
        "action": "kill",
        **more,
    }


async def settle(control: AsyncControlClient) -> None:
    """Until nothing is left to do, however late it is due."""
    await control.idle(100, advance_ms=MOVES_MS)


async def pushes(control: AsyncControlClient, token: str) -> list[dict[str, Any]]:
    """What a phone has got once the batching window, and the time before a push, have passed."""
    await control.idle(60, advance_ms=2 * WINDOW_MS)
    found: list[dict[str, Any]] = await control.phones(token)
    assert not [each["problem"] for each in found if each["problem"]]
    return found


async def pushes_after(control: AsyncControlClient, token: str) -> list[dict[str, Any]]:
    """What a phone gets once the push function is let go."""
    await control.misbehave(holds=[])
    await control.release("held")
    return await pushes(control, token)


async def registered(connect: Connect, name: str, device: str = "phone") -> tuple[Phone, str]:
    """A phone that gets pushes, and its token."""
    phone, token = await connect(name, device=device), f"token-{new_id()}"
    state = await phone.ask("device.register", platform="fcm", push_token=token)
    assert (state["type"], state["registered"], state["push"]) == ("device", True, "on"), state
    return phone, token


def notification(push: dict[str, Any]) -> dict[str, Any]:
    """Title, body and data of a push to an Android phone."""
    message: dict[str, Any] = push["payload"]["fcmV1Message"]["message"]
    return message


def conversation(one: Phone, other: Phone) -> str:
    """The id of a 1:1 conversation."""
    return "#".join(["dm", *sorted((one.user, other.user))])


def tail(sequence: Iterable[dict[str, Any]], field: str = "text") -> list[Any]:
    """One field of each."""
    return [each[field] for each in sequence]


async def say(phone: Phone, to: Phone, text: str, **more: Any) -> dict[str, Any]:
    """Send a message that must be acked."""
    answer = await phone.ask("send", client_id=more.pop("client_id", None) or new_id(), to=to.user, text=text, **more)
    assert answer["type"] == "ack", answer
    return answer


async def publish(phone: Phone, text: str, **more: Any) -> str:
    """Post; the position."""
    answer = await phone.ask("post", client_id=new_id(), text=text, **more)
    assert answer["type"] == "ack", answer
    return str(answer["position"])


async def follow(reader: Phone, author: Phone, action: str = "follow") -> str:
    """Follow or unfollow; the position."""
    answer = await reader.ask(action, client_id=new_id(), user=author.user)
    assert answer["type"] == "ack", answer
    return str(answer["position"])


async def entry(control: AsyncControlClient, phone: Phone) -> dict[str, Any]:
    """The gateway's own view of a phone's open connection."""
    me = await phone.ask("whoami")
    (found,) = [each for each in await control.connections() if each["id"] == me["connection_id"]]
    return dict(found)


async def gather(*waits: Any) -> list[Any]:
    """All at the same time."""
    return list(await asyncio.gather(*waits))


async def recipe(control: AsyncControlClient, function: str, contains: str) -> list[str]:
    """The AWS calls of the newest invocation, in order."""
    (seen,) = await control.invocations(function, contains=contains)
    assert seen["error"] is None
    return [call["operation"] for call in seen["calls"]]


def nth(made: list[str], operation: str, place: int = 1) -> int:
    """The index, from 1, of the `place`-th such call."""
    return [index for index, each in enumerate(made, 1) if each == operation][place - 1]
