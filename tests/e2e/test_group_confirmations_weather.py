"""Confirmations in groups in bad weather: many devices, crowds, duplicates, deaths, lost frames, the real client."""

from __future__ import annotations

from typing import Any

import pytest

from client import Receipt
from local.control_client import AsyncControlClient
from tests.e2e.app import Open
from tests.e2e.conftest import Connect
from tests.e2e.group_party import live, party
from tests.e2e.steps import YOUNG_MS, gather, kill, recipe, settle
from tests.e2e.tables import registry
from tests.e2e.test_confirmations import confirm, views
from tests.e2e.test_kills import struck


async def test_several_devices_count_once(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    group = await party(connect, user, "ann", "bob")
    ann, bob = group.phones
    tablet = await connect(bob.user, device="tablet")
    for device in (bob, tablet):
        await device.ask("device.register")
    sent = await group.say(ann)
    read = await confirm(bob, sent, "read")
    await confirm(tablet, sent, "delivered", taken_at=read["taken_at"])
    await settle(control)
    assert live(ann) == await group.told(ann) == [("read", sent["position"])]
    own = [each for each in (await tablet.mailbox())[0] if each["kind"] == "receipt"]
    assert [(each["reader"], each["receipt"]) for each in own] == [(bob.user, "read")]
    assert await views(ann, sent) == {bob.user: (True, True)}


async def test_in_bad_weather(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Everything comes twice and late, frames and replies are lost, calls fail, no live frame arrives."""
    group = await party(connect, user, "ann", "bob", "cid", "dot")
    ann, *readers = group.phones
    await control.misbehave(
        seed=7,
        duplicate_records=0.5,
        duplicate_messages=0.5,
        stream_delay_ms=200,
        delay_ms=200,
        lose_frame=0.1,
        lose_reply=0.1,
        posts=[{"status": 0}],
        calls=[
            {"action": "error", "function": "Work", "operation": operation, "times": None, "probability": 0.2}
            for operation in ("Query", "BatchGetItem", "UpdateItem")
        ],
    )
    for phone in group.phones:
        phone.patience_s = 1.0
    sent = []
    for round_ in range(4):
        sent.append(await group.say(ann, f"{round_}"))
        await gather(*(confirm(reader, sent[-1], "delivered") for reader in readers))
        await gather(*(confirm(reader, sent[-1], "read") for reader in readers[: 2 + round_ % 2]))
        read = [position for kind, position in await group.told(ann) if kind == "read"]
        by_all = sent[round_ // 2 * 2 - 1 + round_ % 2 * 2]["position"] if round_ else ""
        assert all(position <= by_all for position in read), "dot reads in every other round"
    await control.behave()
    await control.misbehave(posts=[{"status": 0}])
    await settle(control)
    told = await group.told(ann)
    assert ("read", sent[-1]["position"]) in told, "the last round was read by everybody"
    assert live(ann) == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("function", "about"), [("Plan", '"tally"'), ("Work", '\\"tally\\"')])
async def test_a_worker_that_dies_at_any_call_of_a_tally(
    function: str, about: str, when: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    group = await party(connect, user, "ann", "bob")
    ann, bob = group.phones
    first = await group.say(ann)
    await confirm(bob, first, "read")
    await settle(control)
    assert await group.told(ann) == [("read", first["position"])]
    made = await recipe(control, function, about)
    assert made
    for call in range(1, len(made) + 1):
        sent = await group.say(ann, f"{call}")
        rule = kill(function, about, "", when) | {"call": call}
        await control.misbehave(calls=[rule])
        await confirm(bob, sent, "read")
        await settle(control)
        assert await struck(control, function, group.chat)
        assert (await group.told(ann))[-1] == ("read", sent["position"]), (call, made[call - 1])


async def test_a_crowd(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """More than the sender writes to; few of their confirmations ask for a job; who exactly is said page by page."""
    names = [f"u{number:02d}" for number in range(28)]
    group = await party(connect, user, "ann", *names)
    ann, *readers = group.phones
    sent = await group.say(ann)
    await gather(*(reader.until(reader.messages) for reader in readers))
    await settle(control)
    mark = (await control.mark())["mark"]
    for reader in readers[:-1]:
        await confirm(reader, sent, "read")
    await settle(control)
    assert await group.told(ann) == []
    await confirm(readers[-1], sent, "read")
    await settle(control)
    assert live(ann) == await group.told(ann) == [("read", sent["position"])]
    used = (await control.meter(mark))["operations"]
    assert used["ack"]["write"] <= len(readers) + 12, "most of them found that they change nothing"
    found: list[str] = []
    fields: dict[str, Any] = {"limit": 10}
    while True:
        page = await ann.ask("receipts", conversation=group.chat, position=sent["position"], **fields)
        assert all("read_at" in each for each in page["members"])
        found += [each["user"] for each in page["members"]]
        if "after" not in page:
            break
        fields = {"limit": 10, "after": page["after"]}
    assert sorted(found) == sorted(reader.user for reader in readers)
    eve = await connect(user("eve"))
    for action in ("receipts", "ack"):
        about = {"conversation": group.chat, "position": sent["position"]}
        refused = await eve.ask(action, **about, **({"kind": "read"} if action == "ack" else {}))
        assert refused["code"] == "forbidden"


async def test_a_phone_that_has_gone_is_forgotten(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The job posts to a socket of which the gateway knows nothing any more; the author's next sync has it all."""
    group = await party(connect, user, "ann", "bob")
    ann, bob = group.phones
    sent = await group.say(ann)
    await confirm(bob, sent, "read")
    await control.advance(YOUNG_MS + 1)
    await control.misbehave(posts=[{"status": 410}])
    await settle(control)
    assert await registry(control, ann.user) == {}
    await control.behave()
    assert await group.told(ann) == [("read", sent["position"])]
    assert await registry(control, ann.user) != {}, "the sync has entered it again"


async def test_the_real_client_hears_of_everybody(app: Open, control: AsyncControlClient, user: Any) -> None:
    """Delivered by itself, read when said so."""
    ann, bob, cid = await app(user("ann")), await app(user("bob")), await app(user("cid"))
    made = await ann.client.groups.create("party", [bob.user, cid.user])
    heard: list[Receipt] = []
    ann.client.on_receipt(heard.append)
    acks = [await ann.client.send(made.conversation, f"{number}") for number in range(5)]
    last = str(acks[-1].position)
    for reader in (bob, cid):
        await reader.until(lambda reader=reader: len(reader.book.handed) == 5)
    assert bob.client.mark_read(made.conversation)
    await bob.client.settled()
    await settle(control)
    await ann.until(lambda: any(each.kind == "delivered" and each.position >= last for each in heard))
    assert not [each for each in heard if each.kind == "read"]
    assert cid.client.mark_read(made.conversation)
    await cid.client.settled()
    await settle(control)
    await ann.until(lambda: any(each.kind == "read" and each.position >= last for each in heard))
    assert {each.reader for each in heard} == {None}
