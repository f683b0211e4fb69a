"""Posting to sockets: frames, answers by type, at once, and never an exception."""

import json
import socket
import threading

import pytest

from tests.contract.made import message, position, receipt
from tests.unit.gateway.conftest import LAST_ACTIVE, Gateway, client_of
from tidings.domain.errors import Unavailable
from tidings.domain.events import Event
from tidings.domain.identity import Connection
from tidings.gateway.sockets import ENCODERS, ManagedSockets, encode_tidings
from tidings.ports import Delivery, PostResult

EVENTS: tuple[Event, ...] = (
    message("dm#ann#bob", "ann", position(1_000), "Grüße 👋"),
    receipt("dm#ann#bob", "ann", position(900), position(1_001), 950),
)


def delivery(connection_id: str, events: tuple[Event, ...] = EVENTS, protocol: str = "tidings.v1") -> Delivery:
    return Delivery("bob", Connection("phone", connection_id, 0, protocol), events)


def test_one_connection_gets_all_its_events_in_one_frame(gateway: Gateway, sockets: ManagedSockets) -> None:
    assert sockets.post([delivery("TD1bXcMyoAMCJfA=")]) == ["sent"]
    ((connection_id, body),) = gateway.posts
    frame = json.loads(body)
    assert connection_id == "TD1bXcMyoAMCJfA="
    assert frame["type"] == "events"
    assert [event["kind"] for event in frame["events"]] == ["message", "receipt"]
    assert frame["events"][0]["text"] == "Grüße 👋"


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, "sent"),
        (410, "gone"),
        (429, "busy"),
        (413, "too_large"),
        (403, "failed"),
        (500, "failed"),
        (503, "failed"),
    ],
)
def test_answers_by_type(gateway: Gateway, sockets: ManagedSockets, status: int, result: PostResult) -> None:
    gateway.answers["c"] = status
    assert sockets.post([delivery("c")]) == [result]


def test_a_throttled_post_is_tried_again_after_a_pause_and_then_left(gateway: Gateway, sockets: ManagedSockets) -> None:
    gateway.answers["slow"] = [429, 200]
    gateway.answers["full"] = 429
    assert sockets.post([delivery("slow")]) == ["sent"]
    assert sockets.post([delivery("full")]) == ["busy"]
    assert [connection_id for connection_id, _ in gateway.posts] == ["slow", "slow", "full", "full"]


def test_a_gone_connection_is_asked_once(gateway: Gateway, sockets: ManagedSockets) -> None:
    gateway.answers["c"] = 410
    sockets.post([delivery("c")])
    assert len(gateway.posts) == 1


def test_results_come_in_the_order_of_the_deliveries(gateway: Gateway, sockets: ManagedSockets) -> None:
    gateway.answers |= {"b": 410, "d": 413}
    assert sockets.post([delivery(name) for name in "abcde"]) == ["sent", "gone", "sent", "too_large", "sent"]


def test_posts_are_in_flight_together(gateway: Gateway, sockets: ManagedSockets) -> None:
    gateway.together = threading.Barrier(8)
    assert sockets.post([delivery(f"c{number}") for number in range(8)]) == ["sent"] * 8


def test_a_gateway_that_is_not_there_fails_the_post_and_nothing_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert ManagedSockets(client_of(f"http://127.0.0.1:{port}/dev")).post([delivery("c")]) == ["failed"]


def test_events_are_encoded_once_per_protocol(gateway: Gateway) -> None:
    encoded: list[str] = []

    def tidings(events: tuple[Event, ...]) -> bytes:
        encoded.append("tidings")
        return encode_tidings(events)

    def xmpp(events: tuple[Event, ...]) -> bytes:
        encoded.append("xmpp")
        return b"<message/>"

    sockets = ManagedSockets(client_of(gateway.address), {**ENCODERS, "tidings.v1": tidings, "xmpp": xmpp})
    others = EVENTS[:1]
    deliveries = [delivery("a"), delivery("b"), delivery("c", others), delivery("x", protocol="xmpp")]
    assert sockets.post(deliveries) == ["sent"] * 4
    assert sorted(encoded) == ["tidings", "tidings", "xmpp"]
    assert dict(gateway.posts)["x"] == b"<message/>"


def test_a_protocol_of_another_version_fails_that_post_only(gateway: Gateway, sockets: ManagedSockets) -> None:
    assert sockets.post([delivery("a", protocol="later"), delivery("b")]) == ["failed", "sent"]
    assert [connection_id for connection_id, _ in gateway.posts] == ["b"]


def phone(connection_id: str) -> Connection:
    return Connection("phone", connection_id, 0)


def test_the_gateway_says_when_a_connection_was_active(gateway: Gateway, sockets: ManagedSockets) -> None:
    gateway.answers |= {"gone": 410, "busy": 429, "broken": 500, "forbidden": 403}
    names = ["TD1bXcMyoAMCJfA=", "gone", "busy", "broken", "forbidden"]
    assert sockets.active([phone(name) for name in names]) == [LAST_ACTIVE, "gone", "unknown", "unknown", "unknown"]
    assert sockets.active([phone("one")]) == [LAST_ACTIVE]
    assert sockets.active([]) == []
    assert set(gateway.asked) == {*names, "one"}


def test_connections_are_ended(gateway: Gateway, sockets: ManagedSockets) -> None:
    gateway.answers |= {"gone": 410, "slow": [429, 200], "busy": 429}
    assert sockets.close([phone(name) for name in ("one", "gone", "slow", "busy")]) == [True, True, True, False]
    assert sockets.close([phone("two")]) == [True]
    assert sockets.close([]) == []
    assert {"one", "gone", "slow", "busy", "two"} == set(gateway.ended)


def test_a_farewell_is_the_last_frame(gateway: Gateway, sockets: ManagedSockets) -> None:
    sockets.farewell(phone("c"), '{"type":"device"}')
    assert gateway.posts == [("c", b'{"type":"device"}')]
    assert gateway.ended == ["c"]


def test_a_connection_that_is_gone_needs_no_farewell(gateway: Gateway, sockets: ManagedSockets) -> None:
    gateway.answers["c"] = 410
    sockets.farewell(phone("c"), "{}")
    assert gateway.ended == []


def test_a_connection_that_cannot_be_ended(gateway: Gateway, sockets: ManagedSockets) -> None:
    gateway.answers["c"] = [200, 500]
    with pytest.raises(Unavailable):
        sockets.farewell(phone("c"), "{}")


def test_a_gateway_that_is_not_there_ends_nothing_and_knows_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    sockets = ManagedSockets(client_of(f"http://127.0.0.1:{port}/dev"))
    assert sockets.active([phone("c")]) == ["unknown"]
    assert sockets.close([phone("c")]) == [False]
