"""Workers that die in what the kill test leaves out: `$connect`, `sync`, receipts, devices, follows, push."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id, once
from tests.e2e.steps import follow, kill, notification, publish, pushes, recipe, say, settle, tail
from tests.e2e.tables import registry

STRUCK = "Runtime.ExitError"


def points(made: list[str]) -> list[tuple[int, str]]:
    """Before and after each call."""
    return [(index, when) for index in range(1, len(made) + 1) for when in ("before", "after")]


async def deaths(control: AsyncControlClient, function: str, contains: str) -> int:
    """How many workers died over such an event."""
    seen = await control.invocations(function, contains=contains, limit=100)
    return sum(1 for each in seen if each["error"] and each["error"]["kind"] == STRUCK)


async def test_connect(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The handshake fails, the next one succeeds, and live messages come; for new users and known ones."""
    alice = await connect(user("alice"))
    first = await connect(user("first"))
    made = await recipe(control, "Connect", first.user)
    assert made
    for index, (call, when) in enumerate(points(made)):
        name = user(f"new{index}")
        await control.misbehave(calls=[kill("Connect", name, "", when, call=call)])
        with pytest.raises(InvalidStatus) as refused:
            await connect(name)
        assert refused.value.response.status_code == 500
        back = await connect(name)
        assert await registry(control, name) == {"phone": (await back.ask("whoami"))["connection_id"]}
        await say(alice, back, "welcome")
        await back.until(back.messages)


async def test_disconnect(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """A ghost stays; whoever writes to it learns that it is gone, and the device is served again."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await control.advance(31_000)
    for when in ("before", "after"):
        await control.misbehave(calls=[kill("Connect", bob.user, "UpdateItem", when)])
        await bob.close()
        await control.idle()
        await say(alice, bob, when)
        bob = await connect(bob.user)
        await say(alice, bob, "live")
        await bob.until(bob.messages)
        await control.advance(31_000)
    assert await deaths(control, "Connect", bob.user) == 2
    assert tail(once((await bob.mailbox())[0])) == ["before", "live", "after", "live"]


async def test_sync(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """A sync that dies is asked again with the same cursor; nothing is skipped."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await control.advance(31_000)  # old enough for a 410 to count: each sync has a registration to put back

    async def unregistered(text: str) -> None:
        await control.misbehave(posts=[{"status": 410, "times": 1}], calls=[])
        await say(alice, bob, text)
        assert await registry(control, bob.user) == {}

    await unregistered("unharmed")
    await bob.ask("sync", id="the-sync")
    made = await recipe(control, "Send", "the-sync")
    assert made == ["BatchGetItem", "BatchGetItem", "UpdateItem", "Query"]
    cursor = None
    for call, when in points(made):
        await unregistered(f"{call} {when}")
        await control.misbehave(calls=[kill("Send", '\\"sync\\"', "", when, call=call)])
        events, cursor = await bob.mailbox(cursor)
        assert f"{call} {when}" in tail(events)
        assert set(await registry(control, bob.user)) == {"phone"}
    assert await deaths(control, "Send", bob.user) == len(points(made))


async def test_receipt(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The reader resends the receipt until it is answered; the other side learns of it once or twice, never not."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    sent = await say(alice, bob, "warm")
    about = {"conversation": sent["conversation"], "kind": "delivered"}
    await bob.ask("ack", **about, position=sent["position"], taken_at=sent["at"])
    made = await recipe(control, "Send", '\\"ack\\"')
    for call, when in points(made):
        sent = await say(alice, bob, f"{call} {when}")
        await control.misbehave(calls=[kill("Send", sent["position"], "", when, call=call)])
        mark = await bob.insist("ack", **about, position=sent["position"], taken_at=sent["at"])
        assert (mark["position"], mark["taken_at"]) == (sent["position"], sent["at"])
        assert await deaths(control, "Send", sent["position"]) == 1
        receipts = [each for each in (await alice.mailbox())[0] if each["kind"] == "receipt"]
        assert receipts[-1]["position"] == sent["position"]


async def registered(connect: Connect, user: Any) -> tuple[Phone, str]:
    """A phone that gets pushes, gone, and its token."""
    bob, token = await connect(user("bob")), f"token-{new_id()}"
    await bob.ask("device.register", platform="fcm", push_token=token)
    await bob.close()
    return bob, token


async def test_push(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The push function dies before and behind each of its calls: the phone sounds for every message all the same."""
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user)
    await settle(control)
    unharmed = await say(alice, bob, "unharmed")
    await pushes(control, token)
    made = await recipe(control, "Push", unharmed["position"])
    assert made[-1] == "Publish"
    for call, when in points(made):
        sent = await say(alice, bob, f"{call} {when}")
        await control.misbehave(calls=[kill("Push", sent["position"], "", when, call=call)])
        await settle(control)
        assert await deaths(control, "Push", sent["position"]) == 1
        # What a worker published and did not live to report is not in this list: the replay's push is.
        found = [notification(each)["data"]["position"] for each in await pushes(control, token)]
        assert found[-1] == sent["position"] and found.count(sent["position"]) == 1


async def test_device_register(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Dies at each call of a registration; the client's resend puts it right, whatever was left."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    first = f"token-{new_id()}"
    await bob.ask("device.register", platform="fcm", push_token=first)
    made = await recipe(control, "Connect", first)
    assert "CreatePlatformEndpoint" in made
    for index, (call, when) in enumerate(points(made)):
        phone, token = await connect(user(f"p{index}")), f"token-{new_id()}"
        await control.misbehave(calls=[kill("Connect", token, "", when, call=call)])
        state = await phone.insist("device.register", platform="fcm", push_token=token)
        assert (state["registered"], state["push"]) == (True, "on")
        assert await deaths(control, "Connect", token) == 1
        await say(alice, phone, f"{call} {when}")
        (push,) = await pushes(control, token)
        assert notification(push)["notification"]["body"] == f"{call} {when}"


@pytest.mark.parametrize("action", ["follow", "unfollow"])
async def test_follow(action: str, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Dies at each call; the client resends; in the end the home timeline agrees with the edge."""
    author = await connect(user("author"))
    await publish(author, "old")
    reader = await connect(user("first"))
    await follow(reader, author)
    if action == "unfollow":
        await follow(reader, author, "unfollow")
    made = await recipe(control, "Timeline", f'\\"{action}\\"')
    readers, died = [], 0
    for index, (call, when) in enumerate(points(made)):
        reader, client_id = await connect(user(f"reader{index}")), new_id()
        if action == "unfollow":
            await follow(reader, author)
        await control.misbehave(calls=[kill("Timeline", client_id, "", when, call=call)])
        assert (await reader.insist(action, client_id=client_id, user=author.user))["type"] == "ack"
        died += await deaths(control, "Timeline", client_id)
        readers.append(reader)
    # A worker that remembers the author makes one call less, so that the last point may not be reached.
    assert len(readers) - 2 <= died <= len(readers)
    await settle(control)
    await publish(author, "new")
    await settle(control)
    expected = ["new", "old"] if action == "follow" else []
    assert [tail(await each.home()) for each in readers] == [expected] * len(readers)
