"""People search over real sockets: who is found is who is called so now, whoever dies in between."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.people_steps import everybody, say
from tests.e2e.phone import new_id


async def test_people_are_found_by_what_they_are_called_now(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, bob, eve = [await connect(user(name)) for name in ("alice", "bob", "eve")]
    word = f"z{alice.user[:8]}"
    await say(alice, name=f"Ada {word}ly", handle=f"{word[:8]}_a")
    await say(bob, name=f"{word.upper()}ton", private=True)
    await say(eve, name=f"Eve {word}son {word}")
    people = [alice, bob, eve]
    assert sorted(await everybody(eve, word)) == sorted(phone.user for phone in people)
    assert sorted(await everybody(eve, word, limit=1)) == sorted(phone.user for phone in people)
    assert await everybody(eve, f"ad {word}") == [alice.user]
    assert await everybody(bob, f"{word[:8]}_a") == [alice.user]
    await alice.insist("block", client_id=new_id(), user=eve.user)
    assert sorted(await everybody(eve, word)) == sorted((bob.user, eve.user))
    assert sorted(await everybody(alice, word)) == sorted((alice.user, bob.user))
    await say(bob, name="Somebody Else")
    assert await everybody(alice, word) == [alice.user]


@pytest.mark.parametrize("call", [2, 3, 4, 5])
async def test_a_worker_that_dies_on_a_new_name_loses_nobody(
    call: int, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice = await connect(user("alice"))
    old, new = f"y{alice.user[:8]}", f"x{alice.user[:8]}"
    await say(alice, name=old)
    dying = new_id()
    await control.misbehave(
        calls=[{"action": "kill", "function": "Timeline", "contains": dying, "call": call, "when": "before"}]
    )
    assert (await alice.insist("profile", client_id=dying, name=new))["name"] == new
    await control.behave()
    assert await everybody(alice, new) == [alice.user]
    assert await everybody(alice, old) == []
