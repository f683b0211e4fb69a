"""Confirmations in groups: authors hear that everybody has received or read, once it holds and not before."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.group_party import live, party
from tests.e2e.steps import settle
from tests.e2e.test_confirmations import confirm, views


async def test_once_everybody_has_and_not_before(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    group = await party(connect, user, "ann", "bob", "cid")
    ann, bob, cid = group.phones
    sent = await group.say(ann)
    await confirm(bob, sent, "delivered")
    await settle(control)
    assert (live(ann), await group.told(ann)) == ([], [])
    await confirm(cid, sent, "delivered")
    await settle(control)
    delivered = ("delivered", sent["position"])
    assert live(ann) == await group.told(ann) == [delivered]
    await confirm(cid, sent, "read")
    await settle(control)
    assert await group.told(ann) == [delivered]
    await confirm(bob, sent, "read")
    await settle(control)
    assert live(ann) == await group.told(ann) == [delivered, ("read", sent["position"])]
    for reader in (bob, cid):
        assert (live(reader), await group.told(reader)) == ([], [])


async def test_many_messages_of_many_authors_are_read_in_one_frame_each(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    group = await party(connect, user, "ann", "bob", "cid")
    sent = [await group.say(group.phones[number % 2], f"{number}") for number in range(10)]
    await settle(control)
    mark = (await control.mark())["mark"]
    for reader in group.phones:
        await confirm(reader, sent[-1], "read")
    await settle(control)
    used = (await control.meter(mark))["operations"]
    assert used["ack"]["frames_in"] == 3
    assert used["WorkSmall"]["times"] <= 2, used
    for author in group.phones[:2]:
        assert await group.told(author) == [("read", sent[-1]["position"])]
    assert await group.told(group.phones[2]) == []


async def test_one_who_is_offline_is_waited_for(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    group = await party(connect, user, "ann", "bob", "cid")
    ann, bob, cid = group.phones
    await cid.close()
    sent = await group.say(ann)
    await confirm(bob, sent, "read")
    await settle(control)
    assert await group.told(ann) == []
    back = await connect(cid.user)
    assert sent["position"] in [each["position"] for each in (await back.mailbox())[0]]
    await confirm(back, sent, "read")
    await settle(control)
    assert await group.told(ann) == [("read", sent["position"])]


async def test_one_who_joins_later_is_not(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    group = await party(connect, user, "ann", "bob")
    ann, bob = group.phones
    dot = await connect(user("dot"))
    first = await group.say(ann)
    await group.change(ann, "group.add", members=[dot.user])
    second = await group.say(ann)
    await confirm(bob, second, "read")
    await settle(control)
    ((kind, position),) = await group.told(ann)
    assert kind == "read"
    assert first["position"] <= position < second["position"]
    await confirm(dot, second, "read")
    await settle(control)
    assert (await group.told(ann))[1:] == [("read", second["position"])]


@pytest.mark.parametrize("how", ["leave", "remove"])
async def test_one_who_goes_is_no_longer(how: str, connect: Connect, control: AsyncControlClient, user: Any) -> None:
    group = await party(connect, user, "ann", "bob", "cid")
    ann, bob, cid = group.phones
    sent = await group.say(ann)
    await confirm(bob, sent, "read")
    await settle(control)
    assert await group.told(ann) == []
    if how == "leave":
        await group.change(cid, "group.leave")
    else:
        await group.change(ann, "group.remove", member=cid.user)
    await settle(control)
    told = await group.told(ann)
    assert told == [("read", told[0][1])]
    assert told[0][1] >= sent["position"]
    await confirm(cid, sent, "read")
    assert (await cid.ask("receipts", conversation=group.chat, position=sent["position"]))["code"] == "forbidden"


async def test_what_is_taken_back_is_in_nobodys_way(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    group = await party(connect, user, "ann", "bob", "cid")
    ann, bob, cid = group.phones
    lost, sent = await group.say(bob), await group.say(ann)
    for reader in (bob, cid):
        await confirm(reader, sent, "read")
    await settle(control)
    assert await group.told(ann) == [], "ann has not read bob's"
    await group.change(bob, "unsend", position=lost["position"])
    await settle(control)
    ((kind, position),) = await group.told(ann)
    assert kind == "read"
    assert position >= sent["position"]


async def test_one_who_hides_reads(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    group = await party(connect, user, "ann", "bob", "cid")
    ann, bob, cid = group.phones
    await cid.ask("privacy", read_receipts=False)
    sent = await group.say(ann)
    for reader in (bob, cid):
        await confirm(reader, sent, "read")
    await settle(control)
    assert await group.told(ann) == [("delivered", sent["position"])]
    assert await views(ann, sent) == {bob.user: (True, True), cid.user: (True, False)}
    assert await views(cid, sent) == {bob.user: (True, False), cid.user: (True, False)}
