"""Tries that die or fail at random calls, and are sent again at random ages: within F, between F and T, past T.

The clock moves only while nothing runs, so that no invocation outlives a jump which its own clock has not made.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import RETRYABLE, Phone, new_id, once
from tests.e2e.steps import conversation, tail
from tests.e2e.test_storm import BUSY

MESSAGES = 12
TRIES = 60
AGES_MS = (0, 0, 5_000, 14_000, 16_000, 29_000, 31_000, 70_000)


def trouble(client_id: str, dice: random.Random) -> list[dict[str, Any]]:
    """Something at one of the calls, or nothing."""
    about = {"function": "Send", "contains": client_id, "call": dice.randint(1, 6)}
    return dice.choice(
        [
            [],
            [{**about, "action": "kill"}],
            [{**about, "action": "kill", "when": "after"}],
            [{**about, "action": "error", "code": BUSY}],
            [{**about, "action": "error", "code": "InternalServerError", "when": "after"}],
            [{**about, "action": "unprocessed", "call": None, "operation": "BatchWriteItem", "probability": 0.7}],
        ]
    )


class Reader:
    """Syncs now and then, and shows what it has seen."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.events: list[dict[str, Any]] = []
        self.cursor: str | None = None

    async def look(self) -> None:
        """Sync from the cursor that was kept."""
        events, self.cursor = await self.phone.mailbox(self.cursor, limit=3)
        self.events += events


async def attempt(control: AsyncControlClient, phone: Phone, fields: dict[str, Any]) -> dict[str, Any] | None:
    """One try to its very end; the reply if one came."""
    request_id = await phone.put("send", **fields)
    await control.idle(60)
    try:
        answer = await phone.reply(request_id, 0.1)
    except TimeoutError:
        return None
    assert answer["type"] == "ack" or answer["code"] in RETRYABLE, answer
    return answer if answer["type"] == "ack" else None


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_slow_storm(seed: int, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    dice = random.Random(seed)
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    readers = []
    for phone in (alice, bob):
        await phone.ask("device.register")
        tablet = await connect(phone.user, device="tablet")
        await tablet.ask("device.register")
        readers.append(Reader(tablet))
    acked: dict[str, dict[str, Any]] = {}
    open_sends = {
        each.user: [{"client_id": new_id(), "to": other.user, "text": f"{each.user} {number}"} for number in range(6)]
        for each, other in ((alice, bob), (bob, alice))
    }
    for _ in range(TRIES * MESSAGES):
        sender = dice.choice([each for each in (alice, bob) if open_sends[each.user]])
        fields = open_sends[sender.user][0]
        await control.misbehave(calls=trouble(fields["client_id"], dice))
        answer = await attempt(control, sender, fields)
        await control.misbehave(calls=[])
        if answer is not None:
            acked[fields["client_id"]] = {**answer, "text": fields["text"]}
            open_sends[sender.user].pop(0)
        if dice.random() < 0.5:
            await dice.choice(readers).look()
        await control.advance(dice.choice(AGES_MS))
        if not any(open_sends.values()):
            break
    expected = sorted(acked.values(), key=lambda each: str(each["position"]))
    assert len(expected) == MESSAGES
    for phone in (alice, bob):
        own = [each["text"] for each in expected if each["text"].startswith(phone.user)]
        assert own == [f"{phone.user} {number}" for number in range(6)], "in the order in which they were sent"
    for reader in readers:
        await reader.look()
        shown = once(reader.events)
        assert [(each["client_id"], each["position"]) for each in shown] == [
            (each["client_id"], each["position"]) for each in expected
        ]
        history = await reader.phone.ask("history", conversation=conversation(alice, bob), limit=100)
        assert tail(reversed(history["events"]), "position") == tail(expected, "position")
