"""What receipts cost in a 1:1 and in a group, and the tally that comes of them, in metered units."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from local.demo import budgets
from local.demo.budgets import Allowed
from tests.e2e.conftest import Connect
from tests.e2e.group_steps import found, people, tell
from tests.e2e.steps import say
from tests.e2e.test_budgets import TEXT, used
from tests.e2e.test_confirmations import confirm

TALLY = ("PlanConversations", "WorkSmall")


@pytest.mark.parametrize("kind", ["delivered", "read"])
async def test_of_somebody_with_another_device(
    kind: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """A read goes to the reader's other devices, too, by the mailbox: no frame."""
    alice, bob = await people(connect, user, "alice", "bob")
    tablet = await connect(bob.user, device="tablet")
    for device in (bob, tablet):
        await device.ask("device.register")
    sent = await say(alice, bob, TEXT)
    cost = await used(control, ("ack",), budgets.receipt(), lambda: confirm(bob, sent, kind))
    writes, reads = (3, 2) if kind == "read" else (2, 1.5)
    assert cost == Allowed(write=writes, read=reads, frames=3, gateway_requests=2)


@pytest.mark.parametrize("device", ["phone only", "and a tablet"])
async def test_a_hidden_read(device: str, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Its own mark; the other side hears of the delivery."""
    alice, bob = await people(connect, user, "alice", "bob")
    if device == "and a tablet":
        for each in (bob, await connect(bob.user, device="tablet")):
            await each.ask("device.register")
    await bob.ask("privacy", read_receipts=False)
    sent = await say(alice, bob, TEXT)
    cost = await used(control, ("ack",), budgets.receipt(), lambda: confirm(bob, sent, "read"))
    assert cost == Allowed(write=3 if device == "and a tablet" else 2, read=2, frames=3, gateway_requests=2)


@pytest.mark.parametrize("kind", ["delivered", "read"])
async def test_in_a_group(kind: str, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The mark, and the first time the question; the entry and (of a read) the reader, half a unit each; the tally."""
    ann, bob, cid = await people(connect, user, "ann", "bob", "cid")
    sent = await tell(ann, await found(ann, bob, cid), TEXT)
    reads = 2 if kind == "read" else 1.5
    first = await used(control, ("ack",), budgets.receipt(0), lambda: confirm(cid, sent, kind))
    assert first == Allowed(write=2, read=reads, frames=2, gateway_requests=1)
    again = await used(control, ("ack",), budgets.receipt(0), lambda: confirm(cid, sent, kind))
    assert again == Allowed(write=1, read=reads, frames=2, gateway_requests=1), "bob is in the way: cid asks nothing"


async def test_a_tally(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """What one costs that finds nothing to tell, and one that tells the author."""
    ann, bob, cid = await people(connect, user, "ann", "bob", "cid")
    sent = await tell(ann, await found(ann, bob, cid), TEXT)
    nothing = await used(control, TALLY, budgets.tally(3), lambda: confirm(cid, sent, "read"))
    # Begin and finish; the group (half a unit), its members and each one's row (strongly), the log's next page twice.
    assert nothing == Allowed(write=2, read=6.5, frames=0, gateway_requests=0)
    told = await used(control, TALLY, budgets.tally(3, authors=1), lambda: confirm(bob, sent, "read"))
    # And the author's settings (half a unit), mailbox and sockets.
    assert told == Allowed(write=3, read=8, frames=1, gateway_requests=1)


async def test_receipts_on_demand(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """k members: half a unit for each one's row and settings; the rest does not depend on how many there are."""
    ann, *others = await people(connect, user, "ann", *(f"u{number}" for number in range(12)))
    group = await found(ann, *others)
    sent = await tell(ann, group, TEXT)
    for limit in (4, 12):
        allowed = budgets.receipts(limit)
        about = {"conversation": group, "position": sent["position"], "limit": limit}
        cost = await used(control, ("receipts",), allowed, lambda about=about: ann.ask("receipts", **about))
        # The group and the message (half a unit each), the asking member, the page of members and one more for the
        # sender's place on it, the asker's settings.
        assert cost == Allowed(write=0, read=4.5 + limit, frames=2, gateway_requests=1)
