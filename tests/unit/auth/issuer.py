"""An OIDC issuer for tests: keys, tokens of every kind, and a real HTTP server for its key set."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://issuer.example"
AUDIENCE = "app-client"

RsaKey = rsa.RSAPrivateKey
EcKey = ec.EllipticCurvePrivateKey


@cache
def rsa_key(name: str, bits: int = 2048) -> RsaKey:
    """A key by name, made once a test run."""
    del name
    return rsa.generate_private_key(65_537, bits)


@cache
def ec_key(name: str) -> EcKey:
    """An elliptic-curve key by name."""
    del name
    return ec.generate_private_key(ec.SECP256R1())


def jwk(key: RsaKey | EcKey, kid: str | None, **more: str) -> dict[str, Any]:
    """The public half as a JSON Web Key."""
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    entry = json.loads(algorithm.to_jwk(key.public_key()))
    return {**entry, **({} if kid is None else {"kid": kid}), **more}


def key_set(*entries: dict[str, Any]) -> bytes:
    """The JSON Web Key Set."""
    return json.dumps({"keys": list(entries)}).encode()


STANDARD = key_set(jwk(rsa_key("one"), "one", alg="RS256", use="sig"))


def token(
    now_ms: int,
    *,
    key: Any = None,
    kid: str | None = "one",
    algorithm: str = "RS256",
    without: tuple[str, ...] = (),
    headers: dict[str, Any] | None = None,
    **claims: Any,
) -> str:
    """A token that is good for an hour at `now_ms`, but for what the arguments change."""
    now = now_ms // 1000
    payload = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "iat": now, "exp": now + 3_600, **claims}
    for name in without:
        payload.pop(name, None)
    signer = rsa_key("one") if key is None else key
    marked = {**({} if kid is None else {"kid": kid}), **(headers or {})}
    return jwt.encode(payload, signer, algorithm=algorithm, headers=marked)


class KeyServer:
    """A running server: `answer` is what it gives (status, headers, body), `requests` how often it was asked."""

    def __init__(self) -> None:
        self.answer: Callable[[], tuple[int, dict[str, str], bytes]] = lambda: (200, {}, STANDARD)
        self.requests: list[str] = []
        self.url = ""

    def serve(self, body: bytes) -> None:
        """Answer with `body` from now on."""
        self.answer = lambda: (200, {}, body)

    def fail(self, status: int = 500, **headers: str) -> None:
        """Answer with an error, or a redirect, from now on."""
        self.answer = lambda: (status, headers, b"{}")


@contextmanager
def key_server() -> Iterator[KeyServer]:
    """A key server on a free port."""
    running = KeyServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            running.requests.append(self.path)
            status, headers, body = running.answer()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.url = f"http://127.0.0.1:{server.server_port}/.well-known/jwks.json"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
