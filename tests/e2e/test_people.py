"""Profiles, handles, counts, private accounts and mutes over real sockets, whatever is in the way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.people_steps import answered, counts, handle, person, relation, say
from tests.e2e.phone import new_id
from tests.e2e.steps import SETTLE_MS, fail, follow, gather, kill, pause, publish, settle, tail


async def test_a_profile_is_seen_by_the_next_look(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    said = {"handle": handle(alice, "Al"), "name": "Alice", "bio": "hi", "avatar": "https://example.org/a.png"}
    reply = await say(alice, **said)
    assert {name: reply[name] for name in said} == said
    for look in ({"handle": handle(alice, "aL")}, {"users": [alice.user]}):
        (found,) = (await bob.ask("people", **look))["people"]
        assert {name: found[name] for name in said} == said
    await say(alice, name="", bio="")
    found = await person(bob, alice)
    assert "name" not in found
    assert (found["handle"], found["avatar"]) == (said["handle"], said["avatar"])


async def test_a_handle_has_one_owner_however_many_want_it(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    crowd = [await connect(user(f"u{number}")) for number in range(6)]
    wanted = handle(crowd[0], "it")
    replies = await gather(*(say(phone, handle=wanted, bio=phone.user) for phone in crowd))
    winners = [phone for phone, reply in zip(crowd, replies, strict=True) if reply["type"] == "profile"]
    assert [reply["code"] for reply in replies if reply["type"] == "error"] == ["handle_taken"] * 5
    (winner,) = winners
    (found,) = (await crowd[0].ask("people", handle=wanted))["people"]
    assert (found["user"], found["bio"]) == (winner.user, winner.user)
    await say(winner, handle=handle(winner, "else"))
    loser = next(phone for phone in crowd if phone is not winner)
    assert (await say(loser, handle=wanted))["handle"] == wanted
    (found,) = (await winner.ask("people", handle=wanted))["people"]
    assert found["user"] == loser.user


async def test_an_older_change_that_runs_late_takes_nothing_back(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """Two devices at once, and the first one's function is slow."""
    alice = await connect(user("alice"))
    laptop = await connect(alice.user, device="laptop")
    late = new_id()
    await control.misbehave(calls=[pause("Timeline", late, "UpdateItem", call=3)])
    slow = await alice.put("profile", client_id=late, name="old", bio="old")
    await control.stopped(at_least=1)
    assert (await laptop.ask("profile", client_id=new_id(), name="new"))["name"] == "new"
    await control.release("paused")
    stands = await alice.reply(slow)
    assert (stands["name"], stands["bio"]) == ("new", "old")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_worker_that_dies_between_two_handles_leaves_one(
    when: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    old, new = handle(alice, "old"), handle(alice, "new")
    await say(alice, handle=old)
    dying = new_id()
    await control.misbehave(calls=[kill("Timeline", dying, "TransactWriteItems", when)])
    assert (await alice.insist("profile", client_id=dying, handle=new))["handle"] == new
    await control.behave()
    assert (await say(bob, handle=old))["handle"] == old
    for owner, each in ((alice, new), (bob, old)):
        (found,) = (await bob.ask("people", handle=each))["people"]
        assert found["user"] == owner.user


async def test_counts_are_exact_when_a_crowd_comes_and_goes(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    author, crowd = await connect(user("author")), [await connect(user(f"u{number}")) for number in range(8)]
    await control.misbehave(calls=[fail("Timeline", "", "TransactWriteItems", "ThrottlingException", times=6)])
    acks = await gather(
        *(phone.insist("follow", client_id=new_id(), user=author.user) for phone in crowd for _ in range(2))
    )
    assert {ack["type"] for ack in acks} == {"ack"}
    await gather(*(phone.insist("unfollow", client_id=new_id(), user=author.user) for phone in crowd[:3]))
    await control.behave()
    assert await counts(crowd[0], author) == (5, 0)
    assert [await counts(author, phone) for phone in crowd] == [(0, 0)] * 3 + [(0, 1)] * 5
    seen, after = list[str](), None
    while True:
        page = await crowd[0].ask("followers", user=author.user, limit=2, **({"after": after} if after else {}))
        seen, after = seen + page["users"], page.get("after")
        if after is None:
            break
    assert sorted(seen) == sorted(phone.user for phone in crowd[3:])
    assert (await crowd[4].ask("following"))["users"] == [author.user]
    assert (await author.ask("following", user=crowd[0].user))["users"] == []


async def test_a_private_account_from_request_to_timeline(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob, carol = [await connect(user(name)) for name in ("alice", "bob", "carol")]
    await say(alice, private=True)
    position = await publish(alice, "for followers")
    for phone in (bob, carol):
        ack = await phone.ask("follow", client_id=new_id(), user=alice.user)
        assert (ack["type"], ack["requested"]) == ("ack", True)
    await settle(control)
    assert await relation(bob, alice) == {"requested"}
    assert await counts(bob, alice) == (0, 0)
    assert (await bob.home(), (await bob.ask("timeline.user", user=alice.user))["code"]) == ([], "forbidden")
    seen = await bob.ask("post.get", author=alice.user, position=position)
    assert seen["code"] == "not_found"
    assert (await alice.ask("follow.requests"))["users"] == sorted((bob.user, carol.user))
    await answered(alice, "follow.accept", bob.user)
    await answered(alice, "follow.decline", carol.user)
    await settle(control)
    assert await relation(bob, alice) == {"following"}
    assert await counts(bob, alice) == (1, 0)
    assert (
        tail(await bob.home()) == tail((await bob.ask("timeline.user", user=alice.user))["posts"]) == ["for followers"]
    )
    assert (await relation(carol, alice), await carol.home()) == (set(), [])
    assert (await alice.ask("follow.requests"))["users"] == []
    await say(alice, private=False)
    await follow(carol, alice)
    await settle(control)
    assert tail(await carol.home()) == ["for followers"]


@pytest.mark.parametrize("operation", ["PutItem", "TransactWriteItems", "SendMessage"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_worker_that_dies_on_an_accept_leaves_no_half(
    operation: str, when: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await say(alice, private=True)
    await publish(alice, "old")
    await bob.ask("follow", client_id=new_id(), user=alice.user)
    dying = new_id()
    await control.misbehave(calls=[kill("Timeline", dying, operation, when)])
    first = await answered(alice, "follow.accept", bob.user, dying)
    await control.behave()
    assert await answered(alice, "follow.accept", bob.user, dying) == first
    await control.advance(SETTLE_MS + 1)
    assert await answered(alice, "follow.accept", bob.user, dying) == first
    await settle(control)
    assert tail(await bob.home()) == ["old"]
    assert await counts(alice, alice) == (1, 0)


async def test_accept_and_unfollow_at_once(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Either way the edge, the counts and the timeline agree."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await say(alice, private=True)
    await publish(alice, "old")
    for _ in range(4):
        await bob.insist("follow", client_id=new_id(), user=alice.user)
        await gather(
            alice.insist("follow.accept", client_id=new_id(), user=bob.user),
            bob.insist("unfollow", client_id=new_id(), user=alice.user),
        )
        following = "following" in await relation(bob, alice)
        assert await counts(bob, alice) == (int(following), 0)
        assert (await alice.ask("follow.requests"))["users"] == []
        await bob.insist("unfollow", client_id=new_id(), user=alice.user)
        await settle(control)
        assert await bob.home() == []


async def test_a_block_ends_the_request_and_hides_both(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await say(alice, private=True)
    await bob.ask("follow", client_id=new_id(), user=alice.user)
    await alice.insist("block", client_id=new_id(), user=bob.user)
    assert (await alice.ask("follow.requests"))["users"] == []
    assert (await bob.ask("people", users=[alice.user]))["people"] == []
    assert await relation(alice, bob) == {"blocked"}
    assert (await alice.ask("follow.accept", client_id=new_id(), user=bob.user))["code"] == "not_found"
    for action in ("followers", "following"):
        assert (await bob.ask(action, user=alice.user))["code"] == "unknown_user"


async def test_mutes_hide_at_once_and_bring_all_back(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    loud, calm, reader = [await connect(user(name)) for name in ("loud", "calm", "reader")]
    for author in (loud, calm):
        await follow(reader, author)
    noise = await publish(loud, "noise")
    await publish(calm, "news")
    await calm.ask("repost", client_id=new_id(), author=loud.user, position=noise)
    await settle(control)
    assert sorted(tail(await reader.home())) == ["", "news", "noise"]
    dying = new_id()
    await control.misbehave(calls=[kill("Timeline", dying, "TransactWriteItems", "after")])
    ack = await reader.insist("mute", client_id=dying, user=loud.user)
    assert ack["type"] == "ack"
    await control.behave()
    assert tail(await reader.home()) == ["news"], "nor what others pass on of them"
    assert (await reader.ask("mutes"))["users"] == [loud.user]
    assert await relation(reader, loud) == {"following", "muted"}
    await reader.insist("unmute", client_id=new_id(), user=loud.user)
    assert (await reader.insist("mute", client_id=dying, user=loud.user))["position"] == ack["position"]
    assert sorted(tail(await reader.home())) == ["", "news", "noise"], "the resend of the mute undoes nothing"


async def test_who_mutes_at_once_on_two_devices_agrees(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    loud, phone = await connect(user("loud")), await connect(user("reader"))
    laptop = await connect(phone.user, device="laptop")
    for _ in range(3):
        acks = await asyncio.gather(
            phone.insist("mute", client_id=new_id(), user=loud.user),
            laptop.insist("unmute", client_id=new_id(), user=loud.user),
        )
        muted = acks[0]["position"] > acks[1]["position"]
        assert (await phone.ask("mutes"))["users"] == ([loud.user] if muted else [])
        assert ("muted" in await relation(phone, loud)) is muted
