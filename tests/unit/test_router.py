"""The router answers whatever comes: with the request's id where it is one, and never by raising."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel

from tests.events import Socket
from tests.fakes import FakeClock
from tidings.domain.errors import TokenExpired
from tidings.domain.identity import Caller
from tidings.protocol.connection import DeviceRemoveRequest, DeviceReply, WhoamiReply, WhoamiRequest
from tidings.router import Farewell, Router


class Lines:
    """A log that keeps what it was told."""

    def __init__(self) -> None:
        self.lines: list[tuple[object, dict[str, Any]]] = []

    def info(self, msg: object, /, **fields: Any) -> None:
        self.lines.append((msg, fields))

    def error(self, msg: object, /, **fields: Any) -> None:
        self.lines.append((msg, fields))


class Rig:
    """A router with one route, whose answer may be spoilt."""

    def __init__(self) -> None:
        self.clock, self.log, self.name = FakeClock(), Lines(), "Ann"
        self.socket = Socket("ann", "phone", connected_at=self.clock.now() - 60_000)
        self.router = Router(self.clock, self.log)
        self.router.on_default(frozenset({"whoami"}))
        self.router.route(WhoamiRequest, self._whoami)

    def _whoami(self, caller: Caller, request: WhoamiRequest) -> BaseModel:
        proven = caller.identity
        return WhoamiReply(
            id=request.id,
            user_id=proven.user_id,
            device_id=proven.device_id,
            connection_id="c",
            name=self.name,
            expires_at=proven.expires_at,
            at=self.clock.now(),
        )

    def ask(self, body: str, route: str = "whoami") -> dict[str, Any]:
        response = self.router.resolve(self.socket.message(body, self.clock.now(), route=route))
        assert response["statusCode"] == 200
        reply: dict[str, Any] = json.loads(response["body"])
        return reply


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.mark.parametrize("bad", [r"\ud800", r"a\u0000", "x" * 65])
def test_an_id_that_cannot_be_one_is_refused_and_not_echoed(rig: Rig, bad: str) -> None:
    reply = rig.ask(f'{{"action": "whoami", "id": "{bad}"}}')
    assert (reply["type"], reply["code"], reply.get("id")) == ("error", "invalid_request", None)


@pytest.mark.parametrize("odd", ["a b", "ünï"])
def test_an_odd_id_is_refused_and_echoed(rig: Rig, odd: str) -> None:
    reply = rig.ask(f'{{"action": "whoami", "id": "{odd}"}}')
    assert (reply["code"], reply["id"]) == ("invalid_request", odd)


@pytest.mark.parametrize("body", [r'{"action": "nope", "id": "\udfff"}', r'{"id": "\ud800"}', r'["\ud800"]', "\ud800"])
def test_an_unroutable_frame_with_half_a_character_is_answered(rig: Rig, body: str) -> None:
    assert rig.ask(body, "$default")["type"] == "error"


def test_an_answer_of_ours_that_cannot_be_made_is_not_the_clients_mistake(rig: Rig) -> None:
    rig.name = 7  # type: ignore[assignment]
    reply = rig.ask('{"action": "whoami", "id": "1"}')
    assert (reply["id"], reply["code"], reply["retryable"]) == ("1", "internal", True)
    assert [line for line, _ in rig.log.lines] == ["unhandled", "refused"]


def test_a_farewell_is_said_and_the_route_answers_nothing(rig: Rig) -> None:
    said: list[str] = []

    def leave(_caller: Caller, request: DeviceRemoveRequest) -> Farewell:
        return Farewell(DeviceReply(id=request.id, device_id="phone", registered=False, push="off"), said.append)

    rig.router.route(DeviceRemoveRequest, leave)
    frame = '{"action": "device.remove", "id": "7"}'
    response = rig.router.resolve(rig.socket.message(frame, rig.clock.now(), route="device.remove"))
    assert response == {"statusCode": 200}
    assert [json.loads(text)["id"] for text in said] == ["7"]


def test_a_token_that_is_no_longer_good_is_refused_at_the_handshake(rig: Rig) -> None:
    def refuse(_caller: Caller) -> None:
        raise TokenExpired("Sign in again.")

    rig.router.on_connect(refuse)
    assert rig.router.resolve(rig.socket.connect()) == {"statusCode": 401}
