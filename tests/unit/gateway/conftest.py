"""A server on this machine that answers @connections as a test says."""

from __future__ import annotations

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

ERRORS = {
    403: "ForbiddenException",
    410: "GoneException",
    413: "PayloadTooLargeException",
    429: "LimitExceededException",
}


class Gateway(ThreadingHTTPServer):
    """`answers` by connection id (200 unless told otherwise; a list is used up, its last element stays).

    `posts` is what came, in order of arrival.  With `together`, that many posts wait for each other.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, int | list[int]] = {}
        self.posts: list[tuple[str, bytes]] = []
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
        connection_id = unquote(self.path.removeprefix("/dev/@connections/"))
        self.server.posts.append((connection_id, self.rfile.read(int(self.headers["Content-Length"]))))
        if self.server.together is not None:
            self.server.together.wait(10)
        status = self.server.answer(connection_id)
        self.send_response(status)
        if status in ERRORS:
            self.send_header("x-amzn-ErrorType", ERRORS[status])
        self.send_header("Content-Length", "0")
        self.end_headers()

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
