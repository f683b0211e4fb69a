"""The real client in groups, in bad weather: one order, the same screens, and who sees what of a membership."""

from __future__ import annotations

import asyncio
import random

import pytest

from client import GroupChange, Receipt, RequestError, Typing
from local.control_client import AsyncControlClient
from tests.e2e.app import App, Open, User, live, weather


def changes(app: App, group: str) -> list[str]:
    """What happened to the group, as a device shows it."""
    return [entry.change for entry in app.client.entries(group) if isinstance(entry, GroupChange)]


async def made(owner: App, *others: App) -> str:
    """A group of these people, which all of them know."""
    ack = await owner.client.groups.create("Weekend", [other.user for other in others])
    assert ack.not_added == ()
    group = str(ack.conversation)
    await owner.client.settled()
    for each in (owner, *others):
        await each.until(lambda each=each: changes(each, group) == ["created"])
    return group


@pytest.mark.timeout(240)
async def test_three_people_write_at_once(app: Open, control: AsyncControlClient, user: User) -> None:
    """Texts, edits, unsends and reactions; one is away for a while; in the end every screen and history agrees."""
    alice, bob, carol = [await app(user(name)) for name in ("alice", "bob", "carol")]
    tablet = await app(carol.user, "tablet")
    group = await made(alice, bob, carol)
    await alice.client.send(group, "hello")
    await bob.until(lambda: bool(bob.client.conversation(group)))
    dice = random.Random(8)
    await control.misbehave(**weather(8))
    await live([alice, bob, carol], group, dice, 30)
    await tablet.client.sync()
    await tablet.client.close()
    for each in (alice, bob):
        await each.client.drop()
    await live([alice, bob, carol], group, dice, 30)
    tablet = await app(carol.user, "tablet", tablet.book)
    await control.behave()
    await control.idle(100)
    for each in (alice, bob, carol, tablet):
        await each.client.sync()
        await each.client.settled()
    expected = await alice.past(group)
    assert len(expected) > 15
    for each in (alice, bob, carol):
        assert each.screen(group) == expected, each.user
        assert await each.past(group) == expected, each.user
        assert len(each.book.handed) == len(set(each.book.handed))
    assert tablet.book.shown(group) == expected
    assert len(tablet.book.handed) == len(set(tablet.book.handed))


@pytest.mark.timeout(120)
async def test_who_joins_and_who_goes(app: Open, control: AsyncControlClient, user: User) -> None:
    """What is typed behind `add` comes after it; a newcomer sees nothing earlier, who was removed nothing later."""
    alice, bob, dave = [await app(user(name)) for name in ("alice", "bob", "dave")]
    group = await made(alice, bob)
    await control.misbehave(**weather(9))
    await alice.client.send(group, "before")
    _, welcome = await asyncio.gather(
        alice.client.groups.add(group, [dave.user]), alice.client.send(group, "welcome", mentions=[dave.user])
    )
    for each in (bob, dave):
        await each.until(lambda each=each: any(text == "welcome" for _, text, *_ in each.screen(group)))
    assert [text for _, text, *_ in dave.screen(group)] == ["welcome"]
    assert changes(dave, group) == ["added"]
    (added, said) = dave.client.entries(group)
    assert isinstance(added, GroupChange)
    assert added.users == (dave.user,)
    assert (added.position < said.position) and said.position == welcome.position
    await alice.client.groups.remove(group, bob.user)
    await bob.until(lambda: "removed" in changes(bob, group))
    await control.advance(30_000)
    await alice.client.send(group, "without bob")
    await dave.until(lambda: dave.screen(group)[-1][1] == "without bob")
    with pytest.raises(RequestError) as refused:
        await bob.client.send(group, "but I")
    assert refused.value.code in ("forbidden", "not_found")
    await control.behave()
    await control.idle(100)
    await bob.client.sync()
    assert [text for _, text, *_ in bob.screen(group)] == ["before", "welcome"]
    assert {member.user async for member in dave.client.groups.members(group)} == {alice.user, dave.user}
    await alice.client.groups.leave(group)
    info = await dave.client.groups.info(group)
    assert (info.role, info.members) == ("owner", 1)


async def test_a_change_is_the_same_for_whoever_made_it(app: Open, control: AsyncControlClient, user: User) -> None:
    """Also one that changed nothing."""
    alice, bob = await app(user("alice")), await app(user("bob"))
    group = await made(alice, bob)
    await alice.client.groups.update(group, title="Sunday", description="the lake")
    await alice.client.groups.add(group, [bob.user])
    await alice.client.groups.role(group, bob.user, "admin")
    await bob.client.groups.update(group, title="Monday")
    await control.idle(60)
    for each in (alice, bob):
        await each.client.sync()
        await each.client.settled()
    shown = [
        [(entry.sender, entry.change, entry.users, entry.details) for entry in each.client.entries(group)]
        for each in (alice, bob)
        if all(isinstance(entry, GroupChange) for entry in each.client.entries(group))
    ]
    assert len(shown) == 2
    assert shown[0] == shown[1]
    assert changes(alice, group) == ["created", "updated", "role", "updated"]


@pytest.mark.timeout(120)
async def test_receipts_in_a_group(app: Open, control: AsyncControlClient, user: User) -> None:
    """Everybody's mark comes by itself; who exactly has read it, is asked."""
    alice, bob, carol = [await app(user(name)) for name in ("alice", "bob", "carol")]
    group = await made(alice, bob, carol)
    heard: list[Receipt] = []
    alice.client.on_receipt(heard.append)
    position = str((await alice.client.send(group, "who is in?")).position)
    for each in (bob, carol):
        await each.until(lambda each=each: bool(each.screen(group)))
        await each.client.settled()
    bob.client.mark_read(group)
    await bob.client.settled()
    readers = {reader.user: reader async for reader in alice.client.receipts_of(group, position)}
    assert set(readers) == {bob.user, carol.user}
    assert readers[bob.user].read_at
    assert readers[carol.user].delivered_at
    assert not readers[carol.user].read_at
    carol.client.mark_read(group)
    await carol.client.settled()
    await control.idle(100, advance_ms=10_000)
    await alice.until(lambda: any(each.kind == "read" and each.position >= position for each in heard))
    assert {each.reader for each in heard} == {None}


async def test_typing_is_heard_by_who_looks(app: Open, user: User) -> None:
    alice, bob = await app(user("alice")), await app(user("bob"))
    group = await made(alice, bob)
    heard = bob.client.events(Typing)
    await bob.client.groups.watch(group)
    alice.client.typing(group)
    async with asyncio.timeout(30):
        typing = await anext(heard)
    assert (typing.user, typing.conversation, typing.typing) == (alice.user, group, True)
    direct = str((await alice.client.send(bob.user, "they have met")).conversation)
    alice.client.typing(direct)
    async with asyncio.timeout(30):
        assert (await anext(heard)).conversation == direct
