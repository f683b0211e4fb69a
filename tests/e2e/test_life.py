"""A message's life through sockets: what everybody is told, whatever the weather, and what nobody holds any more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.life_steps import FIELDS, about, change, held, history, logged, shown, trio
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import SETTLE_MS, conversation, kill, pause, say, settle, tail


async def test_everybody_is_told_live_by_sync_and_by_history(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, laptop, bob = await trio(connect, user)
    sent = await say(alice, bob, "hello")
    edit = await change(alice, "edit", sent, text="HELLO")
    await change(bob, "react", sent, emoji="👍")
    reply = await bob.ask(
        "send", client_id=new_id(), to=alice.user, text="re", reply_to=sent["position"], mentions=[alice.user]
    )
    for phone, kinds in (
        (bob, ["message", "edit"]),
        (laptop, ["message", "edit", "reaction", "message"]),
        (alice, ["reaction", "message"]),
    ):
        await phone.until(lambda phone=phone, kinds=kinds: len(phone.events) == len(kinds))
        assert tail(phone.events, "kind") == kinds
        synced, _ = await phone.mailbox()
        assert shown(synced).items() >= ({sent["position"]: "HELLO"} if phone is not alice else {}).items()
    assert alice.events[-1]["reply_to"] == sent["position"]
    assert alice.events[-1]["mentions"] == [alice.user]
    page = await history(await connect(bob.user, device="fresh"), sent["conversation"])
    assert [(each["position"], each["text"]) for each in page["events"]] == [
        (reply["position"], "re"),
        (sent["position"], "HELLO"),
    ]
    assert page["events"][1]["edited"] == edit["position"]
    assert page["reactions"] == {sent["position"]: [{"emoji": "👍", "count": 1, "mine": True}]}


async def test_a_hide_is_seen_by_the_other_devices_and_by_nobody_else(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, laptop, bob = await trio(connect, user)
    sent = await say(alice, bob, "only for you")
    await change(alice, "hide", sent)
    await laptop.until(lambda: "hidden" in tail(laptop.events, "kind"))
    fresh = await connect(alice.user, device="fresh")
    for device in (laptop, fresh):
        assert shown((await device.mailbox())[0]) == {}
        assert (await history(device, sent["conversation"]))["events"] == []
    assert shown((await bob.mailbox())[0]) == {sent["position"]: "only for you"}
    assert tail((await history(bob, sent["conversation"]))["events"]) == ["only for you"]
    assert "hidden" not in tail(bob.events, "kind")


async def test_what_was_deleted_on_the_only_device_stays_so_on_a_later_one(connect: Connect, user: Any) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    sent = await say(alice, bob, "only for you")
    await change(bob, "hide", sent)
    fresh = await connect(bob.user, device="fresh")
    events, _ = await fresh.mailbox()
    assert tail(events, "kind") == ["message", "hidden"]
    assert shown(events) == {}


@pytest.mark.parametrize("edited", [False, True], ids=["as it was", "edited"])
async def test_an_unsend_leaves_the_text_nowhere(
    edited: bool, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, laptop, bob = await trio(connect, user)
    sent = await say(alice, bob, "doomed")
    if edited:
        await change(alice, "edit", sent, text="doomed")
    kept = await say(alice, bob, "kept")
    await change(laptop, "unsend", sent)
    await settle(control)
    assert await held(control, "doomed", alice.user, bob.user) == []
    assert not [item for item in await logged(control, sent["conversation"]) if "doomed" in str(item)]
    for reader in (bob, await connect(alice.user, device="fresh")):
        assert shown((await reader.mailbox())[0]) == {kept["position"]: "kept"}
        assert tail((await history(reader, sent["conversation"]))["events"]) == ["kept"]


async def test_an_unsend_beats_a_copy_that_is_written_after_the_first_sweep(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """The message's own worker stands before its mailboxes until the first sweep has run."""
    alice, laptop, bob = await trio(connect, user)
    client_id = new_id()
    await control.misbehave(calls=[pause("Send", client_id, "BatchWriteItem")])
    sending = await alice.put("send", client_id=client_id, to=bob.user, text="doomed")
    await control.stopped(at_least=1)
    place = await the_position(control, conversation(alice, bob), client_id)
    await change(laptop, "unsend", {"conversation": conversation(alice, bob), "position": place})
    await control.idle()
    await control.release("paused")
    assert (await alice.reply(sending))["type"] == "ack"
    assert len(await held(control, "doomed", alice.user, bob.user)) == 2
    await settle(control)
    assert await held(control, "doomed", alice.user, bob.user) == []
    assert shown((await bob.mailbox())[0]).keys().isdisjoint({place})


