"""The home screen: what was last and what is unread, for every device, from nothing but the server."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.crowds import LEAVES_MS, gathered, ok, tell
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import FENCE_MS, SETTLE_MS, conversation, gather, kill, recipe, say, settle, tail

Row = dict[str, Any]
SETTINGS = ("muted_until", "mentions", "pinned", "archived")


async def listed(phone: Phone, **fields: Any) -> dict[str, Any]:
    """A page of the list."""
    answer = await phone.insist("conversations", **fields)
    assert answer["type"] == "conversations", answer
    return answer


async def everything(phone: Phone, limit: int = 50) -> list[Row]:
    """The whole list."""
    rows: list[Row] = []
    page = await listed(phone, limit=limit)
    while True:
        rows += page["conversations"]
        if "before" not in page:
            return rows
        page = await listed(phone, limit=limit, before=page["before"])


async def only(phone: Phone) -> Row:
    (row,) = await everything(phone)
    return row


async def confirm(phone: Phone, ack: dict[str, Any], kind: str = "read") -> None:
    answer = await phone.ask("ack", conversation=ack["conversation"], kind=kind, position=ack["position"])
    assert answer["type"] == "receipt", answer


async def talkers(connect: Connect, user: Any, number: int) -> tuple[Phone, list[Phone]]:
    """Bob, and people who have each written to him, in turn."""
    bob = await connect(user("bob"))
    others = await gather(*(connect(user(f"u{each:02}")) for each in range(number)))
    for other in others:
        await say(other, bob, other.user)
    return bob, others


async def test_both_sides_and_all_devices_see_the_same(connect: Connect, user: Any) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    assert await listed(bob) | {"id": ""} == {"type": "conversations", "id": "", "conversations": [], "unread": 0}
    first = await say(alice, bob, "first")
    await say(alice, bob, "second")
    third = await say(bob, alice, "third")
    tablet = await connect(bob.user, device="tablet")
    for phone in (bob, tablet):
        row = await only(phone)
        assert (row["conversation"], row["last"]["text"], row["unread"]) == (third["conversation"], "third", 2)
        assert row["active_at"] == third["at"]
    await confirm(bob, first)
    assert ((await only(tablet))["unread"], (await only(tablet))["read"]) == (1, first["position"])
    await confirm(bob, third)
    assert (await listed(tablet))["unread"] == (await only(tablet))["unread"] == 0
    assert ((await only(alice))["unread"], (await listed(alice))["unread"]) == (1, 1)


async def test_a_new_device_rebuilds_everything(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Its list, its settings and its unread counts are those of the device that was there all the time."""
    bob, others = await talkers(connect, user, 5)
    await bob.ask("device.register")
    dms = [conversation(bob, other) for other in others]
    for number in range(3):
        await say(others[1], bob, f"more {number}")
    group = await gathered(others[0], [bob.user, others[1].user])
    await tell(others[0], group, "hello all")
    mine = await say(bob, others[2], "mine")
    settings: list[dict[str, Any]] = [
        {"pinned": True},
        {"muted_until": 9_999_999_999_999, "mentions": False},
        {"archived": True},
    ]
    for dm, values in zip(dms, settings, strict=False):
        await ok(bob, "conversation.set", conversation=dm, **values)
    kept = (await everything(bob))[-1]
    await confirm(bob, kept["last"])
    gone = await say(others[3], bob, "gone")
    await ok(others[3], "unsend", conversation=gone["conversation"], position=gone["position"])
    hidden = await say(others[4], bob, "hidden")
    await ok(bob, "hide", conversation=hidden["conversation"], position=hidden["position"])
    await change(bob, others[4])
    await say(others[4], bob, "withheld")
    await settle(control)
    there = await everything(bob)
    await control.advance(31 * 24 * 3_600_000)
    fresh = await connect(bob.user, device="fresh")
    assert (await fresh.mailbox())[0] == [], "the mailbox is no longer kept: the list needs none"
    rows = {row["conversation"]: row for row in await everything(fresh)}
    assert list(rows.values()) == there
    assert tail([row["last"] for row in rows.values()]) == [
        "mine",
        "hello all",
        "more 2",
        others[4].user,
        others[3].user,
        others[0].user,
    ]
    assert [rows[dm]["unread"] for dm in dms] == [0, 4, 1, 1, 1]
    assert {name: rows[dms[0]].get(name) for name in SETTINGS} == dict.fromkeys(SETTINGS) | {"pinned": True}
    assert {name: rows[dms[1]].get(name) for name in SETTINGS} == dict.fromkeys(SETTINGS) | settings[1]
    assert {name: rows[dms[2]].get(name) for name in SETTINGS} == dict.fromkeys(SETTINGS) | {"archived": True}
    assert rows[dms[4]]["blocked"]
    assert (rows[group]["title"], rows[group]["unread"]) == ("crowd", 1)
    assert (await listed(fresh))["unread"] == 2, "what is muted, archived or blocked does not count"
    assert rows[mine["conversation"]]["active_at"] == mine["at"]


