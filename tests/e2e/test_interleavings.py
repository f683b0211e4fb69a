"""Scripted interleavings of `send`: writers that are late, die half-way or race, and readers who look in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id, once
from tests.e2e.steps import FENCE_MS, SETTLE_MS, conversation, hold, kill, nth, pause, recipe, say, tail
from tests.e2e.tables import items


@dataclass(frozen=True, slots=True)
class Calls:
    """Where the calls of a 1:1 message to somebody known are, from 1."""

    outbox: int
    log: int
    mailbox: int
    registry: int


@dataclass(frozen=True, slots=True)
class Scene:
    """Two users, and the id of a message that something happens to."""

    alice: Phone
    bob: Phone
    calls: Calls
    client_id: str

    async def put(self) -> str:
        """Send the message without waiting."""
        return await self.alice.put("send", client_id=self.client_id, to=self.bob.user, text="troubled")

    async def ask(self) -> dict[str, Any]:
        """Send it, or resend it."""
        return await self.alice.reply(await self.put())

    async def log(self) -> list[dict[str, Any]]:
        """The conversation, oldest first."""
        dm = conversation(self.alice, self.bob)
        return list(reversed((await self.bob.ask("history", conversation=dm))["events"]))


async def scene(connect: Connect, control: AsyncControlClient, user: Any) -> Scene:
    """Both are there and have talked; the log holds `warm`.  The calls are looked up where nobody meets any more."""
    alice, bob, carol = [await connect(user(name)) for name in ("alice", "bob", "carol")]
    for phone in (bob, carol):
        await say(alice, phone, "warm")
    unharmed = (await say(alice, carol, "again"))["client_id"]
    made = await recipe(control, "Send", unharmed)
    writes = [nth(made, "PutItem", place) for place in (1, 2, 3)]
    return Scene(alice, bob, Calls(*writes, nth(made, "BatchGetItem", 2)), new_id())


def stop(scene: Scene, call: int, when: str = "before", name: str = "paused") -> dict[str, Any]:
    """Stop the message's invocation at a call."""
    return pause("Send", scene.client_id, "", when, call=call, name=name)


def die(scene: Scene, call: int) -> dict[str, Any]:
    """The worker dies behind a call."""
    return kill("Send", scene.client_id, "", "after", call=call)


