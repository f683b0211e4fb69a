"""What an edit, an unsend, a reaction and a hide cost in a 1:1, with everything that follows from them."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from local.demo import budgets
from local.demo.budgets import Allowed
from tests.e2e.conftest import Connect
from tests.e2e.life_steps import FIELDS, change, history
from tests.e2e.steps import say
from tests.e2e.test_budgets import TEXT, pair, used

SWEEPS = ("unsend", "PlanConversations", "WorkSmall")


async def cost(control: AsyncControlClient, action: str, allowed: Allowed, work: Any) -> Allowed:
    operations = SWEEPS if action == "unsend" else (action,)
    return await used(control, operations, allowed, work)


@pytest.mark.parametrize("action", FIELDS)
async def test_a_change(action: str, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await pair(connect, user)
    sent = await say(alice, bob, TEXT)
    allowed = budgets.change(action)
    spent = await cost(control, action, allowed, lambda: change(alice, action, sent, **FIELDS[action]))
    expected = {"edit": (4, 2), "unsend": (8, 4), "react": (4, 3), "hide": (3, 1)}[action]
    assert (spent.write, spent.read) == expected


async def test_an_unsend_of_what_was_edited(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Each edit is a copy more in each mailbox, and a place more in the log."""
    alice, bob = await pair(connect, user)
    sent = await say(alice, bob, TEXT)
    for number in range(3):
        await change(alice, "edit", sent, text=f"{number} {TEXT}")
    allowed = budgets.change("unsend", edits=3)
    spent = await cost(control, "unsend", allowed, lambda: change(alice, "unsend", sent))
    assert (spent.write, spent.read) == (4 + 3 + 2 * 2 * 4, 2 + 2 * 4)


async def test_a_page_of_history_with_reactions(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The log, what the reader has hidden, and the reactions of the page: one query each."""
    alice, bob = await pair(connect, user)
    for number in range(5):
        sent = await say(alice, bob, f"text {number}")
        await change(bob, "react", sent, emoji="👍")
    spent = await used(control, ("history",), Allowed(0, 2.5, 2, 1), lambda: history(bob, sent["conversation"]))
    assert (spent.write, spent.frames, spent.gateway_requests) == (0, 2, 1)
