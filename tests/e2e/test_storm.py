"""Everything at once: clients that keep to the protocol, and a host that misbehaves in all its ways."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, once
from tests.e2e.steps import MOVES_MS, conversation, follow, gather, settle, tail

BUSY = "ProvisionedThroughputExceededException"
USERS = ("ann", "ben", "cat")
MESSAGES = 8
POSTS = 3


def weather(seed: int, prefix: str) -> dict[str, Any]:
    """Each strikes now and then; only this test's users are meant where a rule can say so."""

    def rule(action: str, probability: float, **more: Any) -> dict[str, Any]:
        return {"action": action, "contains": prefix, "probability": probability, "times": None, **more}

    return {
        "seed": seed,
        "reorder": 2,
        "delay_ms": 15,
        "throttle": 0.03,
        "lose_frame": 0.03,
        "lose_reply": 0.03,
        "drop_disconnect": 0.5,
        "duplicate_records": 0.3,
        "duplicate_messages": 0.3,
        "stream_delay_ms": 50,
        "posts": [{"status": status, "probability": 0.08} for status in (410, 429, 0)],
        "calls": [
            rule("kill", 0.01),
            rule("kill", 0.01, when="after"),
            rule("error", 0.02, service="dynamodb", code=BUSY),
            rule("error", 0.01, service="dynamodb", code="InternalServerError", when="after"),
            rule("unprocessed", 0.2, operation="BatchWriteItem"),
            rule("unprocessed", 0.2, operation="SendMessageBatch"),
        ],
    }


async def talk(phone: Phone, others: list[Phone], dice: random.Random) -> dict[str, list[str]]:
    """One frame at a time, resent until acked: the texts sent to each."""
    sent: dict[str, list[str]] = {other.user: [] for other in others}
    for number in range(MESSAGES):
        other, text = dice.choice(others), f"{phone.user}: {number}"
        client_id = f"m-{number}"
        answer = await phone.insist("send", client_id=client_id, to=other.user, text=text)
        assert answer["type"] == "ack", answer
        sent[other.user].append(text)
        if dice.random() < 0.3:
            await phone.mailbox()
    return sent


async def post(phone: Phone) -> list[str]:
    """Posts, likewise; the middle one is taken back."""
    positions = []
    for number in range(POSTS):
        answer = await phone.insist("post", client_id=f"p-{number}", text=f"{phone.user} posts {number}")
        assert answer["type"] == "ack", answer
        positions.append(answer["position"])
    assert (await phone.insist("post.delete", position=positions[1]))["type"] == "ack"
    return [f"{phone.user} posts {number}" for number in range(POSTS) if number != 1]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_storm(seed: int, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    dice = random.Random(seed)
    phones = [await connect(user(name)) for name in USERS]
    for reader in phones:
        for author in phones:
            if author is not reader:
                await follow(reader, author)
    await settle(control)
    for phone in phones:
        phone.patience_s = 0.7
    await control.misbehave(**weather(seed, user("")))
    mark = (await control.mark())["mark"]
    talks = [talk(each, [other for other in phones if other is not each], dice) for each in phones]
    done = await gather(*talks, *(post(each) for each in phones))
    sent = {phone.user: said for phone, said in zip(phones, done, strict=False)}
    posts = Counter(text for texts in done[len(phones) :] for text in texts)
    await control.idle(100, advance_ms=MOVES_MS)
    await control.behave()
    await settle(control)
    assert (await control.meter(mark))["total"]["errors"] > 0, "some workers died"
    for phone in phones:
        await holds(phone, [other for other in phones if other is not phone], sent)
        assert Counter(tail(await phone.home())) == posts, phone.user


async def holds(phone: Phone, others: list[Phone], sent: dict[str, dict[str, list[str]]]) -> None:
    """Everything sent to `phone` is in its mailbox, once and in order; both sides' log is the same."""
    shown = once((await phone.mailbox())[0])
    for other in others:
        assert [each["text"] for each in shown if each["sender"] == other.user] == sent[other.user][phone.user]
        dm = conversation(phone, other)
        log = list(reversed((await phone.ask("history", conversation=dm, limit=100))["events"]))
        assert [each["text"] for each in log if each["sender"] == other.user] == sent[other.user][phone.user]
        assert [each["text"] for each in log if each["sender"] == phone.user] == sent[phone.user][other.user]
        assert tail(log, "position") == sorted(tail(log, "position"))
