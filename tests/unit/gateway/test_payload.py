"""What we ask SNS to hand to a phone, held against what the platforms document."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.platforms import sns
from tidings.gateway.payload import MAX_BYTES, MAX_TITLE_BYTES, attributes, message
from tidings.ports.devices import Notification

POSITION = "1800000000000-aaaaaaaa-aaaaaaab-00"
DATA = {"conversation": "dm#ann#bob", "position": POSITION, "sender": "ann", "messages": "1"}
NOTE = Notification("Ann", "hello", "c" * 32, "dm#ann#bob", 7, 3_600, DATA, count=3)
KINDS = ("GCM", "APNS", "APNS_SANDBOX")
LONGEST = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
"""A family: eighteen bytes, and thirty-two more once everything is escaped."""


def parts(kind: str, notification: Notification) -> tuple[dict[str, str], dict[str, Any]]:
    """The outer JSON and the platform's own."""
    outer = json.loads(message(kind, notification))
    return outer, json.loads(outer[kind])


def shown(kind: str, inner: dict[str, Any]) -> dict[str, str]:
    words = inner["fcmV1Message"]["message"]["notification"] if kind == "GCM" else inner["aps"]["alert"]
    return dict(words)


def problem(kind: str, notification: Notification) -> str:
    given_attributes = {name: dict(each) for name, each in attributes(kind, notification).items()}
    return sns.problem(kind, message(kind, notification), given_attributes)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_is_json_in_json_with_a_default(kind: str) -> None:
    outer, _ = parts(kind, NOTE)
    assert set(outer) == {"default", kind}
    assert all(isinstance(value, str) for value in outer.values())
    assert problem(kind, NOTE) == ""


def test_fcm() -> None:
    _, inner = parts("GCM", NOTE)
    assert inner["fcmV1Message"]["message"] == {
        "notification": {"title": "Ann", "body": "hello"},
        "data": {**DATA, "thread": "dm#ann#bob", "badge": "7"},
        "android": {
            "priority": "HIGH",
            "collapse_key": "c" * 32,
            "ttl": "3600s",
            "notification": {"tag": "c" * 32, "notification_count": 3},
        },
    }
    assert attributes("GCM", NOTE) == {"AWS.SNS.MOBILE.FCM.TTL": {"DataType": "String", "StringValue": "3600"}}


@pytest.mark.parametrize("kind", ["APNS", "APNS_SANDBOX"])
def test_apns(kind: str) -> None:
    _, inner = parts(kind, NOTE)
    assert inner == {
        "aps": {
            "alert": {"title": "Ann", "body": "hello"},
            "sound": "default",
            "thread-id": "dm#ann#bob",
            "mutable-content": 1,
            "badge": 7,
        },
        **DATA,
    }
    given_attributes = {name: value.get("StringValue") for name, value in attributes(kind, NOTE).items()}
    assert given_attributes == {
        f"AWS.SNS.MOBILE.{kind}.TTL": "3600",
        "AWS.SNS.MOBILE.APNS.PUSH_TYPE": "alert",
        "AWS.SNS.MOBILE.APNS.PRIORITY": "10",
        "AWS.SNS.MOBILE.APNS.COLLAPSE_ID": "c" * 32,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_known_or_not_said_is_left_out(kind: str) -> None:
    text = message(kind, replace(NOTE, badge=None, count=0, body=""))
    assert all(word not in text for word in ("badge", "notification_count", "body"))
    assert problem(kind, replace(NOTE, badge=None, count=0, body="")) == ""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["x" * 10_000, "ä" * 5_000, LONGEST * 300, '"\\' * 5_000, "\x00\n" * 5_000])
def test_what_is_too_long_is_cut_at_a_character(kind: str, text: str) -> None:
    long = replace(NOTE, body=text)
    outer, inner = parts(kind, long)
    size = len(json.dumps(json.loads(outer[kind]), separators=(",", ":")).encode())
    assert MAX_BYTES - 12 < size <= MAX_BYTES, "as much as fits in the longest form that SNS may make"
    body = shown(kind, inner)["body"]
    assert body
    assert text.startswith(body)
    assert problem(kind, long) == ""


text = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from('\U0001f600\U0010ffff\u2028"\\\x00\x1fä€')))
users = st.text(st.characters(codec="ascii", min_codepoint=33, exclude_characters="#\x7f"), min_size=1, max_size=128)
notes = st.builds(
    Notification,
    title=st.one_of(text, st.just(LONGEST * 50)),
    body=st.one_of(text, st.sampled_from([LONGEST * 40, "\x01" * 600, "€" * 200])),
    collapse_key=st.text("0123456789abcdef", min_size=32, max_size=32),
    thread=st.builds("dm#{}#{}".format, users, users),
    badge=st.one_of(st.none(), st.integers(0, 200)),
    ttl_s=st.integers(1, 28 * 86_400),
    data=st.fixed_dictionaries(
        {
            "conversation": st.builds("dm#{}#{}".format, users, users),
            "position": st.just(POSITION),
            "sender": users,
            "messages": st.integers(0, 100).map(str),
        }
    ),
    count=st.integers(0, 100),
)


