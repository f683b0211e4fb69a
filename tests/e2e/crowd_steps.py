"""A group of many around two who are at their phones."""

from __future__ import annotations

from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.crowds import copies, gathered, silent
from tests.e2e.phone import Phone
from tests.e2e.steps import (
    settle,
)

CROWD = 27


class Crowd:
    """alice and bob at their phones, and many who are away."""

    def __init__(self, alice: Phone, bob: Phone, away: list[str], group: str) -> None:
        self.alice, self.bob, self.away, self.group = alice, bob, away, group


async def crowd(connect: Connect, control: AsyncControlClient, user: Any, number: int = CROWD) -> Crowd:
    """A group of `number` members; alice owns it."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    away = await silent(control, [user(f"m{each:03}") for each in range(number - 2)])
    group = await gathered(alice, [bob.user, *away])
    await settle(control)
    return Crowd(alice, bob, away, group)


async def everybody_has(control: AsyncControlClient, here: Crowd, expected: list[str]) -> None:
    """Each mailbox holds these texts, once each, in this order."""
    for member in (here.alice.user, here.bob.user, *here.away):
        assert await copies(control, member) == expected, member
