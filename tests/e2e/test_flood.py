"""A thousand frames at once on one socket."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import RETRYABLE, Phone, new_id, once
from tests.e2e.steps import SETTLE_MS, conversation, settle

FRAMES = 1_000
PATIENCE_S = 90.0


async def answered(phone: Phone, asked: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The answers to request ids, by client id; a gateway's error frame answers one of them without saying which."""
    waiting = {client_id: asyncio.create_task(phone.reply(each, PATIENCE_S)) for client_id, each in asked.items()}

    def done() -> bool:
        return sum(task.done() for task in waiting.values()) + len(phone.strays) >= len(waiting)

    try:
        async with asyncio.timeout(PATIENCE_S):
            while not done():
                await asyncio.wait(
                    [task for task in waiting.values() if not task.done()],
                    timeout=0.2,
                    return_when=asyncio.FIRST_COMPLETED,
                )
    finally:
        for task in waiting.values():
            task.cancel()
    await asyncio.gather(*waiting.values(), return_exceptions=True)
    return {each: task.result() for each, task in waiting.items() if not task.cancelled() and not task.exception()}


@pytest.mark.timeout(300)
async def test_a_thousand_frames_at_once(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Each is acked or told to come again; what is acked is there, once, in the order of its stamp."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await bob.close()
    await control.idle()
    texts = {new_id(): f"{number:04}" for number in range(FRAMES)}
    asked = {each: await alice.put("send", client_id=each, to=bob.user, text=text) for each, text in texts.items()}
    answers = await answered(alice, asked)
    refused = {each: answer for each, answer in answers.items() if answer["type"] == "error"}
    assert {answer["code"] for answer in refused.values()} <= set(RETRYABLE)
    assert {stray.get("message") for stray in alice.strays} <= {"Internal server error", "Endpoint request timed out"}
    acked = {each: answer for each, answer in answers.items() if answer["type"] == "ack"}
    assert acked
    stamps = [acked[each]["at"] for each in texts if each in acked]
    assert stamps == sorted(stamps), "in the order of sending"

    await settle(control)
    await control.advance(SETTLE_MS + 1)
    left = [each for each in texts if each not in acked]
    while left:
        actions = [
            {"action": "send", "id": each, "client_id": each, "to": bob.user, "text": texts[each]} for each in left[:25]
        ]
        results = (await alice.insist("batch", actions=actions))["results"]
        done = {each["client_id"]: each for each in results if each["type"] == "ack"}
        assert {each.get("code", "rate_limited") for each in results} <= {"rate_limited", "not_attempted"}
        acked |= done
        left = [each for each in left if each not in done]
        if len(done) < len(results):
            await control.advance(1_000)

    back = await connect(bob.user)
    shown = once((await back.mailbox())[0])
    expected = sorted(texts, key=lambda each: str(acked[each]["position"]))
    assert [each["client_id"] for each in shown] == expected
    assert [each["text"] for each in shown] == [texts[each] for each in expected]
    dm, logged, fields = conversation(alice, bob), [], dict[str, Any]()
    while True:
        page = await back.ask("history", conversation=dm, limit=100, **fields)
        logged += [each["client_id"] for each in page["events"]]
        if "before" not in page:
            break
        fields = {"before": page["before"]}
    assert logged[::-1] == expected
