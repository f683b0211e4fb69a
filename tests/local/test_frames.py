"""Frames in and replies out: routes, events, limits, close codes, throttles, and the misbehaviours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from local.gateway.limits import Limits
from tests.local import rigs

USER = {"X-Token": "ann"}


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[rigs.Site]:
    folder: Path = tmp_path_factory.mktemp("frames")
    seen = folder / "seen.jsonl"
    async with rigs.site(rigs.chat_deployment(seen), folder, seen) as running:
        yield running


@pytest.fixture(autouse=True)
def fair_weather(site: rigs.Site) -> Iterator[None]:
    yield
    site.misbehave.reset()


@pytest.fixture
async def client(site: rigs.Site) -> AsyncIterator[ClientConnection]:
    async with connect(site.gateway.url, additional_headers=USER, max_size=None) as opened:
        yield opened


async def ask(client: ClientConnection, frame: Any) -> Any:
    await client.send(frame if isinstance(frame, str) else json.dumps(frame))
    return json.loads(await client.recv())


async def close_code(client: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed):
        while True:
            await client.recv()
    assert client.close_code is not None
    return client.close_code


async def test_a_message_event_has_context_and_body_and_no_headers(site: rigs.Site, client: ClientConnection) -> None:
    body = json.dumps({"action": "echo", "text": "żółw"})
    before = site.clock.now_ms()
    first = await ask(client, body)
    second = await ask(client, body)
    assert set(first) == {"requestContext", "body", "isBase64Encoded"}
    assert first["body"] == body and first["isBase64Encoded"] is False
    context, other = first["requestContext"], second["requestContext"]
    assert (context["routeKey"], context["eventType"]) == ("echo", "MESSAGE")
    assert context["authorizer"]["user_id"] == "ann" and context["authorizer"]["principalId"] == "ann"
    assert before <= context["requestTimeEpoch"] <= site.clock.now_ms()
    assert context["connectedAt"] == other["connectedAt"] <= context["requestTimeEpoch"]
    assert context["connectionId"] == other["connectionId"]
    assert context["messageId"] != other["messageId"] and context["requestId"] != other["requestId"]


@pytest.mark.parametrize(
    "body",
    [
        *("", "not json", '{"action": "ech', "[]", '"echo"', "17", '{"action": "unknown"}', '{"action": 1}', "{}"),
        *('{"action": "$connect"}', '{"action": {"echo": 1}}', "[" * 20_000),
    ],
)
async def test_what_matches_no_route_goes_to_default(client: ClientConnection, body: str) -> None:
    event = await ask(client, body)
    assert event["requestContext"]["routeKey"] == "$default" and event["body"] == body


async def test_a_failure_is_told_where_there_is_a_route_response(site: rigs.Site, client: ClientConnection) -> None:
    for action in ("fail", "malformed"):
        answer = await ask(client, {"action": "act", "do": action})
        assert answer["message"] == "Internal server error"
        assert set(answer) == {"message", "connectionId", "requestId"}
    await client.send(json.dumps({"action": "quiet", "do": "fail"}))
    await client.send(json.dumps({"action": "quiet", "do": "anything"}))
    await client.send(json.dumps({"action": "act", "do": "silent"}))
    await site.idle()
    assert (await ask(client, {"action": "act", "do": "last"})) == {"done": "last"}


async def test_frames_of_one_connection_run_at_once(client: ClientConnection, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    await client.send(json.dumps({"action": "act", "do": "wait", "file": str(gate)}))
    assert (await ask(client, {"action": "act", "do": "second"})) == {"done": "second"}
    gate.touch()
    assert json.loads(await client.recv()) == {"done": "wait"}


async def test_binary_closes_1003(client: ClientConnection) -> None:
    await client.send(b"\x00\x01")
    assert await close_code(client) == 1003


async def test_a_frame_over_32_kb_closes_1009(client: ClientConnection) -> None:
    exactly = json.dumps({"action": "echo", "text": ""})
    exactly = exactly.replace('""', '"' + "x" * (32 * 1024 - len(exactly)) + '"')
    assert len(exactly) == 32 * 1024
    assert (await ask(client, exactly))["body"] == exactly
    await client.send(exactly + " ")
    assert await close_code(client) == 1009


async def test_a_message_over_128_kb_in_small_frames_closes_1009(client: ClientConnection) -> None:
    size = 32 * 1024
    whole = json.dumps({"action": "act", "do": "read", "pad": ""}).replace('""', '"PAD"')
    whole = whole.replace("PAD", "x" * (4 * size - len(whole) + 3))
    pieces = [whole[start : start + size] for start in range(0, 4 * size, size)]
    await client.send(pieces)
    assert json.loads(await client.recv()) == {"done": "read"}
    await client.send([*pieces, " "])
    assert await close_code(client) == 1009


async def test_a_reply_may_have_128_kb_and_no_more(client: ClientConnection) -> None:
    await client.send(json.dumps({"action": "act", "do": "large", "size": 128 * 1024}))
    assert len(await client.recv()) == 128 * 1024
    await client.send(json.dumps({"action": "act", "do": "large", "size": 128 * 1024 + 1}))
    assert await close_code(client) == 1009


async def test_text_that_is_no_utf8_closes_1007(client: ClientConnection) -> None:
    await client.send(b"\xff\xfe", text=True)
    assert await close_code(client) == 1007


async def test_a_throttled_route_closes_1008(client: ClientConnection) -> None:
    for _ in range(2):
        await ask(client, {"action": "rare"})
    await client.send(json.dumps({"action": "rare"}))
    assert await close_code(client) == 1008


async def test_a_thousand_frames_at_once_are_all_answered(site: rigs.Site, client: ClientConnection) -> None:
    async def read() -> set[int]:
        return {json.loads(json.loads(await client.recv())["body"])["n"] for _ in range(1000)}

    reading = asyncio.create_task(read())
    for number in range(1000):
        await client.send(json.dumps({"action": "echo", "n": number}))
    assert await reading == set(range(1000))


async def test_frames_in_and_replies_are_counted(site: rigs.Site, client: ClientConnection) -> None:
    start = len(site.notes.frames)
    frame = json.dumps({"action": "act", "do": "ü"}, ensure_ascii=False)
    await ask(client, frame)
    await site.idle()
    assert site.notes.frames[start:] == [("act", "in", len(frame.encode())), ("act", "reply", 18)]
    assert site.notes.invocations[-1].operation == "act"


async def test_reordered_frames_run_last_first_with_their_own_stamps(site: rigs.Site, client: ClientConnection) -> None:
    site.misbehave.update({"reorder": 3})
    for number in range(3):
        await client.send(json.dumps({"action": "echo", "n": number}))
    events = [json.loads(await client.recv()) for _ in range(3)]
    assert [json.loads(event["body"])["n"] for event in events] == [2, 1, 0]
    stamps = [event["requestContext"]["requestTimeEpoch"] for event in events]
    assert stamps == sorted(stamps, reverse=True)
    assert json.loads((await ask(client, {"action": "echo", "n": 9}))["body"])["n"] == 9, "a lone frame is not kept"


async def test_a_held_frame_keeps_its_stamp_while_time_passes(site: rigs.Site, client: ClientConnection) -> None:
    site.misbehave.update({"holds": [{"contains": "keep me", "name": "late"}]})
    before = site.clock.now_ms()
    await client.send(json.dumps({"action": "echo", "text": "keep me"}))
    while not site.invoker.waiting():
        await asyncio.sleep(0.002)
    assert site.invoker.waiting() == [{"rule": "late", "call": 0}]
    site.clock.advance(39_000)
    assert (await ask(client, {"action": "echo"}))["requestContext"]["requestTimeEpoch"] >= before + 39_000
    assert site.invoker.release("late") == 1
    assert json.loads(await client.recv())["requestContext"]["requestTimeEpoch"] < before + 39_000


async def test_lost_frames_lost_replies_and_a_throttled_lambda(site: rigs.Site, client: ClientConnection) -> None:
    site.misbehave.update({"lose_frame": 1.0})
    await client.send(json.dumps({"action": "echo", "n": "lost"}))
    site_saw = await settled(site, client)
    assert not any("lost" in text for text in site_saw)
    site.misbehave.update({"lose_frame": 0.0, "lose_reply": 1.0})
    await client.send(json.dumps({"action": "echo", "n": "unanswered"}))
    assert any("unanswered" in text for text in await settled(site, client))
    site.misbehave.update({"lose_reply": 0.0, "throttle": 1.0})
    assert (await ask(client, {"action": "echo"}))["message"] == "Internal server error"


async def settled(site: rigs.Site, client: ClientConnection) -> list[str]:
    """What the functions were given, once the frames sent so far were handled (a pong comes after them)."""
    await (await client.ping())
    await site.idle()
    return [each.text for each in site.notes.invocations]


async def test_idle_and_old_connections_close_1001(tmp_path: Path) -> None:
    seen = tmp_path / "seen.jsonl"
    limits = Limits(idle_s=0.3, duration_s=60.0, sweep_s=0.02)
    async with rigs.site(rigs.chat_deployment(seen), tmp_path, seen, limits) as short:
        async with connect(short.gateway.url, additional_headers=USER) as client:
            assert await close_code(client) == 1001
        limits.idle_s, limits.duration_s = 60.0, 0.2
        async with connect(short.gateway.url, additional_headers=USER) as client:
            assert await close_code(client) == 1001
        limits.duration_s, limits.integration_s = 60.0, 0.1
        gate = tmp_path / "gate"
        async with connect(short.gateway.url, additional_headers=USER) as client:
            answer = await ask(client, {"action": "act", "do": "wait", "file": str(gate)})
            assert answer["message"] == "Endpoint request timed out"
            gate.touch()
            await short.idle()


async def test_stopping_does_not_wait_for_handlers_that_run_on(tmp_path: Path) -> None:
    seen = tmp_path / "seen.jsonl"
    async with rigs.site(rigs.chat_deployment(seen), tmp_path, seen) as short:
        short.misbehave.update({"holds": [{"function": "chat_connect"}, {"contains": "held"}]})
        opening = asyncio.create_task(connect(short.gateway.url, additional_headers=USER).__aenter__())
        while not short.invoker.waiting():
            await asyncio.sleep(0.002)
        async with connect(short.gateway.url, additional_headers=USER) as client:
            for frame in ({"do": "wait", "file": str(tmp_path / "never")}, {"do": "held"}):
                await client.send(json.dumps({"action": "act", **frame}))
            while short.invoker.stopped < 2 or short.invoker.under_way < 1:
                await asyncio.sleep(0.002)
            await asyncio.wait_for(short.gateway.stop(), 5)
            assert await close_code(client) == 1001
        with pytest.raises(InvalidStatus):
            await opening
