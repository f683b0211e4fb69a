"""Scripted races of sockets with senders, of deletes with copies on their way, of receipts with late arrivals."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id, once
from tests.e2e.steps import (
    FENCE_MS,
    SETTLE_MS,
    follow,
    hold,
    kill,
    notification,
    nth,
    pause,
    publish,
    pushes,
    recipe,
    say,
    settle,
    tail,
)
from tests.e2e.tables import items


async def gone(connect: Connect, control: AsyncControlClient, user: Any) -> tuple[Phone, Phone, list[str]]:
    """Alice is there, Bob has been; and the calls of a message to him."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await say(bob, alice, "met")
    unharmed = (await say(alice, bob, "warm"))["client_id"]
    made = await recipe(control, "Send", unharmed)
    await bob.close()
    await control.idle()
    return alice, bob, made


@pytest.mark.parametrize("stands", ["before the mailbox", "before the lookup", "behind the lookup"])
async def test_connecting_while_a_message_is_sent(
    stands: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """Persist, then look up; register, then sync: at least one of the two sees the other."""
    alice, bob, made = await gone(connect, control, user)
    client_id = new_id()
    call, when = {
        "before the mailbox": (nth(made, "PutItem", 3), "before"),
        "before the lookup": (nth(made, "BatchGetItem", 2), "before"),
        "behind the lookup": (nth(made, "BatchGetItem", 2), "after"),
    }[stands]
    await control.misbehave(calls=[pause("Send", client_id, "", when, call=call)])
    sending = await alice.put("send", client_id=client_id, to=bob.user, text="crossing")
    await control.stopped(at_least=1)
    back = await connect(bob.user)
    synced, _ = await back.mailbox()
    await control.release("paused")
    assert (await alice.reply(sending))["type"] == "ack"
    await control.idle()
    live, by_sync = "crossing" in tail(back.messages()), "crossing" in tail(synced)
    assert (live, by_sync) == {
        "before the mailbox": (True, False),
        "before the lookup": (True, True),
        "behind the lookup": (False, True),
    }[stands]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_message_while_the_handshake_runs(
    when: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """`$connect` stands around its entry in the registry: a 410 there is not believed, and the sync has it all."""
    alice, bob, _ = await gone(connect, control, user)
    await control.misbehave(calls=[pause("Connect", bob.user, "UpdateItem", when, call=1)])
    opening = asyncio.create_task(connect(bob.user))
    await control.stopped(at_least=1)
    await say(alice, bob, "during")
    await control.release("paused")
    back = await opening
    assert tail((await back.mailbox())[0]) == ["warm", "during"]
    await say(alice, bob, "behind")
    await back.until(lambda: "behind" in tail(back.messages()))


async def test_a_lost_registration_is_put_back_by_sync(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """Whatever took the entry away, the keep-alive heals it."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await control.advance(SETTLE_MS + 1_000)
    await control.misbehave(posts=[{"status": 410}])
    await say(alice, bob, "believed gone")
    await control.behave()
    await say(alice, bob, "not live")
    assert bob.events == []
    await bob.mailbox()
    await say(alice, bob, "live")
    await bob.until(bob.messages)
    assert tail(bob.messages()) == ["live"]


async def reading(connect: Connect, control: AsyncControlClient, user: Any) -> tuple[Phone, Phone]:
    """An author and a follower, with nothing left to do."""
    author, reader = await connect(user("author")), await connect(user("reader"))
    await follow(reader, author)
    await settle(control)
    return author, reader


async def test_a_delete_beats_a_chunk_that_has_not_begun(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    author, reader = await reading(connect, control, user)
    await control.misbehave(holds=[hold("Work", author.user)])
    position = await publish(author, "doomed")
    await control.stopped(at_least=1)
    assert (await author.ask("post.delete", position=position))["type"] == "ack"
    await control.idle()
    await control.release("held")
    await control.idle()
    assert await items(control, "Timelines", "user_id", reader.user) == []
    await settle(control)
    assert await reader.home() == await author.home() == []


async def test_a_delete_beats_a_copy_in_flight(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """BatchWrite has no conditions: the copy lands behind the first sweep, the second one takes it out."""
    author, reader = await reading(connect, control, user)
    await control.misbehave(calls=[pause("Work", author.user, "BatchWriteItem")])
    position = await publish(author, "doomed")
    await control.stopped(at_least=1)
    assert (await author.ask("post.delete", position=position))["type"] == "ack"
    await control.idle()
    await control.release("paused")
    await control.idle()
    assert len(await items(control, "Timelines", "user_id", reader.user)) == 1, "it did land"
    await settle(control)
    assert await items(control, "Timelines", "user_id", reader.user) == []
    assert await reader.home() == await author.home() == []


@pytest.mark.parametrize("deleted", [True, False])
async def test_a_chunk_that_slept_past_its_fence_reads_again(
    deleted: bool, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    author, reader = await reading(connect, control, user)
    await control.misbehave(calls=[pause("Work", author.user, "GetItem", "after", call=1)])
    position = await publish(author, "slept on")
    await control.stopped(at_least=1)
    if deleted:
        assert (await author.ask("post.delete", position=position))["type"] == "ack"
        await control.idle()
    await control.advance(FENCE_MS + 1)
    await control.release("paused")
    await control.idle()
    found = await items(control, "Timelines", "user_id", reader.user)
    assert len(found) == (0 if deleted else 1)
    await settle(control)
    assert tail(await reader.home()) == ([] if deleted else ["slept on"])


async def test_a_late_first_try_of_a_deleted_post(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The client resends a post that it has deleted meanwhile: acked at its position, and not back from the dead."""
    author, reader = await reading(connect, control, user)
    client_id = new_id()
    position = (await author.ask("post", client_id=client_id, text="gone"))["position"]
    assert (await author.ask("post.delete", position=position))["type"] == "ack"
    for wait_ms in (0, SETTLE_MS + 1):
        await control.advance(wait_ms)
        again = await author.ask("post", client_id=client_id, text="gone")
        assert (again["type"], again["position"]) == ("ack", position)
    await settle(control)
    assert await reader.home() == await author.home() == []
    assert (await reader.ask("timeline.user", user=author.user))["posts"] == []


async def test_a_post_past_its_fence(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, reader = await reading(connect, control, user)
    client_id = new_id()
    await control.misbehave(holds=[hold("Timeline", client_id)])
    late = await author.put("post", client_id=client_id, text="late")
    await control.stopped(at_least=1)
    await control.advance(FENCE_MS + 1)
    await control.release("held")
    assert (await author.reply(late))["code"] == "retry_later"
    await settle(control)
    assert await author.home() == []
    await author.insist("post", client_id=client_id, text="late")
    await settle(control)
    assert tail(await reader.home()) == ["late"]


async def test_a_watermark_does_not_cover_what_arrived_later(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """Bob confirmed a later position before the earlier message reached his mailbox: his phone sounds for it."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    token, client_id = f"token-{new_id()}", new_id()
    await bob.ask("device.register", platform="fcm", push_token=token)
    await say(bob, alice, "met")
    made = await recipe(control, "Send", (await say(alice, bob, "warm"))["client_id"])
    await control.misbehave(calls=[kill("Send", client_id, "", "after", call=nth(made, "PutItem", 2))])
    await alice.put("send", client_id=client_id, to=bob.user, text="half-way")
    await control.idle()
    later = await say(alice, bob, "later")
    await bob.until(lambda: "later" in tail(bob.messages()))
    mark = await bob.ask(
        "ack", conversation=later["conversation"], kind="delivered", position=later["position"], taken_at=later["at"]
    )
    assert mark["position"] == later["position"]
    await bob.close()
    before = len(await pushes(control, token))
    await control.advance(SETTLE_MS + 1)
    acked = await alice.insist("send", client_id=client_id, to=bob.user, text="half-way")
    assert acked["position"] < later["position"]
    (push,) = (await pushes(control, token))[before:]
    assert notification(push)["notification"]["body"] == "half-way"
    back = await connect(bob.user)
    assert tail(once((await back.mailbox())[0])) == ["warm", "half-way", "later"]
