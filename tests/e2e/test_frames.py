"""What a client may send wrongly: each gets its error, or the gateway's close code, and harms nobody else."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from local.control_client import AsyncControlClient
from tests.e2e.conftest import Connect
from tests.e2e.phone import Phone, new_id, once
from tests.e2e.steps import conversation, publish, say, tail

KB = 1024


async def told(phone: Phone, text: str) -> dict[str, Any]:
    """What comes back for a raw frame, which must carry no id that was asked for before."""
    seen = len(phone.strays)
    await phone.raw(text)
    await phone.until(lambda: len(phone.strays) > seen)
    answer: dict[str, Any] = phone.strays[-1]
    return answer


GARBAGE = {
    "garbage": "this is no JSON \x00\x7f é",
    "empty": "",
    "half a JSON": '{"action": "send", "id": "1", "text": "hel',
    "a list": '["action", "send"]',
    "a string": '"send"',
    "nothing": "null",
    "a number": "1e999",
    "deep nesting": "[" * 15_000,
    "deep nesting, closed": "[" * 15_000 + "]" * 15_000,
    "deep in a field": '{"action":"send","id":"1","text":' + "[" * 15_000,
}


@pytest.mark.parametrize("text", GARBAGE.values(), ids=GARBAGE)
async def test_garbage(text: str, connect: Connect, user: Any) -> None:
    alice = await connect(user("alice"))
    answer = await told(alice, text)
    assert (answer["type"], answer["code"], answer["retryable"]) == ("error", "bad_json", False)
    assert answer["message"] and "id" not in answer
    assert (await alice.ask("whoami"))["user_id"] == alice.user, "the connection lives on"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown action": ({"action": "teleport"}, "unknown_action"),
    "a gateway's route": ({"action": "$connect"}, "unknown_action"),
    "no action": ({"text": "hi"}, "invalid_request"),
    "action of another type": ({"action": 7}, "invalid_request"),
    "unknown field": ({"action": "whoami", "verbose": True}, "invalid_request"),
    "missing field": ({"action": "send", "client_id": "c", "text": "hi"}, "invalid_request"),
    "wrong type": ({"action": "send", "client_id": "c", "to": "b", "text": 7}, "invalid_request"),
    "empty text": ({"action": "send", "client_id": "c", "to": "b", "text": ""}, "invalid_request"),
    "long text": ({"action": "send", "client_id": "c", "to": "b", "text": "x" * 4_097}, "invalid_request"),
    "bad client id": ({"action": "send", "client_id": "c d", "to": "b", "text": "x"}, "invalid_request"),
    "a key in a user id": ({"action": "send", "client_id": "c", "to": "b#c", "text": "x"}, "invalid_request"),
    "empty batch": ({"action": "batch", "actions": []}, "invalid_request"),
    "batch in a batch": ({"action": "batch", "actions": [{"action": "batch"}]}, "invalid_request"),
    "post in a batch": (
        {"action": "batch", "actions": [{"action": "post", "id": "1", "client_id": "c", "text": "x"}]},
        "invalid_request",
    ),
    "limit": ({"action": "sync", "limit": 101}, "invalid_request"),
    "bad cursor": ({"action": "sync", "cursor": "yesterday"}, "invalid_request"),
    "bad position": ({"action": "post.delete", "position": "1"}, "invalid_request"),
    "platform without token": ({"action": "device.register", "platform": "fcm"}, "invalid_request"),
    "no such conversation": ({"action": "history", "conversation": "room#1"}, "not_found"),
    "someone else's conversation": ({"action": "history", "conversation": "dm#a#b"}, "forbidden"),
}


@pytest.mark.parametrize(("frame", "code"), REFUSED.values(), ids=REFUSED)
async def test_refused(frame: dict[str, Any], code: str, connect: Connect, user: Any) -> None:
    alice = await connect(user("alice"))
    answer = await told(alice, json.dumps({**frame, "id": "my-frame"}))
    assert (answer["type"], answer["code"], answer["retryable"]) == ("error", code, False), answer
    assert answer["id"] == "my-frame"
    assert len(answer["message"]) > 10 and "Traceback" not in answer["message"]


async def test_the_largest_text_passes(connect: Connect, user: Any) -> None:
    """4,096 characters of four bytes each, through every table and back."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    text = "🌊" * 4_096
    await say(alice, bob, text)
    await bob.until(bob.messages)
    position = await publish(alice, text)
    assert bob.messages()[0]["text"] == (await bob.mailbox())[0][0]["text"] == text
    posts = (await bob.ask("timeline.user", user=alice.user))["posts"]
    assert [(each["position"], each["text"]) for each in posts] == [(position, text)]


