"""The real client in bad weather: profiles, requests, mutes and people search; each change once, the last stands."""

from __future__ import annotations

import asyncio

import pytest

from client import RequestError
from local.control_client import AsyncControlClient
from tests.e2e.app import Open, User, weather
from tests.e2e.steps import settle


async def test_a_private_circle(app: Open, control: AsyncControlClient, user: User) -> None:
    """Frames and replies are lost and reordered; the client resends by itself."""
    ann, bob, eve = [await app(user(name)) for name in ("ann", "bob", "eve")]
    handle = f"{ann.user[:8]}_ann"
    await control.misbehave(**weather(11))
    for number in ("two", "three", "four", "five"):
        said = await ann.client.people.profile(name=f"Q{ann.user[:8]} number {number}")
    assert (said.name or "").endswith("number five")
    await ann.client.people.profile(handle=handle, private=True)
    with pytest.raises(RequestError) as refused:
        await eve.client.people.profile(handle=handle.upper())
    assert refused.value.code == "handle_taken"
    await ann.client.post("for friends")
    acks = await asyncio.gather(bob.client.follow(ann.user), eve.client.follow(ann.user))
    assert [ack.requested for ack in acks] == [True, True]
    asking = [each async for each in ann.client.people.requests()]
    assert asking == sorted((bob.user, eve.user))
    await asyncio.gather(ann.client.people.accept(bob.user), ann.client.people.decline(eve.user))
    await control.behave()
    await settle(control)
    assert [post.text for post in (await bob.client.home()).posts] == ["for friends"]
    assert (await eve.client.home()).posts == ()
    person = await bob.client.people.by_handle(f"@{handle}")
    assert (person.profile.user, person.followers, person.following) == (ann.user, 1, True)
    assert [each async for each in ann.client.people.followers()] == [bob.user]
    assert [each.user async for each in eve.client.people.search(f"q{ann.user[:8]} five")] == [ann.user]
    assert [each.user async for each in eve.client.people.search(f"q{ann.user[:8]} two")] == []
    await bob.client.people.profile(name=f"王{bob.user[:8]}")
    assert bob.user in [each.user async for each in eve.client.people.search("王")]
    await bob.client.people.mute(ann.user)
    assert (await bob.client.home()).posts == ()
    await bob.client.people.unmute(ann.user)
    assert [post.text for post in (await bob.client.home()).posts] == ["for friends"]
    await bob.client.unfollow(ann.user)
    assert (await bob.client.people.look_up([ann.user]))[ann.user].followers == 0
