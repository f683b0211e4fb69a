"""What a push says and counts, what it does not tell, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import LIFE_S, Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import (
    WINDOW_MS,
    conversation,
    hold,
    notification,
    pause,
    pushes,
    pushes_after,
    registered,
    say,
    settle,
)


async def named(connect: Connect, control: AsyncControlClient, user: str, name: str) -> Phone:
    """Somebody whose token gives a display name."""
    return await connect(user, token=(await control.mint(user, LIFE_S, name=name))["token"])


async def confirm(phone: Phone, sent: dict[str, Any], kind: str) -> None:
    """Everything up to a message is here, or read."""
    about = {"conversation": sent["conversation"], "kind": kind, "position": sent["position"]}
    assert (await phone.ask("ack", **about))["type"] == "receipt"


async def test_the_badge_is_all_that_is_unread(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Two conversations; what was read is not counted, what was only delivered is."""
    alice = await named(connect, control, user("alice"), "Alice")
    carol = await named(connect, control, user("carol"), "Carol")
    bob, token = await registered(connect, user("bob"))
    read = await say(alice, bob, "one")
    await confirm(bob, read, "read")
    await confirm(bob, await say(carol, bob, "two"), "delivered")
    await settle(control)
    await bob.close()
    await say(alice, bob, "three")
    await pushes(control, token)
    await say(alice, bob, "four")
    told = [notification(each) for each in await pushes(control, token)][-2:]
    assert [each["notification"]["title"] for each in told] == ["Alice", "Alice (2)"]
    assert [each["data"]["badge"] for each in told] == ["2", "3"]
    assert [each["android"]["notification"]["notification_count"] for each in told] == [1, 2]
    assert len({each["android"]["notification"]["tag"] for each in told}) == 1, "the second replaces the first"


@pytest.mark.parametrize(
    ("policy", "shown"),
    [
        ("full", {"title": "Alice", "body": "secret words"}),
        ("sender", {"title": "Alice", "body": "New message"}),
        ("none", {"title": "New message"}),
    ],
)
async def test_previews(
    policy: str, shown: dict[str, str], connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice = await named(connect, control, user("alice"), "Alice")
    bob, token = await registered(connect, user("bob"))
    answer = await bob.ask("privacy", client_id=new_id(), previews=policy)
    assert answer["previews"] == policy
    await say(alice, bob, "secret words")
    (push,) = await pushes(control, token)
    assert notification(push)["notification"] == shown
    if policy == "none":
        assert not any(word in str(push["payload"]) for word in ("Alice", alice.user, bob.user, "secret"))


async def test_an_iphone(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice = await named(connect, control, user("alice"), "Alice")
    bob, token = await connect(user("bob")), f"token-{new_id()}"
    state = await bob.ask("device.register", platform="apns", push_token=token)
    assert state["push"] == "on"
    sent = await say(alice, bob, "hi")
    (push,) = await pushes(control, token)
    aps = push["payload"]["aps"]
    assert (aps["alert"], aps["badge"], aps["thread-id"]) == ({"title": "Alice", "body": "hi"}, 1, sent["conversation"])
    assert push["headers"]["COLLAPSE_ID"] and push["headers"]["PUSH_TYPE"] == "alert"


async def test_several_conversations_at_once_stay_apart(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    bob, token = await registered(connect, user("bob"))
    friends = [await connect(user(name)) for name in ("alice", "carol", "dave")]
    await control.misbehave(holds=[hold("Push", bob.user)])
    for friend in friends:
        for text in ("first", "second"):
            await say(friend, bob, text)
    told = [notification(each) for each in await pushes_after(control, token)]
    newest = {each["data"]["conversation"]: each["notification"]["body"] for each in told}
    assert newest == {conversation(friend, bob): "second" for friend in friends}
    for field in (lambda each: each["android"]["collapse_key"], lambda each: each["data"]["thread"]):
        assert len({field(each) for each in told}) == len(friends)


async def test_unsent_before_it_was_told(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The push function is held back until the message is taken back; the other message is told, and counted alone."""
    alice = await named(connect, control, user("alice"), "Alice")
    bob, token = await registered(connect, user("bob"))
    await control.misbehave(holds=[hold("Push", bob.user, times=None)])
    await say(alice, bob, "stays")
    sent = await say(alice, bob, "oops")
    taken = await alice.ask("unsend", client_id=new_id(), conversation=sent["conversation"], position=sent["position"])
    assert taken["type"] == "ack", taken
    told = [notification(each) for each in await pushes_after(control, token)]
    assert {each["notification"]["body"] for each in told} == {"stays"}
    assert told[-1]["notification"]["title"] == "Alice"


async def test_unsent_at_the_last_moment(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Taken back when the push has been decided and is being put into words."""
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    await control.misbehave(calls=[pause("Push", bob.user, "BatchGetItem", "after")])
    sent = await say(alice, bob, "oops")
    await control.idle(60, advance_ms=2 * WINDOW_MS)
    assert len(await control.stopped(at_least=1)) == 1
    taken = await alice.ask("unsend", client_id=new_id(), conversation=sent["conversation"], position=sent["position"])
    assert taken["type"] == "ack", taken
    await control.release("paused")
    assert await pushes(control, token) == []


async def test_an_edited_message_is_told_as_it_reads_now(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    await control.misbehave(holds=[hold("Push", bob.user)])
    sent = await say(alice, bob, "helo")
    about = {"conversation": sent["conversation"], "position": sent["position"]}
    assert (await alice.ask("edit", client_id=new_id(), text="hello", **about))["type"] == "ack"
    assert (await alice.ask("react", client_id=new_id(), emoji="!", **about))["type"] == "ack"
    told = [notification(each)["notification"]["body"] for each in await pushes_after(control, token)]
    assert told == ["hello"], "and the edit and the reaction sound nothing"


async def test_what_a_push_reads(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """One message: the row, the devices, the two users, the mailbox and the row behind what is unread, the log."""
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    await settle(control)
    mark = (await control.mark())["mark"]
    await say(alice, bob, "x" * 300)
    assert len(await pushes(control, token)) == 1
    cost = (await control.meter(mark))["operations"]["PushMailboxes"]
    assert (cost["read"], cost["write"], cost["pushes"]) == (0.5 + 0.5 + 2 * 0.5 + 0.5 + 0.5 + 1, 0, 1)


async def test_what_a_message_that_is_confirmed_in_time_reads(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    await settle(control)
    await control.misbehave(holds=[hold("Push", bob.user)])
    mark = (await control.mark())["mark"]
    await confirm(bob, await say(alice, bob, "here already"), "delivered")
    assert await pushes_after(control, token) == []
    cost = (await control.meter(mark))["operations"]["PushMailboxes"]
    assert (cost["read"], cost["write"], cost["pushes"]) == (0.5, 0, 0)