async def closed_with(phone: Phone, *frames: Any) -> int:
    """The close code after these frames."""
    with pytest.raises(ConnectionClosed):
        for frame in frames:
            await phone.socket.send(frame)
        await asyncio.wait_for(phone.socket.wait_closed(), 30)
        await phone.socket.send("after the end")
    code = phone.socket.close_code
    assert code is not None
    return code


def padded(size: int) -> str:
    """A frame of that many bytes that would be refused for its text only."""
    empty = json.dumps({"action": "send", "id": "1", "client_id": "c", "to": "b", "text": ""})
    return empty.replace('""', '"' + "x" * (size - len(empty)) + '"')


async def test_sizes_and_kinds_that_the_gateway_closes_at(connect: Connect, user: Any) -> None:
    fits = await connect(user("alice"))
    assert (await told(fits, padded(32 * KB)))["code"] == "invalid_request"
    assert await closed_with(fits, padded(33 * KB)) == 1009
    pieces = [padded(120 * KB)[start : start + 30 * KB] for start in range(0, 120 * KB, 30 * KB)]
    large = await connect(user("alice"), device="large")
    seen = len(large.strays)
    await large.socket.send(pieces)
    await large.until(lambda: len(large.strays) > seen)
    assert large.strays[-1]["code"] == "invalid_request", "a message of several frames, under 128 KB"
    too_large = [*pieces, "x" * 10 * KB]
    assert await closed_with(large, too_large) == 1009
    binary = await connect(user("alice"), device="binary")
    assert await closed_with(binary, b'{"action": "whoami", "id": "1"}') == 1003


async def test_a_full_batch_of_the_largest_texts(connect: Connect, user: Any) -> None:
    """25 texts of 4,096 characters: 100 KB in one message of several frames, and back live and by sync."""
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    actions = [
        {"action": "send", "id": f"{n}", "client_id": new_id(), "to": bob.user, "text": f"{n:04}" * 1_024}
        for n in range(25)
    ]
    text = json.dumps({"action": "batch", "id": "large", "actions": actions})
    await alice.socket.send([text[start : start + 30 * KB] for start in range(0, len(text), 30 * KB)])
    await alice.until(lambda: alice.strays)
    assert {each["type"] for each in alice.strays[0]["results"]} == {"ack"}
    await bob.until(lambda: len(bob.messages()) == 25)
    assert tail((await bob.mailbox())[0]) == tail(actions)


