"""Groups: one order for everybody, each member what is theirs and nothing else, whoever comes, goes and comes back."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.group_steps import LEAVES_MS, ask, do, found, gone, members, paged, people, shown, synced, tell
from tests.e2e.phone import new_id
from tests.e2e.steps import SETTLE_MS, gather, settle


async def test_a_small_group_hears_everything_at_once(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob, carol = await people(connect, user, "alice", "bob", "carol")
    group = await found(alice, bob, carol)
    await settle(control)
    await control.advance(SETTLE_MS)  # until then who has joined reads the log as well, and finds what they said
    await tell(bob, group, "hello all")
    for phone in (alice, carol):
        await phone.until(phone.messages)
    await settle(control)
    expected = ["created alice bob carol", "hello all"]
    for phone in (alice, carol):
        assert await synced(phone, group) == expected
    for phone in (alice, bob, carol):
        assert await paged(phone, group) == expected
    assert shown(carol.events, group) == expected, "and live"
    assert bob.messages() == [], "not to the device that said it"
    assert await synced(bob, group) == expected[:1], "which has it from the ack"


async def test_everybody_has_the_same_order(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """All talk at once, while frames are late and come twice and out of order."""
    phones = await people(connect, user, "alice", "bob", "carol", "dave")
    group = await found(*phones)
    await settle(control)
    await control.misbehave(
        seed=11, reorder=3, delay_ms=30, lose_frame=0.1, lose_reply=0.1, duplicate_records=0.5, duplicate_messages=0.5
    )
    for phone in phones:
        phone.patience_s = 0.5

    async def talk(index: int) -> list[str]:
        said = []
        for number in range(6):
            text = f"{index}.{number}"
            answer = await phones[index].insist("send", client_id=new_id(), conversation=group, text=text)
            assert answer["type"] == "ack", answer
            said.append(answer["position"])
        return said

    positions = await gather(*(talk(index) for index in range(len(phones))))
    assert all(earlier < later for each in positions for earlier, later in pairwise(each))
    await control.behave()
    await settle(control)
    first = await paged(phones[0], group)
    assert len(first) == 1 + 6 * len(phones)
    for phone in phones:
        assert await synced(phone, group) == first
        assert await paged(phone, group, limit=7) == first


@pytest.mark.parametrize("history", ["join", "all"])
async def test_coming_going_and_coming_back(
    history: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob, carol = await people(connect, user, "alice", "bob", "carol")
    group = await found(alice, carol, history=history)
    await tell(alice, group, "one")
    await do(alice, "group.add", conversation=group, members=[bob.user])
    await tell(alice, group, "two")
    await tell(bob, group, "three")
    await do(alice, "group.remove", conversation=group, member=bob.user)
    assert (await ask(bob, "send", conversation=group, text="no"))["code"] == "forbidden", "at once"
    await gone(control)
    await tell(alice, group, "four")
    await do(alice, "group.add", conversation=group, members=[bob.user])
    await tell(carol, group, "five")
    await settle(control)
    everything = [
        *("created alice carol", "one", "added bob", "two", "three"),
        *("removed bob", "four", "added bob", "five"),
    ]
    his = ["added bob", "two", "three", "removed bob", "added bob", "five"]
    assert await synced(bob, group) == his
    assert shown(bob.events, group) == [each for each in his if each != "three"], "his phone knows what it said"
    assert await paged(bob, group, limit=2) == (everything if history == "all" else his)
    for phone in (alice, carol):
        assert await paged(phone, group) == await synced(phone, group) == everything


async def test_what_was_received_stays(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await people(connect, user, "alice", "bob")
    group = await found(alice, bob)
    await tell(alice, group, "before")
    await do(bob, "group.leave", conversation=group)
    await gone(control)
    await tell(alice, group, "after")
    await settle(control)
    kept = ["created alice bob", "before", "left bob"]
    assert await synced(bob, group) == await paged(bob, group) == kept
    assert (await bob.ask("group.info", conversation=group))["code"] == "forbidden"


async def test_an_owner_who_leaves_hands_over(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob, carol, dave = await people(connect, user, "alice", "bob", "carol", "dave")
    group = await found(alice, bob, carol)
    await do(alice, "group.role", conversation=group, member=carol.user, role="admin")
    await do(alice, "group.leave", conversation=group)
    assert await members(bob, group) == {bob.user: "member", carol.user: "owner"}
    await do(carol, "group.add", conversation=group, members=[dave.user])
    await do(carol, "group.leave", conversation=group)
    assert await members(bob, group) == {bob.user: "owner", dave.user: "member"}
    await settle(control)
    (left,) = [event for event in bob.events if event.get("change") == "left" and event["sender"] == alice.user]
    assert left["details"] == {"owner": carol.user}


async def test_a_group_is_changed_for_everybody(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await people(connect, user, "alice", "bob")
    group = await found(alice, bob)
    new = {
        "title": "theirs",
        "picture": "https://example.com/p.png",
        "description": "who we are",
        "who_posts": "admins",
    }
    await do(alice, "group.update", conversation=group, **new)
    await settle(control)
    (event,) = [event for event in bob.events if event.get("change") == "updated"]
    assert event["details"] == new
    info = await bob.ask("group.info", conversation=group)
    assert {name: info[name] for name in new} == new
    assert (await ask(bob, "send", conversation=group, text="?"))["code"] == "forbidden"
    await tell(alice, group, "only me")


async def test_own_devices_follow(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """What one device says and does appears on the other."""
    alice, bob = await people(connect, user, "alice", "bob")
    laptop = await connect(alice.user, device="laptop")
    for device in (alice, laptop):
        await device.ask("device.register")
    group = await found(alice, bob)
    await tell(alice, group, "from my phone")
    await settle(control)
    expected = ["created alice bob", "from my phone"]
    assert shown(laptop.events, group) == await synced(laptop, group) == expected


async def test_a_reader_who_was_away_misses_nothing(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Added while asleep, by somebody who talks on; then syncs with old cursors, page by page."""
    alice, bob, carol = await people(connect, user, "alice", "bob", "carol")
    _, cursor = await bob.mailbox()
    await bob.close()
    group = await found(alice, carol)
    await tell(alice, group, "not for bob")
    await do(alice, "group.add", conversation=group, members=[bob.user])
    for number in range(5):
        await tell(carol, group, f"{number}")
    await settle(control)
    back = await connect(bob.user)
    events, _ = await back.mailbox(cursor, limit=2)
    assert shown(events, group) == ["added bob", "0", "1", "2", "3", "4"]
    await control.advance(3_600_000)
    _, cursor = await back.mailbox(cursor)
    await do(alice, "group.remove", conversation=group, member=bob.user)
    await control.advance(LEAVES_MS)
    await tell(carol, group, "gone")
    await settle(control)
    events, _ = await back.mailbox(cursor, limit=2)
    assert shown(events, group) == ["removed bob"]
