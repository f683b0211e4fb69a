"""What a message of a group costs by chunks and by pulling, and a sync with pulled groups, in metered units."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from local.demo import budgets
from local.demo.budgets import Allowed
from tests.e2e.conftest import PUSH_MEMBERS, Connect
from tests.e2e.crowds import gathered, silent, tell, watch
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import SETTLE_MS, settle
from tests.e2e.test_budgets import TEXT, used
from tidings.domain.fanout import ends_chunk
from tidings.domain.groups import REMEMBERED_MS
from tidings.services.fanout.events import MEAN_CHUNK

MESSAGE = ("send", "PlanConversations", "WorkSmall", "WorkLarge", "WorkLive")


async def group_of(number: int, connect: Connect, control: AsyncControlClient, user: Any) -> tuple[Phone, Phone, str]:
    """alice and bob, and so many that it is `number`: names that make one chunk, so that every run is the same."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    names = (user(f"m{each:03}") for each in range(number + 10))
    away = [name for name in names if not ends_chunk(name, MEAN_CHUNK)][: number - 2]
    group = await gathered(alice, [bob.user, *await silent(control, away)])
    await tell(alice, group, "warm")
    await settle(control)
    await control.advance(REMEMBERED_MS)
    return alice, bob, group


@pytest.mark.parametrize("number", [26, 40, 60])
async def test_a_message_by_chunks(number: int, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, _, group = await group_of(number, connect, control, user)
    allowed = budgets.group(number, online=1)
    cost = await used(control, MESSAGE, allowed, lambda: tell(alice, group, TEXT))
    # Outbox, log and every mailbox; the sender's devices and membership, the group (half a unit, every few seconds),
    # all members (60 to the unit), the event, and the sockets of each member but the sender.
    assert cost == Allowed(write=2 + number, read=3 + number, frames=3, gateway_requests=2)


async def test_the_senders_other_devices_are_looked_up_if_there_are_any(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, _, group = await group_of(26, connect, control, user)
    laptop = await connect(alice.user, device="laptop")
    for device in (alice, laptop):
        await device.ask("device.register")
    allowed = replace(budgets.group(26, online=2), read=30)
    cost = await used(control, MESSAGE, allowed, lambda: tell(alice, group, TEXT))
    assert cost == Allowed(write=28, read=30, frames=4, gateway_requests=3)


async def test_a_message_of_a_pulled_group(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """It does not depend on how many members there are, only on how many watch."""
    alice, bob, group = await group_of(PUSH_MEMBERS + 1, connect, control, user)
    cost = await used(control, MESSAGE, Allowed(2, 3, 2, 1), lambda: tell(alice, group, TEXT))
    # As above, and who watches: nobody.
    assert cost == Allowed(write=2, read=3, frames=2, gateway_requests=1)
    await watch(bob, group)
    cost = await used(control, MESSAGE, Allowed(2, 7, 3, 2), lambda: tell(alice, group, TEXT))
    # The group, the watcher's membership and sockets, and the event.
    assert (cost.write, cost.frames, cost.gateway_requests) == (2, 3, 2)


@pytest.mark.parametrize(("events", "read"), [(0, 3), (1, 3), (4, 3), (20, 7), (50, 13)])
async def test_a_sync_with_a_pulled_group(
    events: int, read: int, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """One unit more than a sync of as many events of the mailbox, with news or without."""
    alice, bob, group = await group_of(PUSH_MEMBERS + 1, connect, control, user)
    await control.advance(2 * SETTLE_MS)
    _, cursor = await bob.mailbox()
    for start in range(0, events, 25):
        some = min(25, events - start)
        action = {"action": "send", "conversation": group, "text": TEXT}
        actions = [{**action, "id": "1", "client_id": new_id()} for _ in range(some)]
        await alice.insist("batch", actions=actions)
    allowed = budgets.sync(events, pulled=1)
    allowed = replace(allowed, frames=2 + events * 1_100 // 32_768)  # a reply pays by 32 KB, too
    cost = await used(control, ("sync",), allowed, lambda: bob.ask("sync", cursor=cursor, limit=100))
    assert (cost.write, cost.read, cost.gateway_requests) == (0, read, 1)
