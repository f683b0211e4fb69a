"""Push: a phone sounds for what nobody confirmed in time, once, and never for a device that was removed."""

from __future__ import annotations

from typing import Any

import pytest

from local.control_client import AsyncControlClient
from tests.e2e.conftest import LIFE_S, Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import (
    WINDOW_MS,
    conversation,
    fail,
    hold,
    kill,
    notification,
    publish,
    pushes,
    pushes_after,
    registered,
    say,
    settle,
)


async def confirm(phone: Phone, message: dict[str, Any], kind: str = "delivered") -> None:
    """Tell the server that a message is here."""
    about = {"conversation": message["conversation"], "kind": kind, "position": message["position"]}
    assert (await phone.ask("ack", **about))["type"] == "receipt"


async def test_an_offline_phone_sounds_once(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    named = (await control.mint(user("alice"), LIFE_S, name="Alice A."))["token"]
    alice = await connect(user("alice"), token=named)
    bob, token = await registered(connect, user("bob"))
    await bob.close()
    sent = await say(alice, bob, "wake up")
    (push,) = await pushes(control, token)
    told = notification(push)
    assert told["notification"] == {"title": "Alice A.", "body": "wake up"}
    assert told["data"]["conversation"] == conversation(alice, bob)
    assert told["data"]["position"] == sent["position"]
    await say(alice, bob, "wake up", client_id=sent["client_id"])
    assert len(await pushes(control, token)) == 1, "a resend is no news"


async def test_every_registered_phone_of_the_recipient(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice, own = await registered(connect, user("alice"))
    bob, phone = await registered(connect, user("bob"))
    _, tablet = await registered(connect, user("bob"), device="tablet")
    silent = await connect(user("bob"), device="browser")
    await silent.ask("device.register")
    await say(alice, bob, "both")
    assert len(await pushes(control, phone)) == len(await pushes(control, tablet)) == 1
    assert await pushes(control, own) == [], "the sender's own phone stays silent"


@pytest.mark.parametrize("kind", ["delivered", "read"])
async def test_confirmed_in_time_means_no_push(
    kind: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    await control.misbehave(holds=[hold("Push", bob.user)])
    await say(alice, bob, "here already")
    await bob.until(bob.messages)
    await confirm(bob, bob.messages()[0], kind)
    assert await pushes_after(control, token) == []


async def test_a_phone_in_a_tunnel_is_pushed_to(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The gateway says 200 and the frame never comes: whether to push is decided by what was confirmed."""
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    await control.misbehave(posts=[{"status": 0}])
    await say(alice, bob, "lost on the way")
    (push,) = await pushes(control, token)
    assert notification(push)["notification"]["body"] == "lost on the way"
    assert bob.messages() == []


async def test_a_burst_collapses(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, carol = await connect(user("alice")), await connect(user("carol"))
    bob, token = await registered(connect, user("bob"))
    burst = [{"action": "send", "id": "1", "client_id": new_id(), "to": bob.user, "text": f"{n}"} for n in range(6)]
    await alice.ask("batch", actions=burst)
    await say(carol, bob, "me too")
    found = {notification(push)["data"]["conversation"]: notification(push) for push in await pushes(control, token)}
    assert len(found) == len(await pushes(control, token)) == 2, "one notification a conversation"
    shown, single = found[conversation(alice, bob)], found[conversation(carol, bob)]
    assert shown["notification"]["body"] == "5" and shown["data"]["messages"] == "6"
    assert single["notification"]["body"] == "me too" and single["data"]["messages"] == "1"


async def test_confirmed_half_way(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    await control.misbehave(holds=[hold("Push", bob.user, times=2)])
    await say(alice, bob, "seen")
    await bob.until(bob.messages)
    await confirm(bob, bob.messages()[0])
    await say(alice, bob, "not seen")
    (push,) = await pushes_after(control, token)
    assert notification(push)["data"]["messages"] == "1"
    assert notification(push)["notification"]["body"] == "not seen"


async def test_a_removed_device_stays_silent(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    tablet, other = await registered(connect, user("bob"), device="tablet")
    await say(alice, bob, "to both")
    await control.idle(60, advance_ms=2 * WINDOW_MS)
    gone = await tablet.ask("device.remove", device_id="phone")
    assert (gone["device_id"], gone["registered"], gone["push"]) == ("phone", False, "off")
    await say(alice, bob, "to the tablet only")
    assert [notification(each)["notification"]["body"] for each in await pushes(control, other)] == [
        "to both",
        "to the tablet only",
    ]
    about = conversation(alice, bob)
    everywhere = [each for each in await control.phones() if about in str(each["payload"])]
    assert len(everywhere) == 3, "both, and then one more"
    assert len(await pushes(control, token)) <= 1


async def test_a_phone_that_changes_hands(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Bob signs out without saying so and Carol signs in on the same phone: it sounds for her alone."""
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    carol = await connect(user("carol"))
    assert (await carol.ask("device.register", platform="fcm", push_token=token))["push"] == "on"
    await say(alice, bob, "for bob only")
    await say(alice, carol, "for carol")
    (push,) = await pushes(control, token)
    assert notification(push)["notification"]["body"] == "for carol"


async def test_a_new_token_replaces_the_old_one(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice = await connect(user("alice"))
    bob, old = await registered(connect, user("bob"))
    new = f"token-{new_id()}"
    assert (await bob.ask("device.register", platform="fcm", push_token=new))["push"] == "on"
    await say(alice, bob, "to the new one")
    (push,) = await pushes(control, new)
    assert notification(push)["notification"]["body"] == "to the new one"
    assert await pushes(control, old) == []


async def test_a_dead_token_is_forgotten(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    rule = fail("Push", bob.user, "Publish", "EndpointDisabled")
    await control.misbehave(calls=[rule])
    await say(alice, bob, "to nobody")
    assert await pushes(control, token) == []
    assert (await control.misbehave())["calls"][0]["times"] == 0, "it was tried"
    await say(alice, bob, "still nobody")
    assert await pushes(control, token) == []
    (seen,) = await control.invocations("Push", contains=bob.user)
    assert "Publish" not in [call["operation"] for call in seen["calls"]], "a dead endpoint is not tried again"
    assert (await bob.ask("device.register", platform="fcm", push_token=token))["push"] == "on"
    await say(alice, bob, "alive again")
    assert len(await pushes(control, token)) == 1


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_token_that_dies_later_is_forgotten_by_itself(
    deleted: bool, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """The platform finds out after the publish: SNS tells the topic, and the next message is not even tried."""
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    _, other = await registered(connect, user("bob"), device="tablet")
    await say(alice, bob, "accepted, and never shown")
    assert len(await pushes(control, token)) == 1
    assert len((await control.die(token, deleted=deleted))["endpoints"]) == 1
    await say(alice, bob, "to the tablet only")
    assert len(await pushes(control, other)) == 2
    (seen,) = await control.invocations("Push", contains=bob.user)
    assert [call["operation"] for call in seen["calls"]].count("Publish") == 1
    assert (await bob.ask("device.register", platform="fcm", push_token=token))["push"] == "on"
    await say(alice, bob, "to both")
    assert len(await pushes(control, other)) == 3
    assert notification((await pushes(control, token))[-1])["notification"]["body"] == "to both"


async def test_one_failing_phone_does_not_silence_the_others(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """SNS refuses one publish: the record is delivered again, and what sounded does not sound twice."""
    alice = await connect(user("alice"))
    bob, first = await registered(connect, user("bob"))
    _, second = await registered(connect, user("bob"), device="tablet")
    carol, third = await registered(connect, user("carol"))
    await control.misbehave(calls=[fail("Push", bob.user, "Publish", "InternalError")])
    await say(alice, bob, "for bob")
    await say(alice, carol, "for carol")
    await settle(control)
    for token in (first, second, third):
        assert len(await pushes(control, token)) == 1


@pytest.mark.parametrize("when", ["before", "after"])
async def test_the_worker_dies_at_the_publish(
    when: str, connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """Nobody stays silent; a replayed push may sound twice, under one collapse key."""
    alice = await connect(user("alice"))
    bob, token = await registered(connect, user("bob"))
    await control.misbehave(calls=[kill("Push", bob.user, "Publish", when)])
    sent = await say(alice, bob, "survives")
    await settle(control)
    found = await pushes(control, token)
    # The phone's list is made of what workers lived to report, so the publish of one that died is not in it.
    assert [notification(each)["data"]["position"] for each in found] == [sent["position"]]
    deaths = await control.invocations("Push", contains=bob.user, limit=20)
    assert [each["error"]["kind"] for each in deaths if each["error"]] == ["Runtime.ExitError"]


async def test_a_post_sounds_no_phone(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    alice, own = await registered(connect, user("alice"))
    await publish(alice, "read me when you like")
    await settle(control)
    assert await pushes(control, own) == []
