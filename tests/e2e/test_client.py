"""The real client against the host, in bad weather: what people see on their screens is what was written."""

from __future__ import annotations

import asyncio
import random

import pytest

from client import Message, Presence, Receipt, Refused, Setting
from local.control_client import AsyncControlClient
from tests.e2e.app import App, Open, User, live, weather

FLOOD = 1_000


def direct(one: App, other: App) -> str:
    return "dm#" + "#".join(sorted((one.user, other.user)))


@pytest.mark.timeout(180)
async def test_a_thousand_messages_typed_at_once(app: Open, control: AsyncControlClient, user: User) -> None:
    """Nobody waits for an ack; frames are lost and reordered, workers die.  Three devices show all of it in order."""
    alice, laptop = await app(user("alice")), await app(user("alice"), "laptop")
    bob, tablet = await app(user("bob")), await app(user("bob"), "tablet")
    await control.misbehave(**weather(11))
    texts = [f"{number:04}" for number in range(FLOOD)]
    acks = await asyncio.gather(*(alice.client.send(bob.user, text) for text in texts))
    assert [ack.position for ack in acks] == sorted(str(ack.position) for ack in acks)
    for reader in (laptop, bob, tablet):
        await reader.until(lambda reader=reader: len(reader.book.handed) >= FLOOD)
        await reader.client.sync()
        assert len(reader.book.handed) == FLOOD, "each once"
        assert [text for _, text, *_ in reader.book.shown(direct(alice, bob))] == texts
        assert reader.client.conversation(direct(alice, bob))[-1].text == texts[-1]


@pytest.mark.timeout(180)
async def test_edits_unsends_and_reactions_are_the_same_on_every_screen(
    app: Open, control: AsyncControlClient, user: User
) -> None:
    """One device misses half of it and comes back with its state, another begins anew; the history agrees."""
    alice, bob = await app(user("alice")), await app(user("bob"))
    tablet = await app(bob.user, "tablet")
    talk = direct(alice, bob)
    await alice.client.send(bob.user, "hello")
    await bob.until(lambda: bool(bob.client.conversation(talk)))
    dice = random.Random(5)
    await control.misbehave(**weather(5))
    await live([alice, bob], talk, dice, 40)
    await tablet.client.sync()
    await tablet.client.close()
    for each in (alice, bob):
        await each.client.drop()
    await live([alice, bob], talk, dice, 40)
    tablet = await app(bob.user, "tablet", tablet.book)
    await control.behave()
    await control.idle(60)
    for each in (alice, bob, tablet):
        await each.client.sync()
        await each.client.settled()
    expected = await alice.past(talk)
    assert len(expected) > 20
    assert any(edited for _, _, edited, _ in expected)
    assert any(counts for *_, counts in expected)
    assert alice.screen(talk) == expected
    assert bob.screen(talk) == expected
    assert await bob.past(talk) == expected
    assert tablet.book.shown(talk) == expected
    assert len(tablet.book.handed) == len(set(tablet.book.handed))
    anew = await app(alice.user, "anew")
    assert [each.text for each in anew.client.conversation(talk) if each.sender == bob.user] == [
        message.text for message in alice.client.conversation(talk) if message.sender == bob.user
    ]


async def test_hidden_on_one_device_is_hidden_on_the_other(app: Open, user: User) -> None:
    alice, bob = await app(user("alice")), await app(user("bob"))
    tablet = await app(bob.user, "tablet")
    talk = direct(alice, bob)
    ack = await alice.client.send(bob.user, "for everybody else")
    for each in (bob, tablet):
        await each.until(lambda each=each: bool(each.client.conversation(talk)))
    await bob.client.hide(talk, str(ack.position))
    assert bob.screen(talk) == []
    await tablet.until(lambda: tablet.screen(talk) == [])
    assert await bob.past(talk) == []
    assert len(await alice.past(talk)) == 1


async def test_receipts_cover_all_with_one_mark(app: Open, control: AsyncControlClient, user: User) -> None:
    """Delivered by itself, read when said so; twenty messages cost one of each at most a moment apart."""
    alice, bob = await app(user("alice")), await app(user("bob"))
    talk = direct(alice, bob)
    heard: list[Receipt] = []
    alice.client.on_receipt(heard.append)
    await control.misbehave(**weather(3))
    acks = await asyncio.gather(*(alice.client.send(bob.user, f"{n}") for n in range(20)))
    last = str(acks[-1].position)
    await bob.until(lambda: len(bob.book.handed) == 20)
    await alice.until(lambda: any(each.kind == "delivered" and each.position >= last for each in heard))
    assert bob.client.mark_read(talk)
    await alice.until(lambda: any(each.kind == "read" and each.position >= last for each in heard))
    assert {each.reader for each in heard} == {bob.user}
    assert not bob.client.mark_read(talk), "they know"
    (reader,) = [each async for each in alice.client.receipts_of(talk, last)]
    assert reader.user == bob.user
    assert reader.delivered_at
    assert reader.read_at


