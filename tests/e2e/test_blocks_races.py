"""Blocks that race, in timelines and in bad weather: the later frame wins, and all devices agree."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.block_steps import change, history, listed, met
from tests.e2e.conftest import Connect
from tests.e2e.phone import new_id, once
from tests.e2e.steps import (
    FENCE_MS,
    conversation,
    follow,
    gather,
    hold,
    kill,
    pause,
    publish,
    recipe,
    say,
    settle,
    tail,
)
from tests.e2e.tables import items


async def test_posts_vanish_both_ways_and_come_back_by_a_new_follow_only(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob, carol = [await connect(user(name)) for name in ("alice", "bob", "carol")]
    for reader, author in ((alice, bob), (bob, alice), (carol, alice), (carol, bob)):
        await follow(reader, author)
    await publish(alice, "by alice")
    await publish(bob, "by bob")
    await settle(control)
    assert tail(await bob.home()) == tail(await alice.home()) == ["by bob", "by alice"]
    await control.misbehave(holds=[hold("Work", bob.user, times=None)])
    await change(bob, alice)
    assert (tail(await bob.home()), tail(await alice.home())) == (["by bob"], ["by alice"]), "at once, by the removals"
    await control.release("held")
    await control.behave()
    await publish(alice, "later")
    await settle(control)
    assert (tail(await bob.home()), tail(await alice.home())) == (["by bob"], ["later", "by alice"])
    assert tail(await carol.home()) == ["later", "by bob", "by alice"]
    for one, other in ((alice, bob), (bob, alice)):
        assert (await one.ask("timeline.user", user=other.user))["code"] == "unknown_user"
        assert (await one.ask("follow", client_id=new_id(), user=other.user))["code"] == "unknown_user"
        assert (await one.ask("unfollow", client_id=new_id(), user=other.user))["type"] == "ack"
    assert (await listed(bob), await listed(alice)) == ([alice.user], [])
    await change(bob, alice, "unblock")
    await settle(control)
    assert tail(await bob.home()) == ["by bob"]
    assert tail((await bob.ask("timeline.user", user=alice.user))["posts"]) == ["later", "by alice"]
    await follow(bob, alice)
    await settle(control)
    assert tail(await bob.home()) == ["later", "by bob", "by alice"]


async def test_a_follow_on_its_way_does_not_outlive_the_block(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """It found no block, and its transaction commits after the block was acked."""
    author, reader = await connect(user("author")), await connect(user("reader"))
    await settle(control)
    late = new_id()
    await control.misbehave(calls=[pause("Timeline", late, "TransactWriteItems")])
    waiting = await reader.put("follow", client_id=late, user=author.user)
    await control.stopped(at_least=1)
    await change(author, reader)
    await control.release("paused")
    assert (await reader.reply(waiting))["type"] == "ack"
    await publish(author, "not for the reader")
    await settle(control)
    assert await reader.home() == []
    assert await items(control, "Timelines", "user_id", reader.user) == []
    assert [each["edge"]["S"] for each in await items(control, "Graph", "owner", f"{author.user}#0")] == [" shards"]


async def test_the_later_frame_wins(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Lambda runs the block after the unblock that was sent later."""
    alice, _, bob = await met(connect, user)
    first = new_id()
    await control.misbehave(holds=[hold("Timeline", first)])
    held = await bob.put("block", client_id=first, user=alice.user)
    await control.stopped(at_least=1)
    await control.advance(1)
    await change(bob, alice, "unblock")
    await control.release("held")
    assert (await bob.reply(held))["type"] == "ack"
    assert await listed(bob) == []
    await say(alice, bob, "heard")
    await bob.until(lambda: "heard" in tail(bob.messages()))


@pytest.mark.parametrize("resent", [True, False], ids=["resent", "never-resent"])
async def test_a_worker_that_dies_in_a_block(
    resent: bool, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """At every call.  Resent or not: once the register stands, messages and timelines follow it."""
    bob, measured = await connect(user("bob")), await connect(user("measured"))
    for one, other in ((bob, measured), (measured, bob)):
        await follow(one, other)
    unharmed = new_id()
    await change(bob, measured, client_id=unharmed)
    made = await recipe(control, "Timeline", unharmed)
    for call in range(1, len(made) + 1):
        alice, client_id = await connect(user(f"alice{call}")), new_id()
        await gather(follow(alice, bob), follow(bob, alice))
        await control.misbehave(calls=[kill("Timeline", client_id, "", "after", call=call)])
        await bob.put("block", client_id=client_id, user=alice.user)
        await control.idle()
        if resent:
            await change(bob, alice, client_id=client_id)
            assert alice.user in await listed(bob)
        await settle(control)
        stands = alice.user in await listed(bob)
        assert stands or not resent
        edges = [item["edge"]["S"] for item in await items(control, "Graph", "owner", f"{bob.user}#0")]
        assert (alice.user in edges) is not stands, call
        sent = await say(alice, bob, "heard?")
        await settle(control)
        assert (sent["position"] in tail(bob.messages(), "position")) is not stands, call
        await alice.close()


async def test_in_bad_weather_all_devices_agree_on_what_was_withheld(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """Messages and blocks out of order, twice and late: each message is heard on all of Bob's devices, or on none."""
    alice, laptop, bob = await met(connect, user)
    dm = conversation(alice, bob)
    for phone in (alice, bob):
        phone.patience_s = 0.5
    await control.misbehave(seed=5, reorder=2, delay_ms=30, lose_frame=0.1, lose_reply=0.1, throttle=0.1)

    async def talk() -> None:
        for number in range(24):
            answer = await alice.insist("send", client_id=f"w-{dm[-6:]}-{number}", to=bob.user, text=f"{number:02}")
            assert answer["type"] == "ack", answer

    async def waver() -> None:
        for number in range(8):
            await change(bob, alice, "block" if number % 2 == 0 else "unblock")

    await gather(talk(), waver())
    await control.behave()
    await change(bob, alice, "unblock")
    await say(alice, bob, "at last")
    await settle(control)
    texts = [f"{number:02}" for number in range(24)]
    whole = ["before", "hello", *texts, "at last"]
    assert await history(alice, dm) == await history(laptop, dm) == whole
    heard = await history(bob, dm)
    assert heard == [text for text in whole if text in heard]
    assert {"before", "hello", "at last"} <= set(heard)
    fresh = await connect(bob.user, device="fresh")
    synced = tail([event for event in once((await fresh.mailbox())[0]) if event["sender"] == alice.user])
    assert synced == [text for text in heard if text != "hello"]
    assert set(tail(bob.messages())) <= set(synced)


async def test_a_message_that_overtakes_a_block_is_heard_or_not_for_good(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """It looked before the block.  Its worker goes on in time, or too late: then the resend is withheld."""
    alice, _, bob = await met(connect, user)
    for late in (False, True):
        client_id = new_id()
        await control.misbehave(calls=[pause("Send", client_id, "GetItem", "after", name=client_id)])
        waiting = await alice.put("send", client_id=client_id, to=bob.user, text=f"late {late}")
        await control.stopped(at_least=1)
        await change(bob, alice)
        if late:
            await control.advance(FENCE_MS + 1_000)
        await control.release(client_id)
        answer = await alice.reply(waiting)
        assert answer["type"] == ("error" if late else "ack")
        await say(alice, bob, f"late {late}", client_id=client_id)
        await settle(control)
        await change(bob, alice, "unblock")
    texts = await history(bob, conversation(alice, bob))
    assert texts == ["before", "hello", "late False"]
    assert tail(once(bob.messages())) == ["before", "late False"]
