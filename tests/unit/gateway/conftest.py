"""A server on this machine that answers @connections as a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote

import boto3
import pytest

from tidings.bootstrap.clients import CONFIG
from tidings.gateway.sockets import ManagedSockets

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

LAST_ACTIVE = 1_795_442_400_123
DESCRIPTION = json.dumps(
    {
        "connectedAt": "2026-11-23T12:00:00.000Z",
        "lastActiveAt": "2026-11-23T14:00:00.123Z",
        "identity": {"sourceIp": "203.0.113.7", "userAgent": ""},
    }
).encode()
ERRORS = {
    403: "ForbiddenException",
    410: "GoneException",
    413: "PayloadTooLargeException",
    429: "LimitExceededException",
}


class Gateway(ThreadingHTTPServer):
    """`answers` by connection id (200 unless told otherwise; a list is used up, its last element stays).

    `posts` is what came, in order of arrival; with `together`, that many posts wait for each other.  `asked` and
    `ended` are the connections that GET and DELETE named.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, int | list[int]] = {}
        self.posts: list[tuple[str, bytes]] = []
        self.asked: list[str] = []
        self.ended: list[str] = []
        self.together: threading.Barrier | None = None

    @property
    def address(self) -> str:
        """The callback URL."""
        return f"http://127.0.0.1:{self.server_port}/dev"

    def answer(self, connection_id: str) -> int:
        """The status of the next post to a connection."""
        given = self.answers.get(connection_id, 200)
        if isinstance(given, list):
            return given.pop(0) if len(given) > 1 else given[0]
        return given


class _Handler(BaseHTTPRequestHandler):
    server: Gateway
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.server.posts.append((self._connection(), self.rfile.read(int(self.headers["Content-Length"]))))
        if self.server.together is not None:
            self.server.together.wait(10)
        self._answer(b"")

    def do_GET(self) -> None:
        self.server.asked.append(self._connection())
        self._answer(DESCRIPTION)

    def do_DELETE(self) -> None:
        self.server.ended.append(self._connection())
        self._answer(b"")

    def _connection(self) -> str:
        return unquote(self.path.removeprefix("/dev/@connections/"))

    def _answer(self, body: bytes) -> None:
        status = self.server.answer(self._connection())
        self.send_response(status)
        if status in ERRORS:
            self.send_header("x-amzn-ErrorType", ERRORS[status])
            body = b""
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def client_of(address: str) -> ApiGatewayManagementApiClient:
    """The client that functions use, at another address."""
    return boto3.client(
        "apigatewaymanagementapi",
        region_name="us-east-1",
        endpoint_url=address,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=CONFIG,
    )


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """The server, while the test runs."""
    server = Gateway()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sockets(gateway: Gateway) -> ManagedSockets:
    """The sockets behind it."""
    return ManagedSockets(client_of(gateway.address))
