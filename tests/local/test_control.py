"""The control API on a whole small host: look, steer, wait.  Also the roles' part in front of `@connections`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
from websockets.asyncio.client import ClientConnection, connect

from local.aws import client as root
from local.clock import Clock
from local.control import Control, Running
from local.control_client import AsyncControlClient, ControlClient, ControlError
from local.front import Front
from local.issuer import Issuer
from local.meter.ledger import Ledger
from local.ministack import Ministack
from local.misbehave import Misbehave
from local.observed import Observed
from local.phones import Phones
from local.pumps.all import Pumps
from tests.local import rigs

TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
POST = {
    "Effect": "Allow",
    "Action": "execute-api:ManageConnections",
    "Resource": "arn:aws:execute-api:us-east-1:000000000000:testapi/dev/POST/@connections/*",
}
USER = {"X-Token": "ann"}


@dataclass
class Host:
    """A small host: its control client and where things are."""

    control: AsyncControlClient
    url: str
    gateway: str
    observed: Path


@pytest.fixture(scope="module")
async def host(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Host]:
    folder: Path = tmp_path_factory.mktemp("control")
    ministack = Ministack()
    await ministack.start()
    try:
        deployed = rigs.chat_deployment(folder / "seen.jsonl", aws_endpoint=ministack.endpoint)
        await asyncio.to_thread(make_roles, ministack.endpoint, list(deployed.functions))
        clock, misbehave = Clock(), Misbehave()
        observed, ledger, phones = Observed(deployed, folder / "observed.jsonl"), Ledger(), Phones(clock)
        front = Front(deployed, clock, misbehave, folder, [observed, ledger, phones], [ledger])
        issuer = Issuer(clock)
        await issuer.start()
        await front.start()
        pumps = Pumps(deployed, front.invoker.invoke, clock, misbehave)
        control = Control(Running(front, issuer, pumps, observed, ledger, phones))
        await control.start()
        async with AsyncControlClient(control.url) as client:
            yield Host(client, control.url, front.gateway.url, folder / "observed.jsonl")
        await control.stop()
        await pumps.stop()
        await front.stop()
        await issuer.stop()
    finally:
        await ministack.stop()


def make_roles(endpoint: str, names: list[str]) -> None:
    iam = root("iam", endpoint)
    for name in names:
        trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [POST]})
    iam.put_role_policy(RoleName="chat_act", PolicyName="post", PolicyDocument=policy)


@pytest.fixture
async def client(host: Host) -> AsyncIterator[ClientConnection]:
    async with connect(host.gateway, additional_headers=USER) as opened:
        yield opened


@pytest.fixture(autouse=True)
async def fair_weather(host: Host) -> AsyncIterator[None]:
    yield
    await host.control.behave()


async def ask(client: ClientConnection, frame: Any) -> Any:
    await client.send(json.dumps(frame))
    return json.loads(await client.recv())


async def test_state_says_where_everything_is(host: Host) -> None:
    state = await host.control.state()
    assert state["gateway"] == host.gateway and state["stage"] == "dev"
    assert set(state["workers"]) == set(state["functions"]) and all(state["workers"].values())
    assert await asyncio.to_thread(ControlClient(host.url).state), "the blocking client too"


async def test_tokens(host: Host) -> None:
    token = (await host.control.mint("ann", 60, name="Ann"))["token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["name"], claims["exp"] - int(claims["iat"])) == ("ann", "Ann", 60)
    before = jwt.get_unverified_header(token)["kid"]
    assert (await host.control.rotate_keys())["key_id"] != before


async def test_only_the_role_with_the_permission_may_post(host: Host, client: ClientConnection) -> None:
    connection_id = (await host.control.connections())[0]["id"]
    async with connect(f"{host.gateway}?post=1", additional_headers=USER):
        pass
    await host.control.idle()
    newest = (await host.control.invocations("chat_connect"))[0]
    assert [call["error"] for call in newest["calls"]] == ["ForbiddenException"]
    assert await ask(client, {"action": "act", "do": "post", "text": '"hi"', "to": connection_id}) == "hi"
    assert json.loads(await client.recv()) == {"error": None}
    kinds = await host.control.calls()
    called = {"service": "apigatewaymanagementapi", "operation": "PostToConnection", "resource": "@connections"}
    assert {"function": "chat_act", **called, "denied": False} in kinds
    assert {"function": "chat_connect", **called, "denied": True} in kinds
    lines = [json.loads(line) for line in host.observed.read_text().splitlines()]
    assert sorted(lines, key=str) == sorted(kinds, key=str), "each kind once, as it was first seen"


async def test_invocations_are_found_by_function_and_text(host: Host, client: ClientConnection) -> None:
    await ask(client, {"action": "act", "do": "needle"})
    await ask(client, {"action": "act", "do": "hay"})
    await host.control.idle()
    found = await host.control.invocations("chat_act", "needle", limit=5)
    assert len(found) == 1 and found[0]["operation"] == "act"
    assert await host.control.invocations("chat_echo", "needle") == []
    assert len(await host.control.invocations("chat_act", limit=2)) == 2


async def test_hold_look_advance_release(host: Host, client: ClientConnection) -> None:
    await host.control.misbehave(holds=[{"function": "chat_echo", "name": "wait"}])
    await client.send(json.dumps({"action": "echo"}))
    assert await host.control.stopped(at_least=1) == [{"rule": "wait", "call": 0}]
    await host.control.idle(timeout_s=5)
    before = (await host.control.state())["clock_ms"]
    assert (await host.control.advance(40_000))["now_ms"] >= before + 40_000
    assert await host.control.release("wait") == {"released": 1}
    stamp = json.loads(await client.recv())["requestContext"]["requestTimeEpoch"]
    assert stamp <= before


async def test_idle_waits_for_what_runs_and_says_what_does_not_end(
    host: Host, client: ClientConnection, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    await client.send(json.dumps({"action": "act", "do": "wait", "file": str(gate)}))
    await (await client.ping())
    with pytest.raises(ControlError, match="1 invocations under way") as late:
        await host.control.idle(timeout_s=0.05)
    assert late.value.status == 504
    gate.touch()
    await host.control.idle()
    assert json.loads(await client.recv()) == {"done": "wait"}


async def test_the_meter_since_a_mark(host: Host, client: ClientConnection) -> None:
    await host.control.idle()
    mark = (await host.control.mark())["mark"]
    for _ in range(3):
        await ask(client, {"action": "echo"})
    await host.control.idle()
    meter = await host.control.meter(mark)
    assert list(meter["operations"]) == ["echo"]
    echo = meter["operations"]["echo"]
    assert (echo["times"], echo["invocations"], echo["frames_in"], echo["frames_out"]) == (3, 3, 3, 3)
    assert echo["dollars"] > 0 and "echo" in meter["table"] and meter["total"]["times"] == 3


async def test_cut_a_connection(host: Host, client: ClientConnection) -> None:
    mine = [each for each in await host.control.connections() if each["authorizer"]["user_id"] == "ann"]
    for each in mine:
        await host.control.cut(each["id"])
    await client.wait_closed()
    assert client.close_code == 1006
    with pytest.raises(ControlError, match="no such open connection"):
        await host.control.cut(mine[0]["id"])


async def test_limits_and_mistakes_get_a_sentence(host: Host) -> None:
    limits = await host.control.limits(idle_s=599.0)
    assert limits["idle_s"] == 599.0
    for call, sentence in (
        (host.control.limits(frame_bytes=1), "no limit 'frame_bytes'"),
        (host.control.misbehave(colour="blue"), "unknown switch 'colour'"),
        (host.control.misbehave(calls=[{"verb": "kill"}]), "not a CallRule"),
        (host.control.advance(-1), "only moves forward"),
        (host.control.call("GET", "/nowhere"), "nothing at GET /nowhere"),
    ):
        with pytest.raises(ControlError, match=sentence):
            await call


def test_switches_survive_json_and_use_up_their_rules() -> None:
    misbehave = Misbehave()
    misbehave.update(json.loads(json.dumps({"seed": 7, "holds": [{"function": "Send", "contains": "x", "times": 2}]})))
    held = [misbehave.hold("Send", text) is not None for text in ("x", "y", "x", "x")]
    assert held == [True, False, True, False] and misbehave.hold("Plan", "x") is None
    assert misbehave.as_json()["holds"][0]["times"] == 0
    rolls = [misbehave.chance(0.5) for _ in range(50)]
    misbehave.update({"seed": 7})
    assert [misbehave.chance(0.5) for _ in range(50)] == rolls and len(set(rolls)) == 2
