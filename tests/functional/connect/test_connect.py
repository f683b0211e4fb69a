"""The connect function as the gateway calls it, on tables and SNS in this process."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest

from functions.connect.handler import handler
from tests.functional.connect.conftest import Aws
from tests.functional.connect.events import frame, recorded
from tidings.storage import keys


def ask(route: str, number: int = 1, /, *, by: str = "phone", **fields: Any) -> dict[str, Any]:
    """Send a frame from the user's device `by`; the reply."""
    answer = handler(frame(route, {"id": f"r{number}", **fields}, number, device_id=by), None)
    assert answer["statusCode"] == 200
    reply: dict[str, Any] = json.loads(answer["body"])
    assert reply["id"] == f"r{number}"
    return reply


def item(aws: Aws, table: keys.Table, **key: str) -> dict[str, Any]:
    wanted = {name: {"S": value} for name, value in key.items()}
    return dict(aws.dynamodb.get_item(TableName=table.name, Key=wanted).get("Item", {}))


def connected(aws: Aws) -> set[str]:
    return {name for name in item(aws, keys.CONNECTIONS, user_id="ann") if name.startswith(keys.DEVICE_PREFIX)}


def test_connect_enters_user_and_socket_and_names_the_subprotocol(aws: Aws) -> None:
    assert handler(recorded("connect"), None) == {
        "statusCode": 200,
        "headers": {"Sec-WebSocket-Protocol": "tidings.v1"},
    }
    assert item(aws, keys.USERS, user_id="ann")["name"] == {"S": "Ann"}
    assert connected(aws) == {"d#phone"}


def test_disconnect_removes_it_and_only_it(aws: Aws) -> None:
    handler(recorded("connect"), None)
    other = recorded("disconnect")
    other["requestContext"]["connectionId"] = "an-older-one"
    assert handler(other, None)["statusCode"] == 200
    assert connected(aws) == {"d#phone"}
    assert handler(recorded("disconnect"), None) == {"statusCode": 200}
    assert connected(aws) == set()
    assert handler(recorded("disconnect"), None) == {"statusCode": 200}


def test_a_connect_that_cannot_be_stored_is_refused(aws: Aws, log: StringIO) -> None:
    aws.dynamodb.delete_table(TableName=keys.CONNECTIONS.name)
    assert handler(recorded("connect"), None) == {"statusCode": 500}
    assert json.loads(log.getvalue())["message"] == "unhandled"


def test_whoami(aws: Aws) -> None:
    assert ask("whoami") == {
        "type": "whoami",
        "id": "r1",
        "user_id": "ann",
        "device_id": "phone",
        "connection_id": "Aa1BbdAAFiACGYw=",
        "name": "Ann",
        "expires_at": 1_800_003_600,
        "at": aws.clock.now(),
    }


def test_an_expired_token_is_told_on_every_frame(aws: Aws) -> None:
    aws.clock.advance(3_600_000)
    for number, route in enumerate(("whoami", "device.register", "device.remove")):
        assert ask(route, number)["code"] == "token_expired"


def test_a_device_is_registered_and_removed(aws: Aws) -> None:
    handler(recorded("connect"), None)
    assert ask("device.register", 1, platform="fcm", push_token="secret-token") == {
        "type": "device",
        "id": "r1",
        "device_id": "phone",
        "registered": True,
        "push": "on",
    }
    [endpoint] = aws.sns.list_endpoints_by_platform_application(PlatformApplicationArn=aws.application)["Endpoints"]
    assert endpoint["Attributes"]["CustomUserData"] == "ann#phone"
    assert item(aws, keys.USERS, user_id="ann")["devices"] == {"SS": ["phone"]}
    assert item(aws, keys.DEVICES, user_id="ann", device_id="phone")["endpoint"] == {"S": endpoint["EndpointArn"]}

    assert ask("device.remove", 2, device_id="phone", by="tablet") == {
        "type": "device",
        "id": "r2",
        "device_id": "phone",
        "registered": False,
        "push": "off",
    }
    left = aws.sns.list_endpoints_by_platform_application(PlatformApplicationArn=aws.application)["Endpoints"]
    assert left == []
    assert "devices" not in item(aws, keys.USERS, user_id="ann")


def test_without_push_set_up_a_device_is_registered_all_the_same(aws: Aws) -> None:
    assert ask("device.register", 1, platform="apns", push_token="t")["push"] == "unavailable"
    assert ask("device.register", 2)["push"] == "off"
    assert item(aws, keys.USERS, user_id="ann")["devices"] == {"SS": ["phone"]}


def test_the_cap(aws: Aws) -> None:
    for number in range(3):
        event = frame("device.register", {"id": "r"}, number, device_id=f"d{number}")
        assert json.loads(handler(event, None)["body"])["registered"] is True
    refused = json.loads(handler(frame("device.register", {"id": "r"}, 9, device_id="d9"), None)["body"])
    assert refused["code"] == "too_many_devices"
    assert refused["message"]


@pytest.mark.parametrize(
    "fields",
    [
        {"platform": "fcm"},
        {"push_token": "t"},
        {"platform": "pigeon", "push_token": "t"},
        {"platform": "fcm", "push_token": ""},
        {"platform": "fcm", "push_token": "x" * 5_000},
        {"platform": "fcm", "push_token": 7},
        {"user_id": "bob"},
        {"device_id": "other"},
    ],
)
def test_a_wrong_registration_is_explained(aws: Aws, fields: dict[str, Any]) -> None:
    reply = ask("device.register", 1, **fields)
    assert (reply["type"], reply["code"]) == ("error", "invalid_request")
    assert reply["message"].endswith(".")


def test_nothing_secret_is_logged(aws: Aws, log: StringIO) -> None:
    handler(recorded("connect"), None)
    ask("device.register", 1, platform="fcm", push_token="secret-token")
    ask("device.register", 2, platform="fcm", push_token="secret-token", surplus="secret-token")
    aws.dynamodb.delete_table(TableName=keys.DEVICES.name)
    assert ask("device.register", 3, platform="fcm", push_token="secret-token")["code"] == "internal"
    assert [json.loads(line)["message"] for line in log.getvalue().splitlines()] == ["refused", "unhandled", "refused"]
    assert "secret-token" not in log.getvalue()
