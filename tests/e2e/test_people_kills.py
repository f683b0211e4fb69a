"""A worker may die at any call of what people do with each other: nothing is lost, nothing done twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.people_steps import answered, counts, everybody, handle, person, relation, say
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import publish, recipe, settle, tail

LETTERS = "ghijklmnopqrstuvwxyz"
"""For the names of people of whom none begins as another one does, or as the hexadecimal digits before them."""
Act = Callable[[Phone, Phone, str], Awaitable[Any]]
"""What `alice` does about `bob` with a client id."""


def own(phone: Phone) -> str:
    """The part of a user's name that the others of the test do not have."""
    return phone.user.partition("-")[2]


async def rename(alice: Phone, bob: Phone, client_id: str) -> None:
    new = handle(alice, f"n{own(alice)}")
    reply = await alice.insist("profile", client_id=client_id, name=f"N{alice.user}", handle=new)
    assert reply["type"] == "profile", reply


async def ask(alice: Phone, bob: Phone, client_id: str) -> None:
    ack = await alice.insist("follow", client_id=client_id, user=bob.user)
    assert ack["requested"] is True


async def accept(alice: Phone, bob: Phone, client_id: str) -> None:
    await answered(alice, "follow.accept", bob.user, client_id)


async def mute(alice: Phone, bob: Phone, client_id: str) -> None:
    await answered(alice, "mute", bob.user, client_id)


async def prepared(act: Act, alice: Phone, bob: Phone) -> None:
    """What was before."""
    if act is rename:
        await say(alice, name=f"O{alice.user}", handle=handle(alice, f"o{own(alice)}"))
    if act is ask:
        await say(bob, private=True)
    if act is accept:
        await say(alice, private=True)
        await publish(alice, "for friends")
        await bob.insist("follow", client_id=new_id(), user=alice.user)


async def checked(act: Act, control: AsyncControlClient, alice: Phone, bob: Phone) -> None:
    """What has to be in the end."""
    if act is rename:
        assert (await person(bob, alice))["handle"] == handle(alice, f"n{own(alice)}")
        assert (await bob.ask("people", handle=handle(alice, f"o{own(alice)}")))["code"] == "unknown_user"
        words = [f"{first}{alice.user.replace('-', ' ')}" for first in "no"]
        assert [await everybody(bob, word) for word in words] == [[alice.user], []]
    if act is ask:
        assert (await relation(alice, bob), await counts(alice, bob)) == ({"requested"}, (0, 0))
        assert (await bob.ask("follow.requests"))["users"] == [alice.user]
    if act is accept:
        await settle(control)
        assert (await relation(bob, alice), await counts(alice, alice)) == ({"following"}, (1, 0))
        assert tail(await bob.home()) == ["for friends"]
        assert (await alice.ask("follow.requests"))["users"] == []
    if act is mute:
        assert await relation(alice, bob) == {"muted"}
        assert (await alice.ask("mutes"))["users"] == [bob.user]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("act", [rename, ask, accept, mute])
async def test_a_worker_that_dies_at_any_call(
    act: Act, when: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    await prepared(act, alice, bob)
    once = new_id()
    await act(alice, bob, once)
    calls = len(await recipe(control, "Timeline", once))
    await checked(act, control, alice, bob)
    assert calls >= 3
    for call in range(1, calls + 1):
        letter = LETTERS[call - 1]
        alice, bob = await connect(user(f"{letter}a")), await connect(user(f"{letter}b"))
        await prepared(act, alice, bob)
        dying = new_id()
        kill = {"action": "kill", "function": "Timeline", "contains": dying, "call": call, "when": when}
        await control.misbehave(calls=[kill])
        await act(alice, bob, dying)
        await control.behave()
        await checked(act, control, alice, bob)
