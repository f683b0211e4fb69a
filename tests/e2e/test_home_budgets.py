"""What the conversation list, its settings and a block cost, with everything that follows from them."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from local.demo import budgets
from tests.e2e.conftest import Connect
from tests.e2e.crowds import ok
from tests.e2e.phone import Phone
from tests.e2e.steps import follow, gather, publish, say
from tests.e2e.test_budgets import TEXT, pair, used
from tests.e2e.test_conversations import confirm, listed

BLOCK = ("block", "WorkSmall")


async def crowd(connect: Connect, user: Any, number: int) -> tuple[Phone, list[dict[str, Any]]]:
    """Somebody to whom so many have written; and what."""
    bob = await connect(user("bob"))
    others = await gather(*(connect(user(f"u{each:02}")) for each in range(number)))
    sent = [await say(other, bob, TEXT) for other in others]
    await gather(*(other.close() for other in others))
    return bob, sent


@pytest.mark.parametrize(("conversations", "news", "read"), [(0, 0, 1), (1, 1, 2), (8, 0, 5), (20, 5, 13.5)])
async def test_a_conversation_list(
    conversations: int, news: int, read: float, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """The rows, what is hidden, the end of each log; and what is unread where the end is news."""
    bob, sent = await crowd(connect, user, conversations)
    for ack in sent[news:]:
        await confirm(bob, ack)
    allowed = budgets.conversations(conversations, news)
    cost = await used(control, ("conversations",), allowed, lambda: listed(bob))
    assert (cost.write, cost.read) == (0, read)


async def test_a_page_further_down_reads_only_what_may_stand_there(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    bob, sent = await crowd(connect, user, 20)
    for ack in sent:
        await confirm(bob, ack)
    before = (await listed(bob, limit=15))["before"]
    allowed = budgets.conversations(6)
    cost = await used(control, ("conversations",), allowed, lambda: listed(bob, before=before))
    # The fifteenth may have moved: its row cannot tell.
    assert (cost.write, cost.read) == (0, 1 + 6 * 0.5)


@pytest.mark.parametrize("copies", [False, True])
async def test_a_setting(copies: bool, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await pair(connect, user)
    if copies:
        laptop = await connect(bob.user, device="laptop")
        for device in (bob, laptop):
            await device.ask("device.register")
        await laptop.close()
    dm = (await say(alice, bob, TEXT))["conversation"]
    allowed = budgets.setting(copies=copies)
    cost = await used(
        control, ("conversation.set",), allowed, lambda: ok(bob, "conversation.set", conversation=dm, pinned=True)
    )
    assert (cost.write, cost.read) == ((3, 2) if copies else (2, 1))


async def test_a_block(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Outbox, row, and the register with a name on either side in a transaction; whether she exists, the register
    before, both registers and both edges; and the job once more."""
    alice, bob = await pair(connect, user)
    cost = await used(control, BLOCK, budgets.block(), lambda: ok(bob, "block", user=alice.user))
    assert (cost.write, cost.read) == (2 + 2 * 3 + 1, 5.5 + 4)


async def test_a_block_that_ends_two_follows(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await pair(connect, user)
    await gather(follow(alice, bob), follow(bob, alice))
    await publish(alice, TEXT)
    cost = await used(control, BLOCK, budgets.block(follows=2), lambda: ok(bob, "block", user=alice.user))
    assert cost.write <= 9 + 2 * 12


async def test_what_a_block_adds_to_an_authors_page(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Both registers: one read unit; and half a unit for whether she is private."""
    alice, bob = await pair(connect, user)
    await publish(alice, TEXT)
    allowed = budgets.Allowed(0, 2, 2, 1)
    cost = await used(control, ("timeline.user",), allowed, lambda: bob.ask("timeline.user", user=alice.user, limit=20))
    assert cost.read == 1 + 0.5 + 0.5
