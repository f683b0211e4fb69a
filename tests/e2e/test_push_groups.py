"""Push in groups, and what a reader has muted or blocked."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import LIFE_S, Connect
from tests.e2e.group_steps import do, found, people, tell
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import kill, notification, pushes, registered, say, settle

FOREVER = 4_102_444_800_000


async def words(control: AsyncControlClient, token: str) -> list[tuple[str, str]]:
    """Title and body of everything that a phone has shown."""
    told = [notification(each)["notification"] for each in await pushes(control, token)]
    return [(each["title"], each.get("body", "")) for each in told]


async def named(connect: Connect, control: AsyncControlClient, user: str, name: str) -> Phone:
    """Somebody whose token gives a display name."""
    return await connect(user, token=(await control.mint(user, LIFE_S, name=name))["token"])


async def mute(phone: Phone, conversation: str, **values: Any) -> None:
    """Change how a conversation stands in one's list."""
    await do(phone, "conversation.set", client_id=new_id(), conversation=conversation, **values)


async def test_a_group(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Who was put into it hears of that; everybody hears the messages but their author, by the group's title."""
    alice = await named(connect, control, user("alice"), "Alice")
    (bob, bobs), (carol, carols) = await registered(connect, user("bob")), await registered(connect, user("carol"))
    group = await found(alice, bob)
    await settle(control)
    assert await words(control, bobs) == [("ours", "Alice added you")]
    await do(alice, "group.add", conversation=group, members=[carol.user])
    await settle(control)
    await tell(bob, group, "hello all")
    await settle(control)
    assert await words(control, bobs) == [("ours", "Alice added you")], "of others, and of oneself, one hears nothing"
    assert await words(control, carols) == [("ours", "Alice added you"), ("ours", "hello all")]
    await do(alice, "group.remove", conversation=group, member=carol.user)
    await do(alice, "group.update", client_id=new_id(), conversation=group, title="Coffee")
    await settle(control)
    await tell(alice, group, "without her")
    await settle(control)
    assert (await words(control, bobs))[-1] == ("Coffee", "Alice: without her")
    assert len(await words(control, carols)) == 2


@pytest.mark.parametrize(("mentions", "told"), [(None, ["bob!"]), (True, ["bob!"]), (False, [])])
async def test_a_muted_group_and_mentions(
    mentions: bool | None, told: list[str], connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, carol = await people(connect, user, "alice", "carol")
    bob, token = await registered(connect, user("bob"))
    group = await found(alice, bob, carol)
    await settle(control)
    before = len(await pushes(control, token))
    await mute(bob, group, muted_until=FOREVER, **({} if mentions is None else {"mentions": mentions}))
    await tell(alice, group, "chatter")
    await tell(alice, group, "carol?", mentions=[carol.user])
    await tell(carol, group, "bob!", mentions=[bob.user])
    await settle(control)
    assert [body for _, body in (await words(control, token))[before:]] == told


async def test_a_mute_ends(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    chat = (await say(alice, bob, "first"))["conversation"]
    assert len(await pushes(control, token)) == 1
    now = (await control.advance(0))["now_ms"]
    await mute(bob, chat, muted_until=now + 3_600_000)
    await say(alice, bob, "quiet")
    assert len(await pushes(control, token)) == 1
    await control.advance(3_600_000)
    await say(alice, bob, "loud")
    assert [body for _, body in await words(control, token)] == ["first", "loud"]
    await mute(bob, chat, archived=True)
    await say(alice, bob, "from the archive")
    assert [body for _, body in await words(control, token)][-1] == "from the archive"


async def test_a_blocked_sender(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Neither by a 1:1 message nor by a mention; the others of the group do sound."""
    alice, carol = await people(connect, user, "alice", "carol")
    bob, token = await registered(connect, user("bob"))
    group = await found(carol, bob, alice)
    await settle(control)
    before = len(await pushes(control, token))
    await do(bob, "block", client_id=new_id(), user=alice.user)
    await say(alice, bob, "hello?")
    await tell(alice, group, "bob!", mentions=[bob.user])
    await settle(control)
    assert len(await pushes(control, token)) == before
    await tell(carol, group, "hi")
    await settle(control)
    told = [notification(each) for each in await pushes(control, token)][before:]
    assert [(each["notification"]["body"], each["data"]["messages"]) for each in told] == [("hi", "1")]
    await do(bob, "unblock", client_id=new_id(), user=alice.user)
    await say(alice, bob, "again")
    assert (await words(control, token))[-1][1] == "again"


async def test_a_larger_group_in_bad_weather(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Delivered by chunks: a worker dies among the mailboxes, stream and queue hand things over twice, and no phone
    stays silent, or has two notifications of it."""
    alice = await connect(user("alice"))
    phones = await asyncio.gather(*(registered(connect, user(f"m{number:02d}")) for number in range(27)))
    group = await found(alice, *(phone for phone, _ in phones))
    await settle(control)
    await control.misbehave(
        duplicate_records=0.5,
        duplicate_messages=0.5,
        calls=[kill("Work", group, "BatchWriteItem", "after"), kill("Push", group, "Query")],
    )
    sent = await tell(alice, group, "everybody")
    await settle(control)
    told = [each for each in await control.phones() if each["token"] in {token for _, token in phones}]
    named_it = [each for each in told if notification(each)["data"]["position"] == sent["position"]]
    assert {each["token"] for each in named_it} == {token for _, token in phones}
    assert len({notification(each)["android"]["notification"]["tag"] for each in named_it}) == 1


async def test_a_long_burst(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """75 messages in a second or two: one push a batch of the stream, and the last one names the last message."""
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    await settle(control)
    for first in (0, 25, 50):
        burst = [
            {"action": "send", "id": "1", "client_id": new_id(), "to": bob.user, "text": f"{number}"}
            for number in range(first, first + 25)
        ]
        answer = await alice.ask("batch", actions=burst)
        assert [each["type"] for each in answer["results"]] == ["ack"] * 25
    told = [notification(each) for each in await pushes(control, token)]
    assert len(told) <= 3
    assert sum(int(each["data"]["messages"]) for each in told) == 75
    assert (told[-1]["notification"]["body"], told[-1]["data"]["badge"]) == ("74", "75")


async def test_what_a_push_of_a_group_reads(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """As in a 1:1, and the group's title, and whether the sender is blocked."""
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    group = await found(alice, bob)
    await settle(control)
    await pushes(control, token)
    mark = (await control.mark())["mark"]
    await tell(alice, group, "x" * 300)
    await settle(control)
    assert len(await pushes(control, token)) == 2
    cost = (await control.meter(mark))["operations"]["PushMailboxes"]
    assert (cost["read"], cost["write"], cost["pushes"]) == (4 + 2 * 0.5, 0, 1)
