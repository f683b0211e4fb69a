"""The authorizer as the gateway calls it, with a real key server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.connect.authorizer import handler
from tests.functional.connect.events import attempt, recorded
from tests.unit.auth.issuer import AUDIENCE, KeyServer, jwk, key_server, key_set, rsa_key, token
from tidings.bootstrap import authorizer as bootstrap
from tidings.bootstrap import world
from tidings.domain.errors import Unavailable

ARN = recorded("connect_authorizer")["methodArn"]


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with key_server() as running:
        yield running


@pytest.fixture
def configure(server: KeyServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Sets the environment as the template does, and forgets what was built from another one."""

    def forget() -> None:
        world.settings.cache_clear()
        bootstrap.build.cache_clear()

    def set_environment(**values: str) -> None:
        given = {"stage": "dev", "issuer": "https://issuer.example", "audience": AUDIENCE, "jwks_url": server.url}
        for name, value in {**given, "origins": "https://chat.example", **values}.items():
            monkeypatch.setenv(f"TIDINGS_{name.upper()}", value)
        forget()

    set_environment()
    yield set_environment
    forget()


@pytest.fixture(autouse=True)
def _configured(configure: Callable[..., None]) -> None:
    """Every test has an environment."""


def now() -> int:
    return int(time.time() * 1000)


def good(**claims: Any) -> str:
    return token(now(), **claims)


def effect(answer: dict[str, Any]) -> str:
    [statement] = answer["policyDocument"]["Statement"]
    assert statement["Action"] == "execute-api:Invoke"
    assert statement["Resource"] == ARN
    return str(statement["Effect"])


def unauthorized(event: dict[str, Any]) -> None:
    """The gateway answers 401 when the authorizer raises exactly this message, and 500 for any other."""
    with pytest.raises(Exception) as caught:
        handler(event, None)
    assert str(caught.value) == "Unauthorized"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_good_token_is_let_in_with_strings_as_context() -> None:
    issued = now() // 1000
    answer = handler(attempt(good(name="Ann", iat=issued, exp=issued + 3_600)), None)
    assert effect(answer) == "Allow"
    assert answer["principalId"] == "ann"
    assert answer["context"] == {
        "user_id": "ann",
        "device_id": "phone",
        "expires_at": str(issued + 3_600),
        "issued_at": f"{issued}000",
        "name": "Ann",
    }
    assert len(json.dumps(answer)) < 8_192


@pytest.mark.parametrize("name", ["sec-websocket-protocol", "SEC-WEBSOCKET-PROTOCOL", "Sec-Websocket-Protocol"])
def test_header_names_come_in_any_case(name: str) -> None:
    event = attempt(None, Sec_WebSocket_Protocol=None)
    event["headers"][name] = f"tidings.v1, bearer.{good()}"
    del event["multiValueHeaders"]
    assert effect(handler(event, None)) == "Allow"


@pytest.mark.parametrize("offer", ["tidings.v1,bearer.{}", "bearer.{} ,  tidings.v1", "other, tidings.v1, bearer.{}"])
def test_the_offer_in_any_spacing_and_order(offer: str) -> None:
    assert effect(handler(attempt("", Sec_WebSocket_Protocol=offer.format(good())), None)) == "Allow"


def test_the_offer_in_several_headers() -> None:
    event = attempt(None)
    event["multiValueHeaders"]["Sec-WebSocket-Protocol"] = ["tidings.v1", f"bearer.{good()}"]
    assert effect(handler(event, None)) == "Allow"


def test_no_device_is_the_default_device() -> None:
    assert handler(attempt(good(), device=None), None)["context"]["device_id"] == "default"


@pytest.mark.parametrize("device", ["", "a b", "a#b", "x" * 65, "ä", "../x", "a\n"])
def test_a_wrong_device_id_is_forbidden(device: str) -> None:
    answer = handler(attempt(good(), device=device), None)
    assert effect(answer) == "Deny"
    assert answer["context"] == {}


@pytest.mark.parametrize("origin", ["https://evil.example", "http://chat.example", "https://chat.example.evil", "null"])
def test_a_wrong_origin_is_forbidden(origin: str) -> None:
    assert effect(handler(attempt(good(), Origin=origin), None)) == "Deny"