async def change(phone: Phone, other: Phone, action: str = "block") -> None:
    """Block or unblock."""
    await ok(phone, action, user=other.user)


async def test_paging_down_while_others_talk(connect: Connect, user: Any) -> None:
    """Who was quiet comes once, in order; who moved is higher up."""
    bob, others = await talkers(connect, user, 12)
    everyone = [conversation(bob, other) for other in reversed(others)]
    assert tail(await everything(bob, limit=5), "conversation") == everyone
    seen: list[Row] = []
    page = await listed(bob, limit=3)
    moved = []
    for talker in (others[1], others[11], others[5], None):
        seen += page["conversations"]
        if talker is not None:
            await say(talker, bob, "meanwhile")
            moved.append(conversation(bob, talker))
        if "before" in page:
            page = await listed(bob, limit=3, before=page["before"])
    names = tail(seen, "conversation")
    assert [each for each in names if each not in moved] == [each for each in everyone if each not in moved]
    assert len(names) == len(set(names))
    assert tail(await everything(bob), "conversation")[:3] == moved[::-1]


async def test_settings_reach_the_other_devices(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    tablet = await connect(bob.user, device="tablet")
    for device in (bob, tablet):
        await device.ask("device.register")
    dm = (await say(alice, bob, "hi"))["conversation"]
    ack = await ok(bob, "conversation.set", conversation=dm, pinned=True, muted_until=9_999_999_999_999)
    await tablet.until(lambda: any(event["kind"] == "setting" for event in tablet.events))
    (event,) = [event for event in tablet.events if event["kind"] == "setting"]
    assert event == {
        "kind": "setting",
        "conversation": dm,
        "position": ack["position"],
        "arrival": ack["position"],
        "details": {"muted_until": "9999999999999", "pinned": "true"},
    }
    assert event in (await tablet.mailbox())[0]
    assert [each for each in bob.events + alice.events if each["kind"] == "setting"] == []
    for row in (await only(bob), await only(tablet)):
        assert (row["pinned"], row["muted_until"], "archived" in row) == (True, 9_999_999_999_999, False)
    await ok(tablet, "conversation.set", conversation=dm, pinned=False, muted_until=0)
    assert not set(SETTINGS) & set(await only(bob))
    refused = await alice.ask("conversation.set", client_id=new_id(), conversation=f"{dm}x", pinned=True)
    assert refused["code"] in ("not_found", "forbidden")


async def test_a_resend_does_not_undo_what_came_later(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    dm = (await say(alice, bob, "hi"))["conversation"]
    client_id = new_id()
    first = await ok(bob, "conversation.set", client_id=client_id, conversation=dm, pinned=True)
    await control.advance(1)
    await ok(bob, "conversation.set", conversation=dm, pinned=False)
    for wait_ms in (0, SETTLE_MS + 1):
        await control.advance(wait_ms)
        again = await ok(bob, "conversation.set", client_id=client_id, conversation=dm, pinned=True)
        assert again["position"] == first["position"]
        assert "pinned" not in await only(bob)


@pytest.mark.parametrize("later_ms", [0, FENCE_MS * 2 + 1_000])
async def test_a_worker_that_dies_in_a_setting(
    later_ms: int, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """At every call: the resend finishes it, and every device hears of it."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    tablet = await connect(bob.user, device="tablet")
    for device in (bob, tablet):
        await device.ask("device.register")
    dm = (await say(alice, bob, "hi"))["conversation"]
    unharmed = new_id()
    await ok(bob, "conversation.set", client_id=unharmed, conversation=dm, pinned=True, archived=True)
    made = await recipe(control, "Send", unharmed)
    for call in range(1, len(made) + 1):
        client_id, wanted = new_id(), call % 2 == 0
        await control.misbehave(calls=[kill("Send", client_id, "", "after", call=call)])
        await bob.put("conversation.set", client_id=client_id, conversation=dm, pinned=wanted, archived=wanted)
        await control.idle()
        await control.advance(later_ms)
        ack = await ok(bob, "conversation.set", client_id=client_id, conversation=dm, pinned=wanted, archived=wanted)
        row = await only(tablet)
        assert (row.get("pinned", False), row.get("archived", False)) == (wanted, wanted), (call, made[call - 1])
        events, _ = await tablet.mailbox()
        told = {event["position"]: event["details"] for event in events if event["kind"] == "setting"}
        assert told[ack["position"]] == dict.fromkeys(("archived", "pinned"), str(wanted).lower()), call


async def test_a_group_in_the_list(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Its name for who is in it; who was removed sees up to the removal."""
    alice, bob, carol = [await connect(user(name)) for name in ("alice", "bob", "carol")]
    group = await gathered(alice, [bob.user, carol.user])
    await control.idle()
    row = await only(bob)
    assert (row["conversation"], row["title"], row["unread"], row["last"]["change"]) == (group, "crowd", 0, "created")
    sent = await tell(alice, group, "hello")
    await ok(alice, "group.update", conversation=group, title="renamed")
    row = await only(bob)
    assert (row["title"], row["unread"], row["last"]["change"]) == ("renamed", 1, "updated")
    await confirm(bob, sent)
    assert (await only(bob))["unread"] == 0
    removed = await ok(alice, "group.remove", conversation=group, member=bob.user)
    await control.advance(LEAVES_MS)
    await tell(alice, group, "not for bob")
    await settle(control)
    row = await only(bob)
    assert (row["left"], row["last"]["position"], "title" in row) == (True, removed["position"], False)
    assert (row["last"]["change"], row["unread"]) == ("removed", 0)
    await ok(bob, "conversation.set", conversation=group, archived=True)
    assert (await only(bob))["archived"]
    assert (await only(carol))["last"]["text"] == "not for bob"


async def test_in_bad_weather_the_list_ends_up_right(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    bob, others = await talkers(connect, user, 3)
    for phone in others:
        phone.patience_s = 0.5
    await control.misbehave(seed=3, reorder=2, delay_ms=20, lose_frame=0.1, lose_reply=0.1, throttle=0.1)

    async def talk(phone: Phone) -> None:
        for number in range(6):
            answer = await phone.insist("send", client_id=f"w-{number}", to=bob.user, text=f"{number}")
            assert answer["type"] == "ack", answer

    await gather(*(talk(phone) for phone in others))
    await control.behave()
    await control.idle()
    rows = await everything(bob)
    assert {row["conversation"]: (row["unread"], row["last"]["text"]) for row in rows} == {
        conversation(bob, other): (7, "5") for other in others
    }
    assert tail(rows, "active_at") == sorted(tail(rows, "active_at"), reverse=True)
    assert (await listed(bob))["unread"] == 21
