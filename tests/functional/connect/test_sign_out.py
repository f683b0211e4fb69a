"""Devices through the real handler: the list, and signing one out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.connect.handler import handler
from tests.events import Socket
from tests.functional.connect.conftest import Aws
from tidings.bootstrap import clients
from tidings.storage import keys

HOUR = 3_600_000


@pytest.fixture
def socket_calls(aws: Aws) -> list[tuple[str, str, str]]:
    """What is done to sockets, but for looking at them: operation, connection id, text."""
    calls: list[tuple[str, str, str]] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name != "GetConnection":
            calls.append((model.name, params["ConnectionId"], params.get("Data", b"").decode()))

    clients.management().meta.events.register("provide-client-params.apigatewaymanagementapi.*", note)
    return calls


def connect(aws: Aws, device_id: str, issued_at: int | None = None) -> int:
    """The status of a `$connect` of ann's with a token of an hour ago, or given out at `issued_at`."""
    socket = Socket("ann", device_id, connected_at=aws.clock.advance(1))
    event = socket.connect()
    issued = aws.clock.now() - HOUR if issued_at is None else issued_at
    event["requestContext"]["authorizer"]["issued_at"] = str(issued)
    status: int = handler(event, None)["statusCode"]
    return status


def send(aws: Aws, device_id: str, action: str, /, **fields: Any) -> dict[str, Any]:
    """What the handler answers to a frame of one of ann's devices."""
    socket = Socket("ann", device_id, connected_at=aws.clock.now())
    return handler(socket.message({"action": action, "id": "r", **fields}, aws.clock.advance(1)), None)


def ask(aws: Aws, device_id: str, action: str, /, **fields: Any) -> dict[str, Any]:
    """The reply."""
    reply: dict[str, Any] = json.loads(send(aws, device_id, action, **fields)["body"])
    return reply


def connected(aws: Aws) -> set[str]:
    found = aws.dynamodb.get_item(TableName=keys.CONNECTIONS.name, Key={"user_id": {"S": "ann"}})["Item"]
    return {name for name in found if name.startswith(keys.DEVICE_PREFIX)}


def test_the_list_has_what_is_registered_and_what_is_connected(aws: Aws) -> None:
    connect(aws, "phone")
    phone_at = aws.clock.now()
    ask(aws, "phone", "device.register", platform="fcm", push_token="secret-token")
    registered_at = aws.clock.now()
    ask(aws, "tablet", "device.register")
    tablet_at = aws.clock.now()
    connect(aws, "tab-7")
    browser_at = aws.clock.now()
    reply = ask(aws, "phone", "device.list")
    assert reply == {
        "type": "devices",
        "id": "r",
        "devices": [
            {
                "device_id": "phone",
                "platform": "fcm",
                "push": True,
                "registered_at": registered_at,
                "connected_at": phone_at,
                "own": True,
            },
            {"device_id": "tab-7", "push": False, "connected_at": browser_at, "own": False},
            {"device_id": "tablet", "push": False, "registered_at": tablet_at, "own": False},
        ],
    }
    assert "secret-token" not in json.dumps(reply)


def test_a_device_is_signed_out(aws: Aws, socket_calls: list[tuple[str, str, str]]) -> None:
    for device in ("phone", "tablet", "tab-7"):
        assert connect(aws, device) == 200
    for device in ("phone", "tablet"):
        ask(aws, device, "device.register")
    stolen = aws.clock.now()
    reply = ask(aws, "phone", "device.remove", device_id="tablet")
    removed = aws.clock.now()
    assert (reply["device_id"], reply["registered"]) == ("tablet", False)
    assert socket_calls == [("DeleteConnection", "ann-tablet=", "")]
    assert connected(aws) == {"d#phone", "d#tab-7"}
    assert connect(aws, "tablet", stolen) == 401
    assert connect(aws, "tablet", removed) == 401
    assert connect(aws, "a-new-name", stolen) == 401, "the token is good for no other device, either"
    assert connected(aws) == {"d#phone", "d#tab-7"}
    assert connect(aws, "phone", stolen) == 200, "others that are registered go on"
    assert connect(aws, "tablet", removed + 1) == 200, "whoever signs in anew may come back"


def test_a_device_signs_itself_out_after_its_reply(aws: Aws, socket_calls: list[tuple[str, str, str]]) -> None:
    connect(aws, "phone")
    ask(aws, "phone", "device.register")
    assert send(aws, "phone", "device.remove") == {"statusCode": 200}
    (post, end) = socket_calls
    assert post[:2] == ("PostToConnection", "ann-phone=")
    assert json.loads(post[2]) == {
        "type": "device",
        "id": "r",
        "device_id": "phone",
        "registered": False,
        "push": "off",
    }
    assert end == ("DeleteConnection", "ann-phone=", "")
    assert connected(aws) == set()
    assert connect(aws, "phone") == 401


def test_a_device_that_is_not_there_is_fine(aws: Aws, socket_calls: list[tuple[str, str, str]]) -> None:
    connect(aws, "phone")
    assert ask(aws, "phone", "device.remove", device_id="nothing")["registered"] is False
    assert socket_calls == []
    assert connected(aws) == {"d#phone"}