@pytest.mark.parametrize("origin", [None, "https://chat.example", "https://CHAT.example/"])
def test_an_absent_or_a_listed_origin_is_let_in(origin: str | None) -> None:
    assert effect(handler(attempt(good(), Origin=origin), None)) == "Allow"


def test_the_origins_outside_dev(configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "fetcher", lambda _: lambda: key_set(jwk(rsa_key("one"), "one")))
    configure(stage="prod", jwks_url="https://issuer.example/keys", origins="")
    assert effect(handler(attempt(good()), None)) == "Deny"
    assert effect(handler(attempt(good(), Origin=None), None)) == "Allow"
    configure(stage="prod", jwks_url="https://issuer.example/keys", origins="*")
    with pytest.raises(ValueError, match="ORIGINS"):
        handler(attempt(good()), None)


@pytest.mark.parametrize("origins", ["", "*", "https://other.example, *"])
def test_any_origin_in_dev(configure: Callable[..., None], origins: str) -> None:
    configure(origins=origins)
    assert effect(handler(attempt(good(), Origin="http://localhost:3000"), None)) == "Allow"


def test_an_http_issuer_is_refused_outside_dev(configure: Callable[..., None]) -> None:
    configure(stage="prod")
    with pytest.raises(ValueError, match="https"):
        handler(attempt(good()), None)
    configure(stage="prod", issuer="http://issuer.example", jwks_url="https://issuer.example/keys")
    with pytest.raises(ValueError, match="https"):
        handler(attempt(good()), None)


def test_without_one_of_our_subprotocols_nothing_is_open() -> None:
    assert effect(handler(attempt("", Sec_WebSocket_Protocol=f"bearer.{good()}"), None)) == "Deny"
    assert effect(handler(attempt("", Sec_WebSocket_Protocol=None), None)) == "Deny"


@pytest.mark.parametrize(
    "make",
    [
        lambda: None,
        lambda: "",
        lambda: "garbage",
        lambda: good(exp=now() // 1000 - 1),
        lambda: good(aud="somebody-else"),
        lambda: good(iss="https://evil.example"),
        lambda: good(key=rsa_key("thief")),
        lambda: good(kid="unknown"),
        lambda: good(algorithm="RS512"),
        lambda: token(now(), key="x" * 32, algorithm="HS256"),
        lambda: token(now(), key="", algorithm="none"),
        lambda: good(sub="a#b"),
        lambda: f"{good()}, bearer.{good()}",
    ],
    ids=[
        "missing",
        "empty",
        "garbage",
        "expired",
        "audience",
        "issuer",
        "signature",
        "unknown-key",
        "algorithm",
        "hmac",
        "none",
        "subject",
        "two-tokens",
    ],
)
def test_a_bad_token_is_unauthorized(make: Callable[[], str | None], capsys: pytest.CaptureFixture[str]) -> None:
    bad = make()
    unauthorized(attempt(bad))
    printed = capsys.readouterr()
    line = json.loads(printed.out)
    assert line["message"] == "unauthorized"
    assert line["why"]
    assert not bad or bad not in printed.out + printed.err


def test_nothing_printed_ever_holds_a_part_of_the_token(capsys: pytest.CaptureFixture[str]) -> None:
    tokens = [good(), good(aud="somebody-else"), good(exp=1)]
    for each in tokens:
        try:
            handler(attempt(each), None)
        except Exception as error:
            assert str(error) == "Unauthorized"
    handler(attempt(tokens[0], Origin="https://evil.example"), None)
    printed = capsys.readouterr()
    for part in (part for each in tokens for part in each.split(".")):
        assert part not in printed.out + printed.err


def test_keys_are_fetched_once_for_many_connections(server: KeyServer) -> None:
    for _ in range(3):
        assert effect(handler(attempt(good()), None)) == "Allow"
    assert len(server.requests) == 1


def test_an_issuer_that_does_not_answer_is_not_the_clients_fault(server: KeyServer) -> None:
    server.fail(503)
    with pytest.raises(Unavailable) as caught:
        handler(attempt(good()), None)
    assert str(caught.value) != "Unauthorized"


def test_the_default_address_of_the_keys(configure: Callable[..., None], server: KeyServer) -> None:
    address = server.url.removesuffix("/.well-known/jwks.json")
    configure(issuer=address, jwks_url="")
    assert effect(handler(attempt(good(iss=address)), None)) == "Allow"
    assert server.requests == ["/.well-known/jwks.json"]
