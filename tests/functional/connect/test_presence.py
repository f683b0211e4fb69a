"""Presence through the real handler: what is answered, what is posted, what it costs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.connect.handler import handler
from local.meter.units import measure
from tests.events import Socket
from tests.functional.connect.conftest import Aws
from tidings.bootstrap import clients
from tidings.domain.presence import ONLINE_MS


class Town:
    """People's sockets.  The gateway says that each has just been active; `posted` has the live frames."""

    def __init__(self, aws: Aws) -> None:
        self.clock = aws.clock
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.units: dict[str, float] = {}
        self._params: dict[str, Any] = {}
        for client in (clients.dynamodb(), clients.management()):
            client.meta.events.register_last("provide-client-params.*.*", self._note)
            client.meta.events.register("after-call.*.*", self._measure)

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self._params = dict(params)
        if model.name == "PostToConnection":
            self.posted.append((params["ConnectionId"], json.loads(params["Data"])))

    def _measure(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        if model.name == "GetConnection":
            parsed["LastActiveAt"] = datetime.fromtimestamp(self.clock.now() / 1_000, UTC)
        service = model.service_model.service_name
        for name, units in measure(service, model.name, self._params, parsed, None).items():
            self.units[name] = self.units.get(name, 0) + units

    def socket(self, user: str, device: str = "phone") -> Socket:
        return Socket(user, device, connected_at=self.clock.now())

    def connect(self, user: str, device: str = "phone") -> Socket:
        socket = self.socket(user, device)
        assert handler(socket.connect(), None)["statusCode"] == 200
        return socket

    def disconnect(self, socket: Socket) -> None:
        assert handler(socket.disconnect(self.clock.advance(1)), None) == {"statusCode": 200}

    def ask(self, socket: Socket, action: str, **fields: Any) -> dict[str, Any]:
        event = socket.message({"action": action, "id": "r", **fields}, self.clock.advance(1))
        reply: dict[str, Any] = json.loads(handler(event, None)["body"])
        return reply


@pytest.fixture
def town(aws: Aws) -> Town:
    return Town(aws)


def test_who_is_there_and_who_comes_and_goes(town: Town) -> None:
    bob = town.connect("bob")
    town.disconnect(bob)
    left = town.clock.now()
    ann = town.connect("ann")
    answer = town.ask(ann, "presence.watch", users=["bob", "nobody", "ann"])
    now = town.clock.now()
    assert answer == {
        "type": "presence",
        "id": "r",
        "users": [
            {"user": "bob", "online": False, "last_seen": left},
            {"user": "nobody", "online": False},
            {"user": "ann", "online": True, "until": now + ONLINE_MS},
        ],
        "at": now,
    }
    town.clock.advance(1_000)
    bob = town.connect("bob")
    came = town.clock.now()
    town.disconnect(bob)
    left = town.clock.now()
    online = {"kind": "presence", "user": "bob", "online": True, "at": came, "until": came + ONLINE_MS}
    offline = {"kind": "presence", "user": "bob", "online": False, "at": left, "last_seen": left}
    assert town.posted == [(ann.id, {"type": "events", "events": [event]}) for event in (online, offline)]


def test_privacy_and_its_end(town: Town) -> None:
    ann, bob = town.connect("ann"), town.connect("bob")
    town.ask(ann, "presence.watch", users=["bob"])
    town.ask(bob, "privacy", client_id="1", last_seen="nobody")
    hidden = town.ask(ann, "presence.watch", users=["bob"])["users"]
    assert hidden == [{"user": "bob", "online": False}]
    town.disconnect(bob)
    bob = town.connect("bob")
    assert town.posted == []
    town.ask(bob, "privacy", client_id="2", last_seen="everyone")
    town.disconnect(bob)
    assert [connection for connection, _ in town.posted] == [ann.id]


def test_what_it_costs(town: Town) -> None:
    """Asking about n people: two and a half read units each (who they are, blocks both ways, their sockets), and two
    once; entering them costs a write each, once for hours."""
    people = [town.connect(f"u{number}") for number in range(10)]
    ann = town.connect("ann")
    names = [each.user_id for each in people]
    for write in (10 + 1, 0):
        town.units.clear()
        town.ask(ann, "presence.watch", users=names)
        assert (town.units.get("write", 0), town.units["read"]) == (write, 10 * 2.5 + 1)
    town.units.clear()
    bob = town.connect("bob")
    assert (town.units["write"], town.units["read"]) == (2, 1), "socket and user, and that nobody watches"
    town.units.clear()
    town.disconnect(bob)
    assert (town.units["write"], town.units["read"]) == (2, 1)


@pytest.mark.parametrize(
    "fields",
    [{}, {"users": "bob"}, {"users": ["a#b"]}, {"users": [""]}, {"users": ["u"] * 101}, {"users": [], "on": True}],
)
def test_a_wrong_list_is_explained(town: Town, fields: dict[str, Any]) -> None:
    answer = town.ask(town.connect("ann"), "presence.watch", **fields)
    assert (answer["type"], answer["code"]) == ("error", "invalid_request")
