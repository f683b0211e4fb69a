"""Confirmations in a 1:1: marks that cover many messages and many devices, privacy, blocks, receipts on demand."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import conversation, kill, say, tail


async def pair(connect: Connect, user: Any) -> tuple[Phone, Phone]:
    """Two users with a phone each."""
    return await connect(user("alice")), await connect(user("bob"))


async def confirm(reader: Phone, sent: dict[str, Any], kind: str, **more: Any) -> dict[str, Any]:
    """Ack a message that must be answered with a mark."""
    mark = await reader.insist("ack", conversation=sent["conversation"], kind=kind, position=sent["position"], **more)
    assert mark["type"] == "receipt", mark
    return mark


async def receipts_of(phone: Phone) -> list[tuple[str, str]]:
    """Kinds and positions of the receipts in a mailbox, each once, in order of arrival."""
    events, _ = await phone.mailbox()
    found = [(each["receipt"], each["position"]) for each in events if each["kind"] == "receipt"]
    return list(dict.fromkeys(found))


async def views(phone: Phone, sent: dict[str, Any]) -> dict[str, tuple[bool, bool]]:
    """Who has received a message, and who has read it, as told on demand."""
    page = await phone.ask("receipts", conversation=sent["conversation"], position=sent["position"])
    assert page["type"] == "receipts", page
    return {each["user"]: ("delivered_at" in each, "read_at" in each) for each in page["members"]}


async def test_k_messages_read_at_once_cost_one_frame(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await pair(connect, user)
    sent = [await say(alice, bob, f"{number}") for number in range(20)]
    await bob.until(lambda: len(bob.messages()) == 20)
    await control.idle()
    mark = (await control.mark())["mark"]
    await confirm(bob, sent[-1], "read")
    await alice.until(lambda: alice.events)
    used = (await control.meter(mark))["operations"]["ack"]
    assert (used["frames_in"], used["frames_out"]) == (1, 2), used
    (receipt,) = alice.events
    assert all(each["position"] <= receipt["position"] for each in sent)
    for each in sent:
        assert await views(alice, each) == {bob.user: (True, True)}


async def test_several_devices_count_once(connect: Connect, user: Any) -> None:
    """What one has confirmed is confirmed; one that lags behind changes nothing and is told so."""
    alice, bob = await pair(connect, user)
    tablet = await connect(bob.user, device="tablet")
    for device in (bob, tablet):
        await device.ask("device.register")
    first, second = await say(alice, bob, "1"), await say(alice, bob, "2")
    read = await confirm(bob, second, "read")
    lagging = await confirm(tablet, first, "read")
    assert (lagging["position"], lagging["taken_at"]) == (read["position"], read["taken_at"])
    await confirm(tablet, first, "delivered", taken_at=read["taken_at"])
    assert await receipts_of(alice) == [("read", second["position"])]
    for each in (first, second):
        assert await views(alice, each) == {bob.user: (True, True)}
    own = [each for each in (await tablet.mailbox())[0] if each["kind"] == "receipt"]
    assert [(each["reader"], each["position"]) for each in own] == [(bob.user, second["position"])]


async def test_a_receipt_whose_live_frame_is_lost_comes_by_sync(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob = await pair(connect, user)
    sent = await say(alice, bob, "hello")
    await bob.until(bob.messages)
    await control.misbehave(posts=[{"status": 0}])
    await confirm(bob, sent, "delivered")
    await control.idle()
    assert alice.events == []
    assert await receipts_of(alice) == [("delivered", sent["position"])]


@pytest.mark.parametrize("operation", ["GetItem", "BatchGetItem", "UpdateItem", "PutItem", "PostToConnection"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_worker_that_dies_over_a_receipt(
    operation: str, when: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob = await pair(connect, user)
    sent = await say(alice, bob, "hello")
    await bob.until(bob.messages)
    about = {"conversation": sent["conversation"], "kind": "read", "position": sent["position"]}
    await control.misbehave(calls=[kill("Send", '\\"ack\\"', operation, when)])
    await bob.put("ack", **about)
    await control.idle(60)
    mark = await confirm(bob, sent, "read")
    assert mark["position"] == sent["position"]
    assert await receipts_of(alice) == [("read", sent["position"])]


class TestPrivacy:
    async def test_it_stands_for_all_devices(self, connect: Connect, user: Any) -> None:
        phone = await connect(user("alice"))
        tablet = await connect(phone.user, device="tablet")
        given = {"last_seen": "everyone", "read_receipts": True, "previews": "full"}
        asked = await phone.ask("privacy")
        assert {name: asked[name] for name in given} == given
        await phone.ask("privacy", client_id=new_id(), read_receipts=False, previews="sender")
        await tablet.ask("privacy", last_seen="nobody")
        stands = await phone.ask("privacy")
        closed = {"last_seen": "nobody", "read_receipts": False, "previews": "sender"}
        assert {name: stands[name] for name in given} == closed

    async def test_hidden_reads_are_hidden_both_ways(self, connect: Connect, user: Any) -> None:
        alice, bob = await pair(connect, user)
        tablet = await connect(bob.user, device="tablet")
        for device in (bob, tablet):
            await device.ask("device.register")
        assert (await bob.ask("privacy", read_receipts=False))["read_receipts"] is False
        to_bob, to_alice = await say(alice, bob, "hi"), await say(bob, alice, "hello")
        await confirm(bob, to_bob, "read")
        await confirm(alice, to_alice, "read")
        assert await receipts_of(alice) == [("delivered", to_bob["position"])]
        assert await receipts_of(bob) == [
            ("read", to_bob["position"]),
            ("delivered", to_alice["position"]),
        ], "the first is bob's own, for the tablet"
        assert await views(alice, to_bob) == {bob.user: (True, False)}
        assert await views(bob, to_alice) == {alice.user: (True, False)}
        await bob.ask("privacy", read_receipts=True)
        assert await views(bob, to_alice) == {alice.user: (True, True)}


async def test_what_was_withheld_is_never_confirmed(connect: Connect, user: Any) -> None:
    alice, bob = await pair(connect, user)
    before = await say(alice, bob, "before")
    await confirm(bob, before, "delivered")
    assert (await bob.ask("block", client_id=new_id(), user=alice.user))["type"] == "ack"
    hidden = await say(alice, bob, "nobody hears this")
    await confirm(bob, before, "read")
    refused = await bob.ask("ack", conversation=hidden["conversation"], kind="read", position=hidden["position"])
    assert refused["code"] == "not_found"
    assert await receipts_of(alice) == [("delivered", before["position"])]
    assert await views(alice, before) == {bob.user: (True, False)}
    assert (await bob.ask("unblock", client_id=new_id(), user=alice.user))["type"] == "ack"
    after = await say(alice, bob, "after")
    await confirm(bob, after, "read")
    await alice.until(lambda: len(alice.events) == 2)
    receipt = alice.events[-1]
    covered = [each for each in (hidden, after) if receipt["after"] < each["position"] <= receipt["position"]]
    assert tail(covered, "position") == [after["position"]]
    assert await views(alice, hidden) == {bob.user: (False, False)}
    assert await views(alice, after) == {bob.user: (True, True)}


async def test_who_may_ask(connect: Connect, user: Any) -> None:
    alice, bob = await pair(connect, user)
    eve = await connect(user("eve"))
    sent = await say(alice, bob, "hello")
    for phone in (alice, bob):
        assert await views(phone, sent) == {bob.user: (False, False)}
    about = {"conversation": sent["conversation"], "position": sent["position"]}
    assert (await eve.ask("receipts", **about))["code"] == "forbidden"
    assert (await eve.ask("ack", kind="read", **about))["code"] == "forbidden"
    nothing = {"conversation": conversation(alice, eve), "position": sent["position"]}
    assert (await alice.ask("receipts", **nothing))["code"] == "not_found"
