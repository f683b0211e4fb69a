"""Blocks: who is blocked learns nothing and appears nowhere, in messages and timelines, whatever is in the way."""

from __future__ import annotations

from typing import Any

from local.control_client import AsyncControlClient
from tests.e2e.block_steps import change, faceless, history, met
from tests.e2e.conftest import Connect
from tests.e2e.phone import new_id, once
from tests.e2e.steps import (
    SETTLE_MS,
    conversation,
    notification,
    pushes,
    registered,
    say,
    settle,
    tail,
)


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


async def test_an_edit_looks_edited_to_a_blocked_sender_on_every_device(connect: Connect, user: Any) -> None:
    alice, laptop, bob = await met(connect, user)
    sent = await say(alice, bob, "as received")
    await change(bob, alice)
    about = {"conversation": sent["conversation"], "position": sent["position"]}
    edit = await alice.ask("edit", client_id=new_id(), text="as edited", **about)
    for reader, text in ((laptop, "as edited"), (bob, "as received")):
        assert (await history(reader, sent["conversation"]))[-1] == text
        (row,) = (await reader.ask("conversations"))["conversations"]
        assert (row["last"]["text"], "edited" in row["last"]) == (text, reader is laptop)
    assert edit["type"] == "ack"


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