async def test_past_the_fence_nothing_is_written(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Throttled for longer than F before it began: neither outbox nor log; the resend is a new message."""
    it = await scene(connect, control, user)
    await control.misbehave(holds=[hold("Send", it.client_id)])
    late = await it.put()
    await control.stopped(at_least=1)
    await control.advance(FENCE_MS + 1)
    await control.release("held")
    refused = await it.alice.reply(late)
    assert (refused["code"], refused["retryable"]) == ("retry_later", True)
    assert tail(await it.log()) == ["warm"]
    assert it.client_id not in str(await items(control, "Outbox", "user_id", it.alice.user))
    between = await say(it.bob, it.alice, "between")
    again = await it.ask()
    assert again["position"] > between["position"]
    assert tail(await it.log()) == ["warm", "between", "troubled"]


async def test_claimed_but_not_written(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Stopped between outbox and log.  In time: same position.  Too late: nothing, then wait, then a new position."""
    it = await scene(connect, control, user)
    await control.misbehave(calls=[stop(it, it.calls.outbox, "after")])
    late = await it.put()
    await control.stopped(at_least=1)
    between = await say(it.bob, it.alice, "between")
    await control.advance(FENCE_MS + 1)
    await control.release("paused")
    assert (await it.alice.reply(late))["code"] == "retry_later"
    waiting = await it.ask()
    assert (waiting["code"], waiting["retryable"]) == ("retry_later", True)
    assert 0 < waiting["retry_after_ms"] <= SETTLE_MS
    assert tail(await it.log()) == ["warm", "between"]
    await control.advance(waiting["retry_after_ms"])
    again = await it.ask()
    assert again["position"] > between["position"]
    assert (await it.ask())["position"] == again["position"]
    for reader in (it.alice, it.bob):
        history = await reader.ask("history", conversation=conversation(it.alice, it.bob))
        assert tail(history["events"]) == ["troubled", "between", "warm"]
    assert tail(once((await it.bob.mailbox())[0])) == ["warm", "troubled"]


async def test_within_the_fence_it_goes_on(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The first try stands still for 14 s; its resend finishes with the same position; then the first one goes on."""
    it = await scene(connect, control, user)
    await control.misbehave(calls=[stop(it, it.calls.log)])
    late = await it.put()
    await control.stopped(at_least=1)
    await control.advance(FENCE_MS - 1_000)
    again = await it.ask()
    assert again["type"] == "ack"
    await control.release("paused")
    first = await it.alice.reply(late)
    assert (first["type"], first["position"]) == ("ack", again["position"])
    assert tail(await it.log()) == ["warm", "troubled"]
    assert tail((await it.bob.mailbox())[0]) == ["warm", "troubled"]


async def test_a_late_mailbox_item_comes_under_a_new_arrival(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """Died between log and mailbox; the reader's cursor has passed its position when the resend finishes it."""
    it = await scene(connect, control, user)
    await control.misbehave(calls=[die(it, it.calls.log)])
    await it.put()
    await control.idle()
    between = await say(it.alice, it.bob, "later")
    await control.advance(2 * SETTLE_MS)
    events, cursor = await it.bob.mailbox()
    assert tail(events) == ["warm", "later"]
    acked = await it.ask()
    assert acked["position"] < between["position"], "the log's position stands"
    (late,), _ = await it.bob.mailbox(cursor)
    assert (late["text"], late["position"]) == ("troubled", acked["position"])
    assert late["arrival"] > between["position"], "new to who synced in between"
    assert tail(await it.log()) == tail(once([*events, late])) == ["warm", "troubled", "later"]
    assert (await it.ask())["position"] == acked["position"]
    assert (await it.bob.mailbox(cursor))[0] == [late]


async def test_a_late_item_waits_for_what_may_still_commit(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """Between F and T the resend neither writes nor decides."""
    it = await scene(connect, control, user)
    await control.misbehave(calls=[die(it, it.calls.log)])
    await it.put()
    await control.idle()
    await control.advance(FENCE_MS + 1)
    assert (await it.ask())["code"] == "retry_later"
    assert tail((await it.bob.mailbox())[0]) == ["warm"]
    await control.advance(SETTLE_MS)
    assert (await it.ask())["type"] == "ack"
    assert tail((await it.bob.mailbox())[0]) == ["warm", "troubled"]


@pytest.mark.parametrize("dies_behind", ["outbox", "log"])
async def test_two_racing_resends_agree(
    dies_behind: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """One stands before its claim (of a position, or of an arrival) while the other one goes all the way."""
    it = await scene(connect, control, user)
    await control.misbehave(calls=[die(it, getattr(it.calls, dies_behind))])
    await it.put()
    await control.idle()
    await control.advance(SETTLE_MS + 1)
    await control.misbehave(calls=[pause("Send", it.client_id, "UpdateItem", name="racing")])
    slow = await it.put()
    await control.stopped(at_least=1)
    quick = await it.ask()
    assert quick["type"] == "ack"
    await control.release("racing")
    assert (await it.alice.reply(slow))["position"] == quick["position"]
    assert tail(await it.log()) == tail((await it.bob.mailbox())[0]) == ["warm", "troubled"]


async def test_the_claimer_of_a_late_arrival_may_die_too(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    it = await scene(connect, control, user)
    await control.misbehave(calls=[die(it, it.calls.log)])
    await it.put()
    await control.idle()
    for _ in range(2):
        await control.advance(SETTLE_MS + 1)
        await control.misbehave(calls=[kill("Send", it.client_id, "UpdateItem", "after")])
        await it.put()
        await control.idle()
        assert (await control.misbehave())["calls"][0]["times"] == 0, "it died at the claim"
    await control.advance(SETTLE_MS + 1)
    assert (await it.ask())["type"] == "ack"
    assert tail((await it.bob.mailbox())[0]) == ["warm", "troubled"]


@pytest.mark.parametrize("stands_ms", [0, FENCE_MS - 1_000, SETTLE_MS - 8_000], ids=["at-once", "fence", "call"])
async def test_a_sync_never_steps_over_a_slow_writer(
    stands_ms: int, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """The mailbox write is on its way, for up to F + C, while the reader syncs past it."""
    it = await scene(connect, control, user)
    carol = await connect(user("carol"))
    await control.misbehave(calls=[stop(it, it.calls.mailbox)])
    slow = await it.put()
    await control.stopped(at_least=1)
    await say(carol, it.bob, "quicker")
    await control.advance(stands_ms)
    events, cursor = await it.bob.mailbox()
    assert tail(events) == ["warm", "quicker"]
    await control.release("paused")
    assert (await it.alice.reply(slow))["type"] == "ack"
    again, _ = await it.bob.mailbox(cursor)
    assert "troubled" in tail(again)
    assert tail(once([*events, *again])) == ["warm", "troubled", "quicker"]


async def test_a_batch_and_its_resend_at_the_same_time(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """The first try stands between its two messages while the resend runs: the order is the one of the batch."""
    it = await scene(connect, control, user)
    second = new_id()
    actions = [
        {"action": "send", "id": "1", "client_id": it.client_id, "to": it.bob.user, "text": "one"},
        {"action": "send", "id": "2", "client_id": second, "to": it.bob.user, "text": "two"},
    ]
    await control.misbehave(calls=[stop(it, it.calls.log, "after")])
    slow = await it.alice.put("batch", actions=actions)
    await control.stopped(at_least=1)
    await control.advance(1_000)
    quick = await it.alice.ask("batch", actions=actions)
    await control.release("paused")
    first = await it.alice.reply(slow)
    assert tail(first["results"], "position") == tail(quick["results"], "position")
    assert tail(await it.log()) == ["warm", "one", "two"]
    assert tail(once((await it.bob.mailbox())[0])) == ["warm", "one", "two"]
