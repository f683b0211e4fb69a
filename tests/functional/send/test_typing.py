"""Typing through the real handler: live only, and without a write."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional.send.conftest import Deployed
from tidings.storage import keys

TYPING = {"action": "typing", "id": "t", "conversation": "dm#ann#bob"}


def test_the_other_side_sees_it_and_no_unit_is_written(deployed: Deployed) -> None:
    ann, bob = deployed.join("ann"), deployed.join("bob")
    deployed.ask(ann, {"action": "send", "id": "1", "client_id": "c", "to": "bob", "text": "hello"})
    tables = {table: deployed.items(table) for table in keys.TABLES}
    deployed.forget()
    for typing in (True, False):
        assert deployed.ask(ann, TYPING | {"typing": typing}) == {
            "type": "ack",
            "id": "t",
            "conversation": "dm#ann#bob",
        }
    assert deployed.units == {"read": 4, "frames_out": 2, "gateway_requests": 2}
    assert {table: deployed.items(table) for table in keys.TABLES} == tables
    event = {"kind": "typing", "conversation": "dm#ann#bob", "user": "ann", "at": deployed.clock.now()}
    assert deployed.posted(bob)[1:] == [
        {"type": "events", "events": [event | {"typing": typing}]} for typing in (True, False)
    ]
    assert deployed.posted(ann) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"conversation": "dm#bob#cid"}, "forbidden"),
        ({"conversation": "dm#ann#nobody"}, "not_found"),
        ({"conversation": "g#abcdefghabcdefgh"}, "not_found"),
        ({"typing": "yes"}, "invalid_request"),
        ({"user": "bob"}, "invalid_request"),
    ],
)
def test_what_is_refused(deployed: Deployed, change: dict[str, Any], code: str) -> None:
    deployed.join("bob")
    answer = deployed.ask(deployed.join("ann"), TYPING | change)
    assert (answer["type"], answer["code"]) == ("error", code)
