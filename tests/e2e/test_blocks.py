"""Blocks: who is blocked learns nothing and appears nowhere, in messages and timelines, whatever is in the way."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id, once
from tests.e2e.steps import (
    FENCE_MS,
    SETTLE_MS,
    conversation,
    follow,
    gather,
    hold,
    kill,
    notification,
    pause,
    publish,
    pushes,
    recipe,
    registered,
    say,
    settle,
    tail,
)
from tests.e2e.tables import items


async def change(phone: Phone, other: Phone, action: str = "block", client_id: str | None = None) -> dict[str, Any]:
    """Block or unblock; the ack."""
    answer = await phone.insist(action, client_id=client_id or new_id(), user=other.user)
    assert answer["type"] == "ack", answer
    return answer


async def met(connect: Connect, user: Any) -> tuple[Phone, Phone, Phone]:
    """Alice with a phone and a laptop, and Bob; they have talked."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    laptop = await connect(alice.user, device="laptop")
    for device in (alice, laptop, bob):
        await device.ask("device.register")
    await say(alice, bob, "before")
    await say(bob, alice, "hello")
    return alice, laptop, bob


async def history(phone: Phone, dm: str) -> list[str]:
    page = await phone.ask("history", conversation=dm, limit=100)
    return tail(reversed(page["events"]))


async def listed(phone: Phone) -> list[str]:
    answer = await phone.insist("blocks")
    assert answer["type"] == "blocks", answer
    return list(answer["users"])


async def blocked_row(control: AsyncControlClient, who: Phone, other: Phone) -> bool:
    """As messages see it."""
    rows = await items(control, "Memberships", "user_id", who.user)
    (row,) = [row for row in rows if row["conversation_id"]["S"] == conversation(who, other)]
    return row["blocked"]["N"] == "1"


def faceless(frame: dict[str, Any]) -> dict[str, Any]:
    """A frame without what is different each time."""
    return {
        name: value for name, value in frame.items() if name not in ("id", "client_id", "position", "at", "arrival")
    }


async def test_a_blocked_sender_learns_nothing(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The same frames as ever, and a phone that is off as a phone that is off: nothing is confirmed."""
    alice, laptop, bob = await met(connect, user)
    dm = conversation(alice, bob)
    asked: list[list[dict[str, Any]]] = []
    for during in (False, True):
        if during:
            await bob.close()
            bob = await connect(bob.user)
            await change(bob, alice)
        sent = await say(alice, bob, "text")
        about = {"conversation": dm, "position": sent["position"]}
        asked.append(
            [
                sent,
                await alice.ask("send", client_id=new_id(), conversation=dm, text="text"),
                await alice.ask("send", client_id=sent["client_id"], to=bob.user, text="text"),
                await alice.ask("send", client_id=new_id(), to=bob.user, text="text", reply_to=sent["position"]),
                await alice.ask("edit", client_id=new_id(), text="edited", **about),
                await alice.ask("react", client_id=new_id(), emoji="👍", **about),
                await alice.ask("typing", conversation=dm),
                await alice.ask("unsend", client_id=new_id(), **about),
            ]
        )
    before, after = ([faceless(frame) for frame in frames] for frames in asked)
    assert before == after
    await settle(control)
    assert [event for event in bob.events if event.get("sender") == alice.user or event["kind"] == "typing"] == []
    assert {event["sender"] for event in laptop.messages()} == {alice.user, bob.user}
    assert (await history(alice, dm))[-2:] == ["text", "text"], "the one that was unsent has gone"
    fresh = await connect(bob.user, device="fresh")
    assert tail(once((await fresh.mailbox())[0])) == ["before", "text", "text"]
    assert await history(bob, dm) == ["before", "hello", "text", "text"]
    assert [event for event in alice.events if event["kind"] == "receipt"] == []


async def test_nothing_of_a_blocked_sender_arrives_not_even_later(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, laptop, bob = await met(connect, user)
    dm = conversation(alice, bob)
    await change(bob, alice)
    resent = new_id()
    await say(alice, bob, "withheld", client_id=resent)
    await change(bob, alice, "unblock")
    for wait_ms in (0, SETTLE_MS + 1):
        await control.advance(wait_ms)
        await say(alice, bob, "withheld", client_id=resent)
    await say(alice, bob, "after")
    await bob.until(lambda: "after" in tail(bob.messages()))
    await settle(control)
    assert tail(once(bob.messages())) == ["before", "after"]
    fresh = await connect(bob.user, device="fresh")
    assert tail(once((await fresh.mailbox())[0])) == ["before", "after"]
    assert await history(fresh, dm) == ["before", "hello", "after"]
    assert await history(laptop, dm) == ["before", "hello", "withheld", "after"]


async def test_nobody_is_told_what_whoever_blocks_has_received(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, _, bob = await met(connect, user)
    sent = await say(alice, bob, "unread")
    await change(bob, alice)
    for kind in ("delivered", "read"):
        mark = await bob.ask("ack", conversation=sent["conversation"], kind=kind, position=sent["position"])
        assert mark["type"] == "receipt"
    await settle(control)
    assert [event for event in alice.events if event["kind"] == "receipt"] == []
    events, _ = await (await connect(alice.user, device="fresh")).mailbox()
    assert [event for event in events if event["kind"] == "receipt"] == []
    (row,) = (await bob.ask("conversations"))["conversations"]
    assert (row["unread"], row["blocked"]) == (0, True), "and yet it is read"


async def test_a_phone_is_silent_about_whom_its_owner_has_blocked(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    await say(alice, bob, "before")
    await change(bob, alice)
    await bob.close()
    before = len(await pushes(control, token))
    await say(alice, bob, "withheld")
    assert len(await pushes(control, token)) == before
    back = await connect(bob.user)
    await change(back, alice, "unblock")
    await back.close()
    await control.idle()
    await say(alice, bob, "after")
    (push,) = (await pushes(control, token))[before:]
    assert notification(push)["notification"]["body"] == "after"


async def test_a_stranger_who_is_blocked_is_not_listed(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """Blocked before the two ever talked: a conversation for one of them only."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await change(bob, alice)
    sent = await say(alice, bob, "hi")
    assert (await bob.ask("conversations"))["conversations"] == []
    assert [each["last"]["text"] for each in (await alice.ask("conversations"))["conversations"]] == ["hi"]
    about = {"conversation": sent["conversation"], "position": sent["position"]}
    assert (await alice.ask("react", client_id=new_id(), emoji="👍", **about))["type"] == "ack"
    assert (await bob.ask("react", client_id=new_id(), emoji="👍", **about))["code"] == "not_found"
    await change(bob, alice, "unblock")
    await say(alice, bob, "hi again")
    (row,) = (await bob.ask("conversations"))["conversations"]
    assert (row["last"]["text"], row["unread"]) == ("hi again", 1)


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
    assert await items(control, "Graph", "owner", f"{author.user}#0") == []


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
