"""What an operation costs, in metered units: exactly what is expected, and within the budget of the design."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from local.demo import budgets
from local.demo.budgets import UNITS, Allowed
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import fail, follow, gather, publish, say, settle
from tidings.domain.fanout import ends_chunk

POST = ("post", "PlanPosts", "WorkSmall", "WorkLarge")
TEXT = "x" * 700
"""With its keys an item of nearly 1 KB."""
AT_ONCE = 10


async def used(
    control: AsyncControlClient, operations: tuple[str, ...], allowed: Allowed, work: Callable[[], Awaitable[Any]]
) -> Allowed:
    """What the routes and mappings used while `work` ran and everything that follows from it; within `allowed`."""
    await settle(control)
    mark = (await control.mark())["mark"]
    await work()
    await settle(control)
    meter = await control.meter(mark)
    tallies = [meter["operations"][each] for each in operations if each in meter["operations"]]
    total = {unit: sum(tally[unit] for tally in tallies) for unit in UNITS}
    over = {unit: (total[unit], getattr(allowed, unit)) for unit in UNITS if total[unit] > getattr(allowed, unit)}
    assert not over, f"{over} in\n{meter['table']}"
    assert meter["total"]["errors"] == 0
    return Allowed(**total)


async def pair(connect: Connect, user: Any) -> tuple[Phone, Phone]:
    """Two users who have talked."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await say(alice, bob, "warm")
    await say(bob, alice, "warm")
    return alice, bob