async def the_position(control: AsyncControlClient, chat: str, client_id: str) -> str:
    """Where a message stands in the log."""
    (found,) = [item for item in await logged(control, chat) if item["client_id"]["S"] == client_id]
    return str(found["item"]["S"]).removeprefix("log#")


@pytest.mark.parametrize("late", ["before the unsend", "after the unsend"])
async def test_an_unsend_beats_a_late_resend(
    late: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """The first try died before it wrote a mailbox; the resend comes past T, under an arrival of its own."""
    alice, laptop, bob = await trio(connect, user)
    fields = {"client_id": new_id(), "to": bob.user, "text": "doomed"}
    await control.misbehave(calls=[kill("Send", fields["client_id"], "BatchWriteItem")])
    await alice.put("send", **fields)
    await control.idle()
    await control.advance(SETTLE_MS + 1_000)
    place = await the_position(control, conversation(alice, bob), fields["client_id"])
    if late == "before the unsend":
        assert (await alice.insist("send", **fields))["position"] == place
        assert {arrival > place for _, arrival in await held(control, "doomed", alice.user, bob.user)} == {True}
    await change(laptop, "unsend", {"conversation": conversation(alice, bob), "position": place})
    await settle(control)
    assert (await alice.insist("send", **fields))["position"] == place
    assert await held(control, "doomed", alice.user, bob.user) == []
    await bob.until(lambda: "unsend" in tail(bob.events, "kind"))


async def test_edits_in_bad_weather_end_with_the_same_text_everywhere(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """Two devices edit as fast as they can through a host that reorders, delays, loses and duplicates."""
    alice, laptop, bob = await trio(connect, user)
    sent = [await say(alice, bob, f"text {number}") for number in range(3)]
    gone = sent.pop()
    await control.misbehave(
        seed=7, reorder=3, delay_ms=80, lose_frame=0.1, lose_reply=0.1, duplicate_records=0.5, duplicate_messages=0.5
    )
    for device in (alice, laptop, bob):
        device.patience_s = 1.0

    async def edit(device: Phone, ack: dict[str, Any], number: int) -> dict[str, Any]:
        return await device.insist("edit", **about(ack, text=f"{device.device} {number}"))

    edits = [edit(device, ack, number) for number in range(4) for ack in sent for device in (alice, laptop)]
    others = [bob.insist("react", **about(ack, emoji="👍")) for ack in sent]
    acks = await asyncio.gather(*edits, *others, laptop.insist("unsend", **about(gone)))
    assert {ack["type"] for ack in acks} == {"ack"}
    await control.behave()
    await settle(control)
    expected = {item["item"]["S"].removeprefix("log#"): item for item in await logged(control, gone["conversation"])}
    texts = {ack["position"]: expected[ack["position"]]["text"]["S"] for ack in sent}
    for reader in (bob, laptop, await connect(bob.user, device="fresh")):
        assert shown((await reader.mailbox())[0]) == texts
        page = await history(reader, gone["conversation"])
        assert {each["position"]: each["text"] for each in page["events"]} == texts
    # Bob was connected all the time: what came live, in whatever order, tells the same.
    assert shown((await bob.mailbox())[0] + bob.events) == texts


@pytest.mark.parametrize("action", FIELDS)
async def test_what_is_gone_is_not_found_and_a_resend_is_acked_alike(
    action: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, _, bob = await trio(connect, user)
    sent = await say(alice, bob, "hello")
    frame = about(sent, **FIELDS[action])
    first = await alice.ask(action, **frame)
    if action != "unsend":
        await change(alice, "unsend", sent)
    for later in (0, SETTLE_MS + 1_000):
        await control.advance(later)
        again = await alice.insist(action, **frame)
        assert (again["type"], again["position"]) == ("ack", first["position"])
        if action != "hide":  # what is hidden already may be hidden again, whatever has become of it
            assert (await alice.ask(action, **about(sent, **FIELDS[action])))["code"] == "not_found"
