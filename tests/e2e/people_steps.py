"""Steps of tests about people."""

from __future__ import annotations

from typing import Any

from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import tail


async def say(phone: Phone, **fields: Any) -> dict[str, Any]:
    """Change a profile, as a client insists; the answer."""
    return await phone.insist("profile", client_id=new_id(), **fields)


async def person(phone: Phone, other: Phone) -> dict[str, Any]:
    """Somebody as a phone sees them."""
    (found,) = (await phone.ask("people", users=[other.user]))["people"]
    return dict(found)


async def relation(phone: Phone, other: Phone) -> set[str]:
    """How somebody stands to another: what holds."""
    return {name for name, holds in (await person(phone, other))["relation"].items() if holds}


async def counts(phone: Phone, other: Phone) -> tuple[int, int]:
    """How many follow somebody, and how many they follow."""
    found = await person(phone, other)
    return found["followers"], found["follows"]


async def answered(phone: Phone, action: str, user: str, client_id: str | None = None) -> str:
    """Accept or decline, as a client insists; the position."""
    ack = await phone.insist(action, client_id=client_id or new_id(), user=user)
    assert ack["type"] == "ack", ack
    return str(ack["position"])


def handle(phone: Phone, end: str = "") -> str:
    """A handle that no other test has: the test's own prefix."""
    return f"{phone.user[:8]}_{end}"[:15]


async def everybody(phone: Phone, text: str, limit: int = 50) -> list[str]:
    """All pages of a people search."""
    found: list[str] = []
    after: str | None = None
    while True:
        page = await phone.ask("people.search", q=text, limit=limit, **({"after": after} if after else {}))
        found += tail(page["people"], "user")
        after = page.get("after")
        if after is None:
            return found