async def test_a_message_to_a_recipient_online(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await pair(connect, user)
    cost = await used(control, ("send",), budgets.message(), lambda: say(alice, bob, TEXT))
    # Outbox, log, mailbox; the sender's own devices, the recipient's row (blocked?) and sockets (strongly).
    assert cost == Allowed(write=3, read=2, frames=3, gateway_requests=2)


async def test_the_first_message_to_somebody(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    cost = await used(control, ("send",), budgets.message(first=True), lambda: say(alice, bob, TEXT))
    # And once the rows of both; no row says yet that the recipient exists.
    assert cost == Allowed(write=5, read=2.5, frames=3, gateway_requests=2)


async def test_a_message_with_a_copy(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The sender's other device is registered, and away."""
    alice, bob = await pair(connect, user)
    laptop = await connect(alice.user, device="laptop")
    for device in (alice, laptop):
        await device.ask("device.register")
    await laptop.close()
    cost = await used(control, ("send",), budgets.message(copies=True), lambda: say(alice, bob, TEXT))
    assert cost == Allowed(write=4, read=3, frames=3, gateway_requests=2)


async def test_a_resend(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Within F: the two failed conditions bill, and nothing is read more than at first."""
    alice, bob = await pair(connect, user)
    client_id = new_id()
    await say(alice, bob, TEXT, client_id=client_id)
    again = await used(
        control, ("send",), budgets.message(), lambda: alice.ask("send", client_id=client_id, to=bob.user, text=TEXT)
    )
    assert again == Allowed(write=3, read=2, frames=3, gateway_requests=2)


async def test_a_batch_shares_its_frame(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """25 messages in one frame: three writes each, and all the rest once."""
    alice, bob = await pair(connect, user)
    actions = [
        {"action": "send", "id": "1", "client_id": new_id(), "to": bob.user, "text": "x" * 500} for _ in range(25)
    ]
    assert len(json.dumps(actions)) < 31_000
    allowed = Allowed(25 * 3, 2.5, 3, 2)
    cost = await used(control, ("batch",), allowed, lambda: alice.ask("batch", actions=actions))
    assert cost == Allowed(write=75, read=2, frames=3, gateway_requests=2)


@pytest.mark.parametrize("kind", ["delivered", "read"])
async def test_a_receipt(kind: str, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await pair(connect, user)
    sent = await say(alice, bob, TEXT)
    about = {"conversation": sent["conversation"], "kind": kind, "position": sent["position"]}
    cost = await used(control, ("ack",), budgets.receipt(), lambda: bob.ask("ack", **about))
    # The watermark and the other side's mailbox; the log, the reader's devices (for `read`), the other's sockets.
    assert cost == Allowed(write=2, read=2 if kind == "read" else 1.5, frames=3, gateway_requests=2)


@pytest.mark.parametrize(("events", "read"), [(0, 2), (1, 2), (4, 2), (20, 6), (50, 12)])
async def test_a_sync(events: int, read: int, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    for start in range(0, events, 25):
        actions = [
            {"action": "send", "id": "1", "client_id": new_id(), "to": bob.user, "text": TEXT}
            for _ in range(min(25, events - start))
        ]
        await alice.ask("batch", actions=actions)
    allowed = budgets.sync(max(1, events))
    allowed = Allowed(allowed.write, allowed.read, 2 + events * 1_100 // 32_768, 1)  # a reply pays by 32 KB, too
    cost = await used(control, ("sync",), allowed, lambda: bob.ask("sync", limit=100))
    assert (cost.write, cost.read, cost.gateway_requests) == (0, read, 1)


async def undisturbed(
    control: AsyncControlClient, operations: tuple[str, ...], allowed: Allowed, work: Callable[[], Awaitable[Any]]
) -> Allowed:
    """What `used` says, at one of three tries, as long as a worker put a job back on its lane: what had been done of it
    (the entry among the recent posts, say) is then done twice, as it is where a call takes too long."""
    for _ in range(2):
        await settle(control)
        mark = (await control.mark())["mark"]
        try:
            return await used(control, operations, allowed, work)
        except AssertionError:
            did = (await control.meter(mark))["operations"]
            if not any(did[each]["sqs"] for each in ("WorkSmall", "WorkLarge") if each in did):
                raise
    return await used(control, operations, allowed, work)


async def test_a_job_that_is_put_back_costs_what_it_had_done(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """A busy database between the entry among the recent posts and the question what is being searched."""
    author = await connect(user("author"))

    async def crowded() -> None:
        await control.misbehave(calls=[fail("Work", "index", "Query", "ThrottlingException")])
        await publish(author, TEXT[:500])

    await control.advance(10_001)  # What is being searched is forgotten.
    twice = Allowed(budgets.post(0).write + 1, budgets.post(0).read + 2, 2, 1)
    cost = await used(control, POST, twice, crowded)
    assert cost.write == 4 + 1
    assert (await undisturbed(control, POST, budgets.post(0), lambda: publish(author, TEXT[:500]))).write == 4


async def readers_of(connect: Connect, user: Any, author: Phone, names: list[str]) -> None:
    """So many more followers; their sockets are closed again.

    One after the other: a crowd at once would give the author more shards, and so a plan more to read.
    """
    for start in range(0, len(names), AT_ONCE):
        some = await gather(*(connect(user(name)) for name in names[start : start + AT_ONCE]))
        for each in some:
            await follow(each, author)
        await gather(*(each.close() for each in some))


async def test_a_post(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """f + 4 writes; the author; the post once a chunk and once for search, the followers about 98 to the read unit;
    whether anybody watches, which a worker remembers for five seconds, and what is being searched, for ten."""
    author = await connect(user("author"))
    # A chunk ends where a name says so: these make one chunk, so that the reads are the same in every run.
    names = [name for name in (f"reader{number}" for number in range(150)) if not ends_chunk(user(name))]
    have = 0
    for followers, read in ((1, 2), (10, 2), (60, 2), (130, 2.5)):
        await readers_of(connect, user, author, names[have:followers])
        have = followers
        cost = await undisturbed(control, POST, budgets.post(followers), lambda: publish(author, TEXT[:500]))
        assert (cost.write, cost.frames, cost.gateway_requests) == (4 + followers, 2, 1), followers
        assert cost.read - read - 1 in (0, 0.5, 1, 1.5, 2, 2.5), followers


async def test_a_page_of_home(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, reader = await connect(user("author")), await connect(user("reader"))
    await follow(reader, author)
    await gather(*(publish(author, TEXT) for _ in range(25)))
    await used(control, ("timeline.home",), budgets.home(follows=1, first=True), reader.home)
    allowed = budgets.home(follows=1)
    cost = await used(control, ("timeline.home",), allowed, lambda: reader.ask("timeline.home", limit=20))
    # 20 excerpts of 600 bytes, eventually consistent, and the removals.
    assert cost == Allowed(write=cost.write, read=3, frames=2, gateway_requests=1)
    page = await reader.ask("timeline.home", limit=20)
    assert len(page["posts"]) == 20


async def test_a_follow(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """With backfills of nothing."""
    author, reader = await connect(user("author")), await connect(user("reader"))
    await say(reader, author, "warm")
    # Reads: the edge, the author, and whether either blocks the other, by the request and by each of the two backfills.
    cost = await used(control, ("follow", "WorkSmall"), budgets.follow(), lambda: follow(reader, author))
    # Outbox; the two halves of the edge and two counts in a transaction (twice the price).
    assert cost.write == 1 + 2 * 4
