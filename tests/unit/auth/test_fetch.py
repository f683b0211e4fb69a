"""Fetching keys from a real server."""

import socket
from collections.abc import Iterator

import pytest

from tests.unit.auth.issuer import STANDARD, KeyServer, key_server
from tidings.auth.fetch import MAX_BYTES, check_url, fetcher
from tidings.domain.errors import Unavailable


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with key_server() as running:
        yield running


def test_the_body_comes_back(server: KeyServer) -> None:
    assert fetcher(server.url)() == STANDARD


@pytest.mark.parametrize("status", [204, 301, 302, 307, 308, 400, 404, 429, 500, 503])
def test_another_answer_than_200_is_an_outage(server: KeyServer, status: int) -> None:
    server.fail(status, Location=server.url + "?elsewhere")
    with pytest.raises(Unavailable):
        fetcher(server.url)()
    assert server.requests == ["/.well-known/jwks.json"], "redirects are not followed"


def test_an_endless_answer_is_cut(server: KeyServer) -> None:
    server.serve(b" " * (MAX_BYTES + 1))
    with pytest.raises(Unavailable):
        fetcher(server.url)()


def test_a_closed_port_is_an_outage() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable):
            fetcher(f"http://127.0.0.1:{taken.getsockname()[1]}/")()


def test_a_server_that_never_answers_is_an_outage() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unavailable):
        fetcher(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout_s=0.05)()


@pytest.mark.parametrize("url", ["http://issuer.example", "ftp://issuer.example", "file:///etc/passwd", "https://", ""])
def test_only_https_outside_dev(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        check_url(url, insecure=False)


def test_http_in_dev() -> None:
    assert check_url("http://127.0.0.1:1/x", insecure=True) == "http://127.0.0.1:1/x"
    assert check_url("https://issuer.example", insecure=False) == "https://issuer.example"
    for url in ("file:///etc/passwd", "ftp://issuer.example", ""):
        with pytest.raises(ValueError, match="https"):
            check_url(url, insecure=True)
