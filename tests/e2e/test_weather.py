"""Frames out of order, twice or not at all; streams and queues that repeat themselves; sockets that end silently."""

from __future__ import annotations

import asyncio
from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id, once
from tests.e2e.steps import (
    YOUNG_MS,
    conversation,
    entry,
    follow,
    gather,
    hold,
    notification,
    publish,
    pushes,
    say,
    settle,
    tail,
)
from tests.e2e.tables import registry


async def pair(connect: Connect, user: Any) -> tuple[Phone, Phone]:
    return await connect(user("alice")), await connect(user("bob"))


async def same_for_all(readers: tuple[Phone, ...], dm: str, expected: list[str]) -> None:
    """Every reader's mailbox and the log hold `expected` texts, once each, in that order."""
    for reader in readers:
        assert tail(once((await reader.mailbox())[0])) == expected, reader.user
        history = await reader.ask("history", conversation=dm, limit=100)
        assert tail(reversed(history["events"])) == expected


async def test_a_well_behaved_client_keeps_its_order(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """One frame in flight, resent until answered, while frames and replies are lost, delayed and reordered."""
    alice, bob = await pair(connect, user)
    laptop = await connect(alice.user, device="laptop")
    await laptop.ask("device.register")
    alice.patience_s = 0.4
    await control.misbehave(seed=7, reorder=3, delay_ms=20, lose_frame=0.15, lose_reply=0.15)
    for number in range(12):
        answer = await alice.insist("send", client_id=f"w-{number}", to=bob.user, text=f"{number:02}")
        assert answer["type"] == "ack", answer
    await control.behave()
    await control.idle()
    await same_for_all((bob, laptop), conversation(alice, bob), [f"{number:02}" for number in range(12)])


async def test_a_burst_is_ordered_by_stamp(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """A client that does not wait: Lambda runs the frames last one first, the order is the gateway's."""
    alice, bob = await pair(connect, user)
    await control.misbehave(reorder=5)
    asked = [await alice.put("send", client_id=new_id(), to=bob.user, text=f"{n:02}") for n in range(20)]
    answers = await gather(*(alice.reply(each) for each in asked))
    assert {each["type"] for each in answers} == {"ack"}
    stamps = [each["at"] for each in answers]
    assert stamps == sorted(stamps), "stamped in the order of sending"
    by_position = [f"{number:02}" for _, number in sorted((a["position"], n) for n, a in enumerate(answers))]
    await bob.until(lambda: len(bob.messages()) == 20)
    assert tail(once(bob.events)) == by_position
    await same_for_all((bob,), conversation(alice, bob), by_position)


async def test_records_and_jobs_that_come_twice(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    author, reader = await pair(connect, user)
    token = f"token-{new_id()}"
    await reader.ask("device.register", platform="fcm", push_token=token)
    await follow(reader, author)
    await settle(control)
    await control.misbehave(duplicate_records=1.0, duplicate_messages=1.0)
    positions = [await publish(author, f"{number}") for number in range(4)]
    assert (await author.ask("post.delete", position=positions[0]))["type"] == "ack"
    sent = await say(author, reader, "and a message")
    await settle(control)
    for phone in (author, reader):
        assert tail(await phone.home()) == ["3", "2", "1"]
    assert tail(once((await reader.mailbox())[0])) == ["and a message"]
    found = await pushes(control, token)
    assert {notification(each)["data"]["position"] for each in found} == {sent["position"]}
    assert len(found) <= 2, "a replayed push may sound twice, no more"


async def test_a_ghost_that_is_young_is_not_believed_gone(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob = await pair(connect, user)
    ghost = (await bob.ask("whoami"))["connection_id"]
    await control.misbehave(drop_disconnect=1.0)
    await bob.close()
    await control.idle()
    assert await registry(control, bob.user) == {"phone": ghost}
    await say(alice, bob, "to a young ghost")
    assert await registry(control, bob.user) == {"phone": ghost}, "its handshake might not have ended"
    await control.advance(YOUNG_MS + 1_000)
    await say(alice, bob, "to an old ghost")
    assert await registry(control, bob.user) == {}
    back = await connect(bob.user)
    assert tail((await back.mailbox())[0]) == ["to a young ghost", "to an old ghost"]
    await say(alice, bob, "to the living")
    await back.until(back.messages)


async def test_a_ghost_beside_a_living_device(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Only the one that is gone is forgotten, and nobody else's."""
    alice, bob = await pair(connect, user)
    tablet = await connect(bob.user, device="tablet")
    await control.advance(YOUNG_MS + 1_000)
    await control.misbehave(drop_disconnect=1.0)
    await bob.close()
    await say(alice, bob, "one is there")
    await tablet.until(tablet.messages)
    assert set(await registry(control, bob.user)) == {"tablet"}
    assert set(await registry(control, alice.user)) == {"phone"}


async def test_an_old_disconnect_after_a_new_connect(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await pair(connect, user)
    old = (await bob.ask("whoami"))["connection_id"]
    await control.misbehave(holds=[hold("Connect", old)])
    await bob.close()
    await control.stopped(at_least=1)
    back = await connect(bob.user)
    await control.release("held")
    await control.idle()
    assert await registry(control, bob.user) == {"phone": (await back.ask("whoami"))["connection_id"]}
    await say(alice, bob, "still here")
    await back.until(back.messages)


async def test_an_old_connect_that_runs_late(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The later connection of a device wins, whichever `$connect` Lambda ran last."""
    alice, bob = await pair(connect, user)
    await bob.close()
    await control.idle()
    token = (await control.mint(bob.user))["token"]
    await control.misbehave(holds=[hold("Connect", bob.user)])
    late = asyncio.create_task(connect(bob.user, token=token))
    await control.stopped(at_least=1)
    newer = await connect(bob.user)
    await control.release("held")
    older = await late
    assert await registry(control, bob.user) == {"phone": (await newer.ask("whoami"))["connection_id"]}
    await say(alice, bob, "to the newer")
    await newer.until(newer.messages)
    assert older.events == []


async def test_a_cut_line_is_repaired_by_sync(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await pair(connect, user)
    _, cursor = await bob.mailbox()
    for number in range(3):
        await control.cut((await entry(control, bob))["id"])
        await say(alice, bob, f"{number}")
        bob = await connect(bob.user)
        events, cursor = await bob.mailbox(cursor)
        assert tail(once(events)) == [f"{each}" for each in range(number + 1)]
