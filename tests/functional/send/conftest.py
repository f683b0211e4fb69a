"""The deployed send function in one process: the real handler, the real stores, DynamoDB and sockets by moto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from moto import mock_aws
from moto.backends import get_backend

from functions.send.handler import handler
from local.meter.units import measure
from tests.contract.engines import make_tables
from tests.events import Socket
from tests.fakes import FakeClock
from tests.functional.rig import lambda_environment
from tidings.bootstrap import clients, lists, send, telemetry, world
from tidings.domain.identity import Connection, Identity
from tidings.services.threads import Threads
from tidings.storage import keys
from tidings.storage.connections import ConnectionStore
from tidings.storage.users import UserStore

ACCOUNT = "123456789012"
REGION = "us-east-1"
CALLBACK = f"https://a1b2c3d4e5.execute-api.{REGION}.amazonaws.com/dev"


class Deployed:
    """The function and its tables.  `calls` has every AWS call as (service, operation), `units` what it would cost."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.calls: list[tuple[str, str]] = []
        self.units: dict[str, float] = {}
        self._params: dict[str, Any] = {}
        for client in (clients.dynamodb(), clients.management()):
            client.meta.events.register("provide-client-params.*.*", self._note)
            client.meta.events.register("after-call.*.*", self._measure)

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        self._params = params

    def _measure(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        service = model.service_model.service_name
        self.calls.append((service, model.name))
        cost = measure(service, model.name, self._params, parsed, parsed.get("Error", {}).get("Code"))
        for name, units in cost.items():
            self.units[name] = self.units.get(name, 0) + units

    def forget(self) -> None:
        """Start counting calls and units again."""
        self.calls.clear()
        self.units.clear()

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        """The reply frame to an event."""
        response = handler(event, object())
        assert response["statusCode"] == 200
        reply: dict[str, Any] = json.loads(response["body"])
        return reply

    def ask(self, socket: Socket, body: dict[str, Any] | str, **options: Any) -> dict[str, Any]:
        """The reply to a frame that the gateway took now."""
        return self.invoke(socket.message(body, self.clock.now(), **options))

    def join(self, user_id: str, device_id: str = "phone", *, registered: bool = True, online: bool = True) -> Socket:
        """A user who connected an hour ago; with their socket."""
        users = UserStore(clients.dynamodb(), keys.USERS.name, self.clock)
        users.ensure(Identity(user_id, device_id, 0), self.clock.now())
        if registered:
            users.add_device(user_id, device_id, 10)
        socket = Socket(user_id, device_id, connected_at=self.clock.now() - 3_600_000)
        if online:
            registry = ConnectionStore(clients.dynamodb(), keys.CONNECTIONS.name, self.clock)
            registry.register(user_id, Connection(device_id, socket.id, socket.connected_at), self.clock.now(), 10)
        return socket

    def posted(self, socket: Socket) -> list[dict[str, Any]]:
        """The live frames that a socket was sent."""
        backend = get_backend("apigatewaymanagementapi")[ACCOUNT][REGION]
        raw = backend.connections[quote(socket.id)].data.decode()
        frames, decoder, at = [], json.JSONDecoder(), 0
        while at < len(raw):
            frame, at = decoder.raw_decode(raw, at)
            frames.append(frame)
        return frames

    def put(self, table: keys.Table, item: dict[str, Any]) -> None:
        """Put an item."""
        clients.dynamodb().put_item(TableName=table.name, Item=item)

    def restart(self) -> None:
        """Let the next invocation be a new process's first."""
        for cached in (world.settings, send.build):
            cached.cache_clear()

    def items(self, table: keys.Table) -> list[dict[str, Any]]:
        """Everything in a table."""
        return clients.dynamodb().scan(TableName=table.name)["Items"]


def _cold() -> None:
    for cached in (world.settings, clients.dynamodb, clients.management, send.build, telemetry.logger):
        cached.cache_clear()


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """The function after a cold start, with empty tables, and time in the test's hand."""
    clock = FakeClock()
    lambda_environment(monkeypatch, "tidings-send", REGION)
    monkeypatch.setenv("TIDINGS_CALLBACK_URL", CALLBACK)
    monkeypatch.setattr(lists, "Threads", lambda: Threads(1))  # moto does one thing at a time
    monkeypatch.setattr(send, "SystemClock", lambda: clock)
    _cold()
    with mock_aws():
        make_tables(clients.dynamodb())
        yield Deployed(clock)
    _cold()
