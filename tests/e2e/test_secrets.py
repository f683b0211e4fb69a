"""Whatever goes wrong, neither a frame nor a log holds a stack trace, a token, or what somebody wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from local.control_client import AsyncControlClient
from tests.e2e.conftest import LIFE_S, Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import fail, follow, kill, publish, say, settle

REFUSED = "ValidationException"
TRACES = ("Traceback", 'File \\"', ".py", "botocore", "injected")


def clean(answer: dict[str, Any], *secrets: str) -> None:
    """The frame says nothing that it should not."""
    text = json.dumps(answer, ensure_ascii=False)
    assert not [each for each in (*TRACES, *secrets) if each in text], text


async def broken(control: AsyncControlClient, phone: Phone, canary: str, function: str, operation: str) -> None:
    """Let a function meet an error that nobody foresaw, over a frame with the canary in it."""
    client_id = new_id()
    await control.misbehave(calls=[fail(function, client_id, operation, REFUSED)])
    frame = {
        "Send": {"action": "send", "to": phone.user.replace("alice", "bob"), "text": canary},
        "Timeline": {"action": "post", "text": canary},
    }[function]
    answer = await phone.ask(str(frame.pop("action")), client_id=client_id, **frame)
    assert (answer["type"], answer["code"], answer["retryable"]) == ("error", "internal", True)
    clean(answer, canary)


async def test_no_secret_gets_out(
    host: dict[str, Any], connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    canary = f"canary-{new_id()}"
    token = (await control.mint(user("alice"), LIFE_S))["token"]
    alice, bob = await connect(user("alice"), token=token), await connect(user("bob"))
    push_token = f"token-{canary}"
    await bob.ask("device.register", platform="fcm", push_token=push_token)
    await follow(bob, alice)
    await bob.close()
    for function in ("Send", "Timeline"):
        await broken(control, alice, canary, function, "PutItem")
    # Frames that are refused, each with the canary where it hurts.
    for raw in (
        json.dumps({"action": "send", "id": "1", "text": 7, "client_id": "c", "to": canary, canary: 1}),
        json.dumps({"action": canary, "id": "1"}),
        '{"action": "send", "id": "1", "text": "' + canary,
    ):
        seen = len(alice.strays)
        await alice.raw(raw)
        await alice.until(lambda seen=seen: len(alice.strays) > seen)
        text = json.dumps(alice.strays[-1])
        assert alice.strays[-1]["type"] == "error" and not [each for each in TRACES if each in text], text
        assert text.count(canary) <= 1, "a field may be named, nothing is repeated"
    # A worker that dies, a handshake that fails, a token that is no good.
    await control.misbehave(calls=[kill("Send", canary, "PutItem")])
    await alice.put("send", client_id=new_id(), to=bob.user, text=canary)
    await alice.until(lambda: any("message" in each and "type" not in each for each in alice.strays))
    clean(alice.strays[-1], canary, token)
    await control.misbehave(calls=[fail("Connect", user("carol"), "UpdateItem", REFUSED)])
    with pytest.raises(InvalidStatus) as refused:
        await connect(user("carol"))
    assert refused.value.response.status_code == 500
    for bad in (f"{token}x", f"{token[:-20]}{canary}"):
        with pytest.raises(InvalidStatus):
            await connect(user("alice"), token=bad)
    # Behind the ack: planner, worker and push meet what nobody foresaw.
    await control.misbehave(
        calls=[
            fail("Plan", alice.user, "Query", REFUSED, times=2),
            fail("Work", alice.user, "BatchWriteItem", REFUSED, times=2),
            fail("Push", bob.user, "Publish", REFUSED, times=2),
        ]
    )
    await say(alice, bob, canary)
    await publish(alice, canary)
    await settle(control)

    logs = {path: path.read_text(errors="replace") for path in Path(host["logs"]).rglob("*") if path.is_file()}
    everything = "\n".join(logs.values())
    assert '"unhandled"' in everything and '"record failed"' in everything and '"job failed"' in everything
    for secret in (canary, token, token.rpartition(".")[2], push_token):
        assert not [path.name for path, text in logs.items() if secret in text], "in the logs"
    assert "Traceback" not in everything
