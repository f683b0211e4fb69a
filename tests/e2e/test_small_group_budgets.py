"""What a message of a small group costs, written by its sender at once, and what changing a group does."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from local.demo import budgets
from local.demo.budgets import Allowed
from tests.e2e.conftest import Connect
from tests.e2e.group_steps import do, found, people, tell
from tests.e2e.phone import Phone
from tests.e2e.steps import settle
from tests.e2e.test_budgets import TEXT, used
from tidings.domain.groups import REMEMBERED_MS

MESSAGE = ("send", "PlanConversations", "WorkSmall", "WorkLarge", "WorkLive")


async def small(number: int, connect: Connect, control: AsyncControlClient, user: Any) -> tuple[list[Phone], str]:
    """A group of so many, all online, to which something has been said."""
    phones = await people(connect, user, *(f"user-{each:02}" for each in range(number)))
    group = await found(*phones)
    await tell(phones[0], group, "warm")
    await settle(control)
    await control.advance(REMEMBERED_MS)
    return phones, group


@pytest.mark.parametrize("number", [3, 10])
async def test_a_message(number: int, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    phones, group = await small(number, connect, control, user)
    cost = await used(control, MESSAGE, budgets.group(number, number - 1), lambda: tell(phones[0], group, TEXT))
    # Outbox, log and the others' mailboxes; the group (half a unit, every few seconds), the sender's devices (half),
    # all members at once, and the others' sockets.
    others = number - 1
    assert cost == Allowed(write=2 + others, read=2 + others, frames=2 + others, gateway_requests=1 + others)


CHANGE = ("PlanConversations", "WorkSmall", "WorkLarge", "WorkLive", "Push")


async def test_adding_two(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    (alice, *_), group = await small(3, connect, control, user)
    ids = [phone.user for phone in await people(connect, user, "carol", "dave")]
    allowed = budgets.joining(2, 5)
    cost = await used(
        control, ("group.add", *CHANGE), allowed, lambda: do(alice, "group.add", conversation=group, members=ids)
    )
    # Outbox; a note a joiner; log, count and joiners, twice as dear in their transaction; each mailbox; then the
    # joiners' own rows and notes.
    assert cost.write == 1 + 2 + 2 * (2 + 2) + 5 + 2 * 2


async def test_removing_one(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    (alice, bob, *_), group = await small(3, connect, control, user)
    allowed = budgets.leaving(3)
    cost = await used(
        control,
        ("group.remove", *CHANGE),
        allowed,
        lambda: do(alice, "group.remove", conversation=group, member=bob.user),
    )
    # Likewise, but what is the removed one's own is written before the ack, too; and the tally, which is due and done.
    assert cost.write == 1 + 1 + 2 * (2 + 1) + 2 + 3 + 2 + 2
