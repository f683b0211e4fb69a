"""A worker dies before and after every AWS call that a `send`, a `post` and a chunk job make.

The kill points are read off a run that nobody harmed.  Afterwards nothing acked is lost and nothing is seen twice,
whether the client resends at once or after the first try has settled.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id, once

SETTLED_MS = 31_000
MOVES_MS = 3_600_000
"""How far the clock may be moved to what waits (visibility timeouts, delays)."""

FORGOTTEN_MS = 61_000
"""After this, warm functions look anew for what they remember (who watches), so that the calls are the same."""


async def calls(control: AsyncControlClient, function: str, contains: str) -> list[str]:
    """The AWS calls of the newest unharmed invocation, in order."""
    (seen,) = await control.invocations(function, contains=contains)
    assert seen["error"] is None
    return [call["operation"] for call in seen["calls"]]


async def all_calls(control: AsyncControlClient, function: str, contains: str) -> list[list[str]]:
    """The AWS calls of each invocation, those that died too."""
    seen = await control.invocations(function, contains=contains, limit=50)
    return [[call["operation"] for call in each["calls"]] for each in seen]


def points(made: list[str]) -> list[tuple[int, str]]:
    """Before and after each call."""
    return [(index, when) for index in range(1, len(made) + 1) for when in ("before", "after")]


def kill(function: str, contains: str, call: int, when: str) -> dict[str, Any]:
    return {"action": "kill", "function": function, "contains": contains, "call": call, "when": when}


async def struck(control: AsyncControlClient, function: str, contains: str) -> bool:
    """Whether a worker died in this function over this event."""
    seen = await control.invocations(function, contains=contains, limit=50)
    return any(each["error"] and each["error"]["kind"] == "Runtime.ExitError" for each in seen)


@pytest.mark.parametrize("later_ms", [0, SETTLED_MS], ids=["resent-at-once", "resent-settled"])
async def test_send(later_ms: int, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await connect(alice.user, device="laptop")
    for device in (alice, bob):
        await device.ask("device.register")
    laptop = await connect(alice.user, device="tablet")
    await laptop.ask("device.register")
    met, unharmed = new_id(), new_id()
    first, second = [
        await alice.ask("send", client_id=client_id, to=bob.user, text="unharmed") for client_id in (met, unharmed)
    ]
    made = await calls(control, "Send", unharmed)
    assert {"PutItem", "PostToConnection"} <= set(made), made
    acked = {met: first["position"], unharmed: second["position"]}
    for call, when in points(made):
        client_id = new_id()
        await control.misbehave(calls=[kill("Send", client_id, call, when)])
        await alice.put("send", client_id=client_id, to=bob.user, text=f"{call} {when}")
        await control.idle(60)
        assert await struck(control, "Send", client_id), (call, when)
        if later_ms:
            await control.advance(later_ms)
        answer = await alice.insist("send", client_id=client_id, to=bob.user, text=f"{call} {when}")
        assert answer["type"] == "ack", answer
        acked[client_id] = answer["position"]
    await all_there(acked, first["conversation"], (await connect(bob.user, device="fresh"), laptop))


async def all_there(acked: dict[str, str], conversation: str, readers: tuple[Phone, ...]) -> None:
    """Each reader finds every acked message once, in the one order, in the mailbox and in the log."""
    expected = sorted(acked.items(), key=lambda pair: pair[1])
    for reader in readers:
        shown = once((await reader.mailbox())[0])
        assert [(event["client_id"], event["position"]) for event in shown] == expected
        history = await reader.ask("history", conversation=conversation, limit=100)
        assert [(event["client_id"], event["position"]) for event in reversed(history["events"])] == expected


async def followed(connect: Connect, user: Any) -> tuple[Phone, list[Phone]]:
    """An author and followers."""
    author = await connect(user("author"))
    readers = [await connect(user(f"reader{index}")) for index in range(3)]
    for reader in readers:
        assert (await reader.ask("follow", client_id=new_id(), user=author.user))["type"] == "ack"
    return author, readers


async def homes_hold(texts: list[str], readers: list[Phone]) -> None:
    for reader in readers:
        assert Counter(post["text"] for post in await reader.home()) == Counter(texts)


async def test_post(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, readers = await followed(connect, user)
    unharmed = new_id()
    await author.ask("post", client_id=unharmed, text="unharmed")
    texts = ["unharmed"]
    for call, when in points(await calls(control, "Timeline", unharmed)):
        client_id, text = new_id(), f"{call} {when}"
        await control.advance(FORGOTTEN_MS)
        await control.misbehave(calls=[kill("Timeline", client_id, call, when)])
        await author.put("post", client_id=client_id, text=text)
        await control.idle(60)
        assert await struck(control, "Timeline", client_id), (call, when)
        assert (await author.insist("post", client_id=client_id, text=text))["type"] == "ack"
        texts.append(text)
    await control.idle(60, close_windows=True, advance_ms=MOVES_MS)
    await homes_hold(texts, [*readers, author])


@pytest.mark.parametrize("function", ["Plan", "Work"])
async def test_fan_out(function: str, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, readers = await followed(connect, user)
    await control.idle(60, close_windows=True, advance_ms=MOVES_MS)
    await control.advance(FORGOTTEN_MS)
    answer = await author.ask("post", client_id=new_id(), text="unharmed")
    await control.idle(60, close_windows=True)
    made = await calls(control, function, answer["position"])
    assert made
    texts = ["unharmed"]
    for call, when in points(made):
        await control.advance(FORGOTTEN_MS)
        text = f"{function} {call} {when}"
        await control.misbehave(calls=[kill(function, author.user, call, when)])
        answer = await author.ask("post", client_id=new_id(), text=text)
        assert answer["type"] == "ack"
        await control.idle(60, close_windows=True, advance_ms=MOVES_MS)
        assert await struck(control, function, answer["position"]), (call, when)
        texts.append(text)
    await homes_hold(texts, [*readers, author])
