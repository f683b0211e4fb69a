"""What the handler refuses: one frame with a stable code, the request's id and a sentence, and nothing written."""

from typing import Any

import pytest

from tests.functional.send.conftest import Deployed
from tidings.storage import keys

SEND = {"action": "send", "id": "r", "client_id": "c", "to": "bob", "text": "hello"}
POSITION = "1761549617128-abcdefgh-abcdefgh-00"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": ""}, "invalid_request"),
        ({"text": "x" * 4_097}, "invalid_request"),
        ({"text": 5}, "invalid_request"),
        ({"text": None}, "invalid_request"),
        ({"extra": 1}, "invalid_request"),
        ({"sender": "carol"}, "invalid_request"),
        ({"client_id": "a b"}, "invalid_request"),
        ({"client_id": "x" * 65}, "invalid_request"),
        ({"to": "a#b"}, "invalid_request"),
        ({"to": "ann"}, "invalid_request"),
        ({"to": "nobody"}, "unknown_user"),
    ],
)
def test_a_wrong_message_is_refused_and_nothing_is_written(
    deployed: Deployed, change: dict[str, Any], code: str
) -> None:
    ann = deployed.join("ann")
    deployed.join("bob")
    reply = deployed.ask(ann, SEND | change)
    assert (reply["type"], reply["id"], reply["code"], reply["retryable"]) == ("error", "r", code, False)
    assert reply["message"].endswith(".")
    for table in (keys.OUTBOX, keys.CONVERSATIONS, keys.MAILBOXES):
        assert deployed.items(table) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "bad_json"),
        ("{", "bad_json"),
        ('{"action": "send", "id": "r"', "bad_json"),
        ("[1]", "bad_json"),
        ("[" * 30_000, "bad_json"),
        ('"text"', "bad_json"),
        ("{}", "invalid_request"),
        ('{"action": 7, "id": "r"}', "invalid_request"),
        ('{"action": "dance", "id": "r"}', "unknown_action"),
    ],
)
def test_what_matches_no_route_is_told_so(deployed: Deployed, body: str, code: str) -> None:
    reply = deployed.ask(deployed.join("ann"), body, route="$default")
    assert (reply["type"], reply["code"]) == ("error", code)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"action": "ack", "kind": "seen", "conversation": "dm#ann#bob", "position": POSITION}, "invalid_request"),
        ({"action": "ack", "kind": "read", "conversation": "dm#ann#bob", "position": "1"}, "invalid_request"),
        ({"action": "ack", "kind": "read", "conversation": "dm#ann#bob", "position": POSITION}, "not_found"),
        ({"action": "ack", "kind": "read", "conversation": "dm#bob#carol", "position": POSITION}, "forbidden"),
        ({"action": "ack", "kind": "read", "conversation": "nowhere", "position": POSITION}, "not_found"),
        ({"action": "history", "conversation": "dm#bob#carol"}, "forbidden"),
        ({"action": "history", "conversation": "dm#ann#bob", "before": "x"}, "invalid_request"),
        ({"action": "sync", "cursor": "x"}, "invalid_request"),
        ({"action": "sync", "cursor": "c1.1761549617128"}, "resync_required"),
        ({"action": "sync", "limit": 101}, "invalid_request"),
        ({"action": "batch", "actions": []}, "invalid_request"),
        ({"action": "batch", "actions": [{"action": "sync", "id": "1"}]}, "invalid_request"),
        ({"action": "batch", "actions": [SEND] * 26}, "invalid_request"),
    ],
)
def test_other_wrong_frames(deployed: Deployed, frame: dict[str, Any], code: str) -> None:
    reply = deployed.ask(deployed.join("ann"), {"id": "r", **frame})
    assert (reply["type"], reply["id"], reply["code"]) == ("error", "r", code)


def test_an_expired_token_is_refused_on_every_frame(deployed: Deployed) -> None:
    ann = deployed.join("ann")
    deployed.join("bob")
    event = ann.message(SEND, deployed.clock.now())
    event["requestContext"]["authorizer"]["expires_at"] = str(deployed.clock.now() // 1_000)
    assert deployed.invoke(event)["code"] == "token_expired"
    assert deployed.items(keys.OUTBOX) == []


def test_identity_is_what_the_connection_proved(deployed: Deployed) -> None:
    ann = deployed.join("ann")
    deployed.join("bob")
    ack = deployed.ask(ann, SEND)
    (entry,) = deployed.items(keys.CONVERSATIONS)
    assert entry["sender"] == {"S": "ann"}
    assert deployed.ask(ann, {**SEND, "user_id": "bob"})["code"] == "invalid_request"
    assert ack["conversation"] == "dm#ann#bob"


def test_the_same_client_id_for_something_else_is_a_conflict(deployed: Deployed) -> None:
    ann = deployed.join("ann")
    deployed.join("bob")
    deployed.ask(ann, SEND)
    reply = deployed.ask(ann, SEND | {"text": "other"})
    assert (reply["code"], reply["id"]) == ("conflict", "r")
    assert len(deployed.items(keys.MAILBOXES)) == 1


def test_what_breaks_inside_is_one_sentence_for_the_client_and_no_text_in_the_log(
    deployed: Deployed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "tidings-send-broken")  # a logger that writes to `capsys`
    ann = deployed.join("ann")
    deployed.join("bob")
    monkeypatch.setattr("tidings.storage.log.LogStore.append", _broken)
    reply = deployed.ask(ann, SEND | {"text": "a secret text"})
    assert (reply["code"], reply["retryable"], reply["id"]) == ("internal", True, "r")
    log = capsys.readouterr().out
    assert "a secret text" not in log
    assert "a secret text" not in reply["message"]
    assert "unhandled" in log
    assert "ZeroDivisionError" in log


def _broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError("a secret text")
