"""The list of devices, and signing one out, with sockets and `$disconnect`s that misbehave."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from local.control_client import AsyncControlClient
from tests.e2e.conftest import LIFE_S, Connect
from tests.e2e.phone import Phone, new_id
from tests.e2e.steps import fail, gather, pause, say
from tests.e2e.tables import registry

MAX_DEVICES = 10
"""How many of a user's may be connected, by default."""


async def registered(connect: Connect, user: str, device: str, **options: Any) -> Phone:
    phone = await connect(user, device, **options)
    assert (await phone.ask("device.register"))["registered"]
    return phone


async def refused(connect: Connect, user: str, device: str, token: str) -> int:
    """The status of a handshake that must be refused."""
    with pytest.raises(InvalidStatus) as answer:
        await connect(user, device, token=token)
    return int(answer.value.response.status_code)


async def ended(phone: Phone) -> int | None:
    """The close code of a socket that the other side ends."""
    async with asyncio.timeout(30):
        await phone.socket.wait_closed()
    return phone.socket.close_code


async def listed(phone: Phone) -> dict[str, dict[str, Any]]:
    answer = await phone.ask("device.list")
    assert answer["type"] == "devices", answer
    return {each.pop("device_id"): each for each in answer["devices"]}


async def test_the_list(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    token = f"token-{new_id()}"
    phone = await connect(user("alice"))
    await phone.ask("device.register", platform="fcm", push_token=token)
    tablet = await registered(connect, phone.user, "tablet")
    await connect(phone.user, "browser-tab")
    await connect(user("bob"), "bobs")
    found = await listed(phone)
    assert set(found) == {"phone", "tablet", "browser-tab"}
    assert [name for name, each in found.items() if each["own"]] == ["phone"]
    assert (found["phone"]["platform"], found["phone"]["push"]) == ("fcm", True)
    assert "registered_at" not in found["browser-tab"]
    assert all("connected_at" in each for each in found.values())
    await tablet.close()
    await control.idle()
    away = (await listed(phone))["tablet"]
    assert "connected_at" not in away
    assert away["registered_at"] == found["tablet"]["registered_at"]


async def test_a_device_is_signed_out(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Its socket ends, it gets nothing more, and its token opens nothing more; the others do not notice."""
    bob = await connect(user("bob"))
    stolen = (await control.mint(user("alice"), LIFE_S))["token"]
    kept = (await control.mint(user("alice"), LIFE_S))["token"]
    phone = await registered(connect, user("alice"), "phone", token=stolen)
    laptop = await registered(connect, user("alice"), "laptop", token=kept)
    await say(bob, phone, "to both")
    answer = await laptop.ask("device.remove", device_id="phone")
    assert (answer["device_id"], answer["registered"]) == ("phone", False)
    assert await ended(phone) == 1000
    assert set(await registry(control, laptop.user)) == {"laptop"}
    assert set(await listed(laptop)) == {"laptop"}
    for device in ("phone", "some-other-name"):
        assert await refused(connect, phone.user, device, stolen) == 401
    await laptop.close()
    laptop = await connect(laptop.user, "laptop", token=kept)
    await say(bob, laptop, "to the laptop")
    await laptop.until(laptop.messages)
    assert [each["text"] for each in phone.messages()] == ["to both"]
    back = await connect(phone.user, "phone")
    assert (await back.ask("whoami"))["device_id"] == "phone", "whoever signs in anew may come back"


async def test_a_token_that_was_signed_out_registers_no_other_name(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """Whoever took it holds a second socket, under a name that is not registered and does not end."""
    stolen = (await control.mint(user("alice"), LIFE_S))["token"]
    laptop = await registered(connect, user("alice"), "laptop")
    phone = await registered(connect, user("alice"), "phone", token=stolen)
    thief = await connect(phone.user, "another", token=stolen)
    await laptop.ask("device.remove", device_id="phone")
    await ended(phone)
    refusal = await thief.ask("device.register")
    assert (refusal["code"], refusal["retryable"]) == ("token_expired", False)
    await thief.close()
    assert await refused(connect, phone.user, "another", stolen) == 401
    assert {name for name, line in (await listed(laptop)).items() if "registered_at" in line} == {"laptop"}
    assert (await laptop.ask("device.register"))["registered"], "those that are registered may change"


async def test_an_older_socket_of_a_device_that_was_signed_out(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """A later one had replaced it; it ends with that one, before it can ask for anything."""
    stolen = (await control.mint(user("alice"), LIFE_S))["token"]
    laptop, bob = await registered(connect, user("alice"), "laptop"), await connect(user("bob"))
    thief = await connect(laptop.user, "phone", token=stolen)
    phone = await connect(laptop.user, "phone", token=stolen)
    assert (await thief.ask("whoami"))["type"] == "whoami", "until then it may ask"
    await laptop.ask("device.remove", device_id="phone")
    assert [await ended(phone), await ended(thief)] == [1000, 1000]
    assert set(await registry(control, laptop.user)) == {"laptop"}
    await say(bob, laptop, "to the laptop")
    await laptop.until(laptop.messages)
    assert thief.messages() == []


async def test_an_older_socket_that_could_not_be_ended(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """The gateway fails: the removal says so, and the same request ends it."""
    laptop = await registered(connect, user("alice"), "laptop")
    old = await connect(laptop.user, "phone")
    new = await connect(laptop.user, "phone")
    await control.misbehave(
        calls=[fail("Connect", "device.remove", "DeleteConnection", "InternalServerError", times=4)]
    )
    answer = await laptop.ask("device.remove", device_id="phone")
    assert (answer["type"], answer["code"], answer["retryable"]) == ("error", "unavailable", True)
    await control.behave()
    assert (await laptop.ask("device.remove", device_id="phone"))["registered"] is False
    assert [await ended(old), await ended(new)] == [1000, 1000]


async def test_far_more_sockets_than_devices(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Somebody opens one after the other under one name: of those that a later one replaced none goes on for ever."""
    laptop = await connect(user("alice"), "laptop")
    phones = [await connect(laptop.user, "phone") for _ in range(2 * MAX_DEVICES)]
    assert [await ended(each) for each in phones[:-1]] == [1000] * (2 * MAX_DEVICES - 1)
    for each in (laptop, phones[-1]):
        assert (await each.ask("whoami"))["type"] == "whoami"


async def test_a_device_signs_itself_out(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    token = (await control.mint(user("alice"), LIFE_S))["token"]
    phone = await registered(connect, user("alice"), "phone", token=token)
    answer = await phone.ask("device.remove")
    assert (answer["device_id"], answer["registered"]) == ("phone", False)
    assert await ended(phone) == 1000
    assert phone.strays == []
    assert await registry(control, phone.user) == {}
    assert await refused(connect, phone.user, "phone", token) == 401


async def test_a_disconnect_that_is_lost(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """The registry does not wait for it."""
    phone, laptop = await gather(connect(user("alice")), connect(user("alice"), "laptop"))
    await control.misbehave(drop_disconnect=1.0)
    await laptop.ask("device.remove", device_id="phone")
    await ended(phone)
    assert set(await registry(control, laptop.user)) == {"laptop"}


async def test_a_device_that_comes_back_while_it_is_removed(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """The removal waits just before it looks for sockets, and just before it is written."""
    for operation in ("BatchGetItem", "PutItem"):
        token = (await control.mint(user("alice"), LIFE_S))["token"]
        name = f"phone-{operation}"
        phone = await registered(connect, user("alice"), name, token=token)
        laptop = await registered(connect, user("alice"), "laptop")
        await phone.close()
        await control.idle()
        await control.misbehave(calls=[pause("Connect", name, operation)])
        asked = await laptop.put("device.remove", device_id=name)
        await control.stopped(at_least=1)
        try:
            again: Phone | None = await connect(phone.user, name, token=token)
        except InvalidStatus as answer:
            assert answer.response.status_code == 401
            again = None
        await control.release("paused")
        assert (await laptop.reply(asked))["registered"] is False
        if again is not None:
            assert await ended(again) == 1000
        assert (again is None) == (operation == "BatchGetItem")
        assert set(await registry(control, laptop.user)) == {"laptop"}
        await control.behave()


async def test_a_worker_that_dies_at_any_call_of_a_removal(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """The client sends it again, and then it is done."""
    laptop = await registered(connect, user("alice"), "laptop")
    laptop.patience_s = 1.0
    for call in range(1, 9):
        name = f"phone-{call}"
        phone = await registered(connect, user("alice"), name)
        rule = {"action": "kill", "function": "Connect", "contains": name, "call": call, "name": "killed"}
        await control.misbehave(calls=[rule])
        answer = await laptop.insist("device.remove", device_id=name)
        assert answer["registered"] is False
        assert await ended(phone) == 1000
        assert any(each["error"] for each in await control.invocations("Connect", contains=name, limit=9)), call
        assert set(await registry(control, laptop.user)) == {"laptop"}
