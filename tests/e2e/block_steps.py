"""Steps of tests about blocks."""

from __future__ import annotations

from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import (
    conversation,
    say,
    tail,
)
from tests.e2e.tables import items


async def change(phone: Phone, other: Phone, action: str = "block", client_id: str | None = None) -> dict[str, Any]:
    """Block or unblock; the ack."""
    answer = await phone.insist(action, client_id=client_id or new_id(), user=other.user)
    assert answer["type"] == "ack", answer
    return answer


async def met(connect: Connect, user: Any) -> tuple[Phone, Phone, Phone]:
    """Alice with a phone and a laptop, and Bob; they have talked."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    laptop = await connect(alice.user, device="laptop")
    for device in (alice, laptop, bob):
        await device.ask("device.register")
    await say(alice, bob, "before")
    await say(bob, alice, "hello")
    return alice, laptop, bob


async def history(phone: Phone, dm: str) -> list[str]:
    page = await phone.ask("history", conversation=dm, limit=100)
    return tail(reversed(page["events"]))


async def listed(phone: Phone) -> list[str]:
    answer = await phone.insist("blocks")
    assert answer["type"] == "blocks", answer
    return list(answer["users"])


async def blocked_row(control: AsyncControlClient, who: Phone, other: Phone) -> bool:
    """As messages see it."""
    rows = await items(control, "Memberships", "user_id", who.user)
    (row,) = [row for row in rows if row["conversation_id"]["S"] == conversation(who, other)]
    return row["blocked"]["N"] == "1"


def faceless(frame: dict[str, Any]) -> dict[str, Any]:
    """A frame without what is different each time."""
    return {
        name: value for name, value in frame.items() if name not in ("id", "client_id", "position", "at", "arrival")
    }