async def test_a_device_that_is_revoked_ends(app: Open, user: User) -> None:
    """Its socket closes and its token is refused; the others go on."""
    phone = await app(user("alice"))
    tablet = await app(phone.user, "tablet")
    assert {each.device_id: each.own for each in await phone.client.devices.list()} == {"phone": True, "tablet": False}
    await phone.client.devices.revoke("tablet")
    with pytest.raises(Refused):
        async for _ in tablet.client.messages():
            pass
    assert [each.device_id for each in await phone.client.devices.list()] == ["phone"]


async def test_whoever_is_blocked_learns_nothing_and_is_not_heard(
    app: Open, control: AsyncControlClient, user: User
) -> None:
    alice, bob = await app(user("alice")), await app(user("bob"))
    talk = direct(alice, bob)
    await alice.client.send(bob.user, "hello")
    await bob.until(lambda: bool(bob.screen(talk)))
    await bob.client.people.block(alice.user)
    assert [each async for each in bob.client.people.blocks()] == [alice.user]
    ack = await alice.client.send(bob.user, "are you there?")
    assert ack.position
    assert alice.screen(talk)[-1][1] == "are you there?"
    await bob.client.people.unblock(alice.user)
    await alice.client.send(bob.user, "and now?")
    await bob.until(lambda: len(bob.screen(talk)) == 2)
    await control.idle(60)
    await bob.client.sync()
    assert [text for _, text, *_ in bob.screen(talk)] == ["hello", "and now?"]
    assert [each async for each in bob.client.people.blocks()] == []


async def test_who_is_there(app: Open, control: AsyncControlClient, user: User) -> None:
    """Coming and going is told, also after the watcher's own line was cut; a lost goodbye leaves no ghost."""
    alice, bob = await app(user("alice")), await app(user("bob"))
    heard = alice.client.events(Presence)

    async def hear(online: bool) -> None:
        async with asyncio.timeout(30):
            while (await anext(heard)).online is not online:
                pass

    stands = await alice.client.people.watch([bob.user, user("nobody")])
    assert [each.online for each in stands.values()] == [True, False]
    await bob.client.close()
    await hear(False)
    await alice.client.drop()
    await alice.until(alice.client.connected.is_set)
    await alice.client.sync()
    bob = await app(bob.user)
    await hear(True)
    known = alice.client.people.presence(bob.user)
    assert known is not None
    assert known.online
    await control.misbehave(drop_disconnect=1.0)
    await bob.client.close()
    await control.advance(31_000)
    assert not (await alice.client.people.watch([bob.user]))[bob.user].online


async def test_the_conversation_list_and_its_settings(app: Open, user: User) -> None:
    """Unread counts, what was last, and what one device sets the other hears."""
    alice, bob, carol = [await app(user(name)) for name in ("alice", "bob", "carol")]
    laptop = await app(alice.user, "laptop")
    heard = laptop.client.events(Setting)
    for writer, count in ((bob, 3), (carol, 2)):
        for number in range(count):
            await writer.client.send(alice.user, f"{number}")
    first, second = [line async for line in alice.client.conversations()]
    assert (first.conversation, first.unread) == (direct(alice, carol), 2)
    assert (second.conversation, second.unread) == (direct(alice, bob), 3)
    assert isinstance(first.last, Message)
    assert first.last.text == "1"
    assert await alice.client.unread() == 5
    await alice.client.mute(second.conversation, 3_600, mentions=False)
    await alice.client.pin(second.conversation)
    async with asyncio.timeout(30):
        settings = [await anext(heard), await anext(heard)]
    assert [dict(each.details).get("pinned") for each in settings] == [None, "true"]
    alice.client.mark_read(first.conversation)
    await alice.client.settled()
    lines = {line.conversation: line async for line in laptop.client.conversations()}
    assert lines[second.conversation].pinned
    assert lines[second.conversation].muted_until > lines[second.conversation].active_at
    assert not lines[second.conversation].mentions
    assert lines[first.conversation].unread == 0
    assert await alice.client.unread() == 0, "the rest is muted"