@given(notes, st.sampled_from(KINDS))
def test_every_notification_is_one_that_its_platform_takes(note: Notification, kind: str) -> None:
    assert problem(kind, note) == ""
    words = shown(kind, parts(kind, note)[1])
    assert note.body.startswith(words.get("body", ""))
    assert note.title.startswith(words["title"])
    if len(note.title.encode()) <= MAX_TITLE_BYTES:
        assert words["title"] == note.title


def outer(kind: str, inner: Any) -> str:
    return json.dumps({"default": "x", kind: json.dumps(inner)})


def fcm(**message_: Any) -> str:
    return outer("GCM", {"fcmV1Message": {"message": message_}})


STRING = {"DataType": "String", "StringValue": "1"}
HEADERS = {
    "AWS.SNS.MOBILE.APNS.PUSH_TYPE": {"DataType": "String", "StringValue": "alert"},
    "AWS.SNS.MOBILE.APNS.PRIORITY": {"DataType": "String", "StringValue": "10"},
}


@pytest.mark.parametrize(
    ("kind", "text", "given_attributes", "reason"),
    [
        ("GCM", "[]", {}, "default"),
        ("GCM", '{"default": 1}', {}, "default"),
        ("GCM", '{"default": "x", "default": "y"}', {}, "duplicate"),
        ("GCM", '{"default": "x", "GCM": {}}', {}, "JSON string"),
        ("GCM", json.dumps({"default": "x" * 270_000}), {}, "larger than SNS"),
        ("GCM", outer("APNS", {"aps": {}}), {}, "nothing for GCM"),
        ("GCM", outer("GCM", {"notification": {}}), {}, "fcmV1Message"),
        ("GCM", fcm(data={"n": 1}), {}, "data.n"),
        ("GCM", fcm(data={"from": "x"}), {}, "reserved"),
        ("GCM", fcm(data={"gcm_x": "x"}), {}, "reserved"),
        ("GCM", fcm(data={"big": "ä" * 2_000}), {}, "larger than FCM"),
        ("GCM", fcm(android={"ttl": 60}), {}, "ttl"),
        ("GCM", fcm(android={"ttl": "60"}), {}, "ttl"),
        ("GCM", fcm(android={"ttl": "2419201s"}), {}, "four weeks"),
        ("GCM", fcm(android={"priority": "URGENT"}), {}, "priority"),
        ("GCM", fcm(android={"notification": {"notification_count": "3"}}), {}, "notification_count"),
        ("GCM", fcm(android={"notification": {"badge": 3}}), {}, "badge"),
        ("GCM", fcm(collapse_key="x"), {}, "collapse_key"),
        ("GCM", fcm(), {"AWS.SNS.MOBILE.FCM.TTL": {"DataType": "String", "StringValue": "2419201"}}, "four weeks"),
        ("GCM", fcm(), {"AWS.SNS.MOBILE.FCM.TTL": {"DataType": "Number", "StringValue": "1"}}, "SNS refuses"),
        ("GCM", fcm(), {"a..b": STRING}, "SNS refuses"),
        ("GCM", fcm(), {"AWS.SNS.MOBILE.APNS.PRIORITY": STRING}, "nothing to FCM"),
        ("APNS", outer("APNS", {"alert": "x"}), HEADERS, "aps"),
        ("APNS", outer("APNS", {"aps": {"badge": "3"}}), HEADERS, "badge"),
        ("APNS", outer("APNS", {"aps": {"badge": -1}}), HEADERS, "badge"),
        ("APNS", outer("APNS", {"aps": {"thread_id": "x"}}), HEADERS, "thread"),
        ("APNS", outer("APNS", {"aps": {"mutable-content": True}}), HEADERS, "mutable"),
        ("APNS", outer("APNS", {"aps": {"alert": {"text": "x"}}}), HEADERS, "alert"),
        ("APNS", outer("APNS", {"aps": {}, "x": "ä" * 2_000}), HEADERS, "larger than APNs"),
        ("APNS", outer("APNS", {"aps": {}}), {}, "push type"),
        ("APNS", outer("APNS", {"aps": {}}), {**HEADERS, "AWS.SNS.MOBILE.APNS_SANDBOX.TTL": STRING}, "nothing to APNS"),
        (
            "APNS",
            outer("APNS", {"aps": {}}),
            {**HEADERS, "AWS.SNS.MOBILE.APNS.COLLAPSE_ID": {"DataType": "String", "StringValue": "ä" * 33}},
            "64 bytes",
        ),
        (
            "APNS",
            outer("APNS", {"aps": {}}),
            {**HEADERS, "AWS.SNS.MOBILE.APNS.TTL": {"DataType": "String", "StringValue": "2592001"}},
            "30 days",
        ),
    ],
)
def test_the_validators_find_what_a_platform_would_refuse(
    kind: str, text: str, given_attributes: dict[str, dict[str, str]], reason: str
) -> None:
    assert reason in sns.problem(kind, text, given_attributes)


def test_the_validators_let_the_documented_examples_through() -> None:
    assert sns.problem("GCM", fcm(notification={"title": "Hello"}, data={"key": "value"}), {}) == ""
    loud = {"aps": {"alert": "Hi", "sound": "bingbong.aiff", "badge": 9, "interruption-level": "active"}, "acme": ["x"]}
    assert sns.problem("APNS", outer("APNS", loud), HEADERS) == ""