async def test_somebody_elses_identity(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    """Who I am is what the connection proved."""
    alice, bob, eve = [await connect(user(name), f"{name}s") for name in ("alice", "bob", "eve")]
    sent = await say(alice, bob, "private")
    post = await publish(alice, "mine")
    for field in ("from", "sender", "user_id", "user"):
        fake = await eve.ask("send", client_id=new_id(), to=bob.user, text="I am Alice", **{field: alice.user})
        assert (fake["code"], fake["type"]) == ("invalid_request", "error")
    dm = conversation(alice, bob)
    for frame in (
        {"action": "history", "conversation": dm},
        {"action": "ack", "conversation": dm, "kind": "read", "position": sent["position"]},
    ):
        assert (await eve.ask(frame.pop("action"), **frame))["code"] == "forbidden"
    assert (await eve.ask("post.delete", position=post))["code"] == "not_found"
    removed = await eve.ask("device.remove", device_id=bob.device)
    assert removed["device_id"] == bob.device, "of her own devices"
    await control.idle()
    assert tail((await bob.mailbox())[0]) == ["private"]
    assert (await alice.mailbox())[0] == []
    assert (await eve.mailbox())[0] == []
    assert tail((await bob.ask("timeline.user", user=alice.user))["posts"]) == ["mine"]


async def test_a_receipt_for_what_is_not_there(connect: Connect, user: Any) -> None:
    alice, bob = await connect(user("alice")), await connect(user("bob"))
    sent = await say(alice, bob, "here")
    about = {"conversation": sent["conversation"], "kind": "read"}
    position = str(sent["position"])
    missing, future = position[:-2] + "09", "9" + position[1:]
    assert (await bob.ask("ack", **about, position=missing))["code"] == "not_found"
    assert (await bob.ask("ack", **about, position=future))["code"] == "invalid_request"


async def test_an_expired_token(connect: Connect, control: AsyncControlClient, user: Any) -> None:
    short = (await control.mint(user("alice"), 60))["token"]
    alice = await connect(user("alice"), token=short)
    assert (await alice.ask("whoami"))["type"] == "whoami"
    await control.advance(61_000)
    for action in ("whoami", "sync", "timeline.home"):
        refused = await alice.ask(action)
        assert (refused["type"], refused["code"], refused["retryable"]) == ("error", "token_expired", False)
    with pytest.raises(InvalidStatus) as again:
        await connect(user("alice"), token=short)
    assert again.value.response.status_code == 401
    fresh = await connect(user("alice"))
    assert (await fresh.ask("whoami"))["type"] == "whoami"


async def test_nothing_live_is_told_to_an_expired_token(
    connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    """Its socket may stay open for two hours: who may not ask any more is not told either."""
    alice = await connect(user("alice"), token=(await control.mint(user("alice"), 60))["token"])
    bob = await connect(user("bob"))
    await say(bob, alice, "in time")
    await alice.until(lambda: alice.messages())
    assert (await bob.ask("presence.watch", users=[alice.user]))["users"][0]["online"]
    await control.advance(61_000)
    await say(bob, alice, "too late")
    fresh = await connect(alice.user, "tablet")
    await say(bob, alice, "to the other device")
    await fresh.until(lambda: fresh.messages())
    await control.idle()
    assert [each["text"] for each in fresh.messages()] == ["to the other device"]
    assert [each["text"] for each in alice.messages()] == ["in time"]
    assert [each["text"] for each in once((await fresh.mailbox())[0])] == ["in time", "too late", "to the other device"]


@pytest.mark.parametrize("claims", [{"aud": "others"}, {"iss": "https://elsewhere.example"}, {"sub": None}])
async def test_a_token_that_proves_nothing(
    claims: dict[str, Any], connect: Connect, control: AsyncControlClient, user: Any
) -> None:
    token = (await control.mint(user("alice"), 600, **claims))["token"]
    with pytest.raises(InvalidStatus) as refused:
        await connect(user("alice"), token=token)
    assert refused.value.response.status_code == 401


async def test_handshakes_that_are_refused(host: dict[str, Any], control: AsyncControlClient, user: Any) -> None:
    token = (await control.mint(user("alice")))["token"]
    for offered, query, status in (
        (["tidings.v1"], "", 401),
        (["tidings.v1", f"bearer.{token}x"], "", 401),
        ([f"bearer.{token}"], "", 403),
        (["tidings.v1", f"bearer.{token}"], "?device=a%20b", 403),
    ):
        with pytest.raises(InvalidStatus) as refused:
            await open_websocket(host["url"] + query, subprotocols=[Subprotocol(each) for each in offered])
        assert refused.value.response.status_code == status, (offered[0], query)
        assert token not in str(refused.value.response)
