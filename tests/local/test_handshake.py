"""Opening and ending a connection: events, statuses and subprotocols as API Gateway has them."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.local import rigs

USER = {"X-Token": "ann"}


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[rigs.Site]:
    folder: Path = tmp_path_factory.mktemp("handshake")
    seen = folder / "seen.jsonl"
    async with rigs.site(rigs.chat_deployment(seen), folder, seen) as running:
        yield running


async def status_of(url: str, headers: dict[str, str] | None = None) -> int:
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, additional_headers=headers)
    body = json.loads(refused.value.response.body or b"{}")
    assert set(body) == {"message", "connectionId", "requestId"}
    return refused.value.response.status_code


async def test_a_missing_identity_source_is_401_without_a_call(site: rigs.Site) -> None:
    calls = len(site.notes.invocations)
    assert await status_of(site.gateway.url) == 401
    assert await status_of(site.gateway.url, {"X-Token": ""}) == 401
    assert len(site.notes.invocations) == calls


@pytest.mark.parametrize(("token", "status"), [("deny", 403), ("raise", 500), ("unauthorized", 401), ("nonsense", 500)])
async def test_what_the_authorizer_says_is_the_status(site: rigs.Site, token: str, status: int) -> None:
    assert await status_of(site.gateway.url, {"X-Token": token}) == status
    assert site.notes.invocations[-1].operation == "authorizer", "$connect must not have run"


@pytest.mark.parametrize(
    ("query", "status"),
    [("status=403", 403), ("status=401", 401), ("status=503", 503), ("status=302", 403), ("fail=1", 500)],
)
async def test_what_connect_says_is_the_status(site: rigs.Site, query: str, status: int) -> None:
    assert await status_of(f"{site.gateway.url}?{query}", USER) == status


async def test_an_answer_without_a_status_code_is_500(site: rigs.Site) -> None:
    assert await status_of(f"{site.gateway.url}?malformed=1", USER) == 500


async def test_connect_and_authorizer_see_headers_query_and_context(site: rigs.Site) -> None:
    url = f"{site.gateway.url}?device=phone&device=tablet&empty="
    before = site.clock.now_ms()
    async with connect(url, additional_headers=USER, subprotocols=["one", "two"], user_agent_header="agent/1"):  # type: ignore[list-item]
        event = site.told("connect")[-1]
    context = event["requestContext"]
    assert event["headers"]["X-Token"] == "ann" and event["multiValueHeaders"]["X-Token"] == ["ann"]
    assert event["headers"]["Sec-WebSocket-Protocol"] == "one, two"
    assert event["queryStringParameters"] == {"device": "tablet", "empty": ""}
    assert event["multiValueQueryStringParameters"] == {"device": ["phone", "tablet"], "empty": [""]}
    assert event["isBase64Encoded"] is False and "body" not in event
    assert (context["routeKey"], context["eventType"], context["messageDirection"]) == ("$connect", "CONNECT", "IN")
    assert (context["stage"], context["apiId"]) == ("dev", "testapi")
    assert context["domainName"] == "testapi.execute-api.us-east-1.amazonaws.com"
    assert before <= context["connectedAt"] <= context["requestTimeEpoch"] <= site.clock.now_ms()
    assert context["identity"] == {"sourceIp": "127.0.0.1", "userAgent": "agent/1"}
    assert len(base64.urlsafe_b64decode(context["connectionId"])) == 11
    assert {"requestId", "extendedRequestId", "requestTime"} <= set(context) and "messageId" not in context

    authorizer = context["authorizer"]
    asked = json.loads(authorizer.pop("event"))
    assert authorizer == {"principalId": "ann", "user_id": "ann", "number": "7", "yes": "true"}
    assert asked["type"] == "REQUEST"
    assert asked["methodArn"] == "arn:aws:execute-api:us-east-1:000000000000:testapi/dev/$connect"
    assert asked["headers"] == event["headers"]
    assert asked["queryStringParameters"] == event["queryStringParameters"]
    assert asked["requestContext"]["connectionId"] == context["connectionId"]
    assert "authorizer" not in asked["requestContext"]


async def test_parameters_that_were_not_given_are_absent(site: rigs.Site) -> None:
    async with connect(site.gateway.url, additional_headers=USER):
        event = site.told("connect")[-1]
    assert "queryStringParameters" not in event and "multiValueQueryStringParameters" not in event


async def test_the_subprotocol_is_the_one_connect_answered(site: rigs.Site) -> None:
    url = f"{site.gateway.url}?protocol=two"
    async with connect(url, additional_headers=USER, subprotocols=["one", "two"]) as client:  # type: ignore[list-item]
        assert client.subprotocol == "two"
    async with connect(site.gateway.url, additional_headers=USER, subprotocols=["one"]) as client:  # type: ignore[list-item]
        assert client.subprotocol is None


async def test_a_post_inside_its_own_connect_is_gone(site: rigs.Site) -> None:
    async with connect(f"{site.gateway.url}?post=1", additional_headers=USER):
        assert site.told("early")[-1] == {"error": "GoneException"}


async def test_disconnect_tells_who_left_and_how(site: rigs.Site) -> None:
    async with connect(site.gateway.url, additional_headers=USER) as client:
        connection_id = site.told("connect")[-1]["requestContext"]["connectionId"]
        await client.close(4001, "enough")
    context = (await site.told_of("disconnect", connection_id))["requestContext"]
    assert (context["routeKey"], context["eventType"]) == ("$disconnect", "DISCONNECT")
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (4001, "enough")
    assert context["authorizer"]["user_id"] == "ann"
    await site.idle()
    assert site.notes.durations and len(site.sockets) == 0


async def test_a_cut_line_is_1006_and_disconnect_may_get_lost(site: rigs.Site) -> None:
    async with connect(site.gateway.url, additional_headers=USER) as client:
        connection_id = site.told("connect")[-1]["requestContext"]["connectionId"]
        site.sockets.get(connection_id).cut()
        await client.wait_closed()
        assert client.close_code == 1006
    assert (await site.told_of("disconnect", connection_id))["requestContext"]["disconnectStatusCode"] == 1006

    await site.idle()
    site.misbehave.update({"drop_disconnect": 1.0})
    calls = len(site.notes.invocations)
    async with connect(site.gateway.url, additional_headers=USER) as client:
        await client.close()
    await site.idle()
    site.misbehave.reset()
    assert [each.operation for each in site.notes.invocations[calls:]] == ["authorizer", "$connect"]


async def test_no_authorizer_and_a_throttled_connect(tmp_path: Path) -> None:
    seen = tmp_path / "seen.jsonl"
    deployed = rigs.chat_deployment(seen, False, default_throttle_rate=0.001, default_throttle_burst=1)
    async with rigs.site(deployed, tmp_path, seen) as open_site:
        async with connect(open_site.gateway.url):
            assert "authorizer" not in open_site.told("connect")[-1]["requestContext"]
        assert await status_of(open_site.gateway.url) == 429
