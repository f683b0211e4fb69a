"""`@connections` answers as API Gateway does, and botocore raises what it raises on AWS."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import boto3
import pytest
from botocore.config import Config
from websockets.asyncio.client import connect

from tests.local import rigs

USER = {"X-Token": "ann"}
SIGNED = f"AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/x/aws4_request, SignedHeaders=host, Signature={'0' * 64}"


def permit(key: str, method: str, path: str) -> bool:
    return key in ("GOOD", rigs.CREDENTIALS["AWS_ACCESS_KEY_ID"]) and path.startswith("@connections/")


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[rigs.Site]:
    folder: Path = tmp_path_factory.mktemp("management")
    seen = folder / "seen.jsonl"
    async with rigs.site(rigs.chat_deployment(seen), folder, seen, permit=permit) as running:
        yield running


@pytest.fixture
async def opened(site: rigs.Site) -> AsyncIterator[tuple[Any, str]]:
    """A client and its connection id."""
    async with connect(site.gateway.url, additional_headers=USER) as client:
        yield client, site.told("connect")[-1]["requestContext"]["connectionId"]


def api(site: rigs.Site, key: str = "GOOD") -> Any:
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"{site.management.url}/dev",
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}),
    )


async def raised(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(Exception) as problem:
        await asyncio.to_thread(call, **arguments)
    return type(problem.value).__name__


async def test_a_post_arrives_as_text(site: rigs.Site, opened: tuple[Any, str]) -> None:
    client, connection_id = opened
    await asyncio.to_thread(api(site).post_to_connection, ConnectionId=connection_id, Data='{"ü": 1}'.encode())
    assert await client.recv() == '{"ü": 1}'
    assert site.notes.frames[-1] == ("", "event", 9)


async def test_a_handler_posts_to_the_address_that_aws_would_have(opened: tuple[Any, str]) -> None:
    client, _ = opened
    await client.send(json.dumps({"action": "act", "do": "post", "text": "hello"}))
    assert {await client.recv(), await client.recv()} == {"hello", '{"error": null}'}


async def test_get_and_delete(site: rigs.Site, opened: tuple[Any, str]) -> None:
    client, connection_id = opened
    told = await asyncio.to_thread(api(site).get_connection, ConnectionId=connection_id)
    assert told["Identity"]["SourceIp"] == "127.0.0.1"
    assert abs(told["ConnectedAt"].timestamp() - site.clock.now_s()) < 30
    await asyncio.to_thread(api(site).delete_connection, ConnectionId=connection_id)
    await client.wait_closed()
    assert client.close_code == 1000
    assert await raised(api(site).get_connection, ConnectionId=connection_id) == "GoneException"


async def test_gone_too_large_forbidden(site: rigs.Site, opened: tuple[Any, str]) -> None:
    _, connection_id = opened
    post = api(site).post_to_connection
    assert await raised(post, ConnectionId="never=", Data=b"x") == "GoneException"
    await asyncio.to_thread(post, ConnectionId=connection_id, Data=b"x" * 128 * 1024)
    assert await raised(post, ConnectionId=connection_id, Data=b"x" * (128 * 1024 + 1)) == "PayloadTooLargeException"
    assert await raised(post, ConnectionId=connection_id, Data=b"x" * 1024 * 1024) == "PayloadTooLargeException"
    stranger = api(site, key="BAD").post_to_connection
    assert await raised(stranger, ConnectionId=connection_id, Data=b"x") == "ForbiddenException"


@pytest.mark.parametrize("authorization", [None, "Bearer x", SIGNED[:-1], SIGNED.replace("KEY", "OTHER")])
async def test_unsigned_or_unknown_is_403(site: rigs.Site, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{site.management.url}/dev/@connections/x=", data=b"x", headers=headers) as answer,
    ):
        assert answer.status == 403 and answer.headers["x-amzn-ErrorType"] == "ForbiddenException"


async def test_a_client_that_does_not_read_gets_429_and_keeps_its_connection(site: rigs.Site) -> None:
    async with connect(site.gateway.url, additional_headers=USER, max_queue=1, max_size=None) as client:
        connection_id = site.told("connect")[-1]["requestContext"]["connectionId"]
        post = api(site).post_to_connection

        def fill() -> tuple[str, int]:
            for count in range(1000):
                try:
                    post(ConnectionId=connection_id, Data=b"x" * 100_000)
                except post.__self__.exceptions.LimitExceededException as full:
                    return type(full).__name__, count
            return "never full", 1000

        kind, count = await asyncio.to_thread(fill)
        assert kind == "LimitExceededException"
        for _ in range(count):
            assert len(await client.recv()) == 100_000
        await asyncio.to_thread(post, ConnectionId=connection_id, Data=b"again")
        assert await client.recv() == "again"


async def test_told_to_misbehave(site: rigs.Site, opened: tuple[Any, str]) -> None:
    client, connection_id = opened
    post = api(site).post_to_connection
    names = {410: "GoneException", 413: "PayloadTooLargeException", 429: "LimitExceededException"}
    for status, name in names.items():
        site.misbehave.update({"posts": [{"status": status, "times": 1, "connection": connection_id}]})
        assert await raised(post, ConnectionId=connection_id, Data=b"x") == name
        await asyncio.to_thread(post, ConnectionId=connection_id, Data=name.encode())
        assert await client.recv() == name, "only the next one was refused"
    site.misbehave.update({"posts": [{"status": 0, "times": 1}]})
    await asyncio.to_thread(post, ConnectionId=connection_id, Data=b"lost")
    await asyncio.to_thread(post, ConnectionId=connection_id, Data=b"next")
    assert await client.recv() == "next"
    site.misbehave.reset()


async def test_the_accounts_rate(tmp_path: Path) -> None:
    from local.clock import Clock
    from local.gateway.limits import Limits
    from local.gateway.management import Management
    from local.gateway.sockets import Sockets
    from local.misbehave import Misbehave

    slow = Management("dev", Sockets(Limits()), Clock(), Misbehave(), lambda *_: True, rate=1.0)
    await slow.start()
    try:
        headers = {"Authorization": SIGNED}
        async with aiohttp.ClientSession(headers=headers) as http:
            url = f"{slow.url}/dev/@connections/x="
            statuses = [(await http.post(url, data=b"x")).status for _ in range(20)]
    finally:
        await slow.stop()
    assert statuses[0] == 410 and 429 in statuses
