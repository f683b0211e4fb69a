"""The ledger: who used what, and what it costs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.clock import Clock
from local.meter.ledger import CONNECTED, Ledger
from local.meter.tally import Tally
from local.phones import Phones, read_push
from local.workers.results import CallRecord, FunctionError, Invocation, InvokeResult

FCM = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1"


def invocation(operation: str, *units: dict[str, Any], billed_ms: int = 100, failed: bool = False) -> Invocation:
    """An invocation of a 512 MB function whose calls used these units."""
    calls = [CallRecord(place, "dynamodb", "PutItem", ("t",), each) for place, each in enumerate(units, 1)]
    error = FunctionError("Boom", "it failed") if failed else None
    result = InvokeResult("r", error=error, calls=calls, billed_ms=billed_ms)
    return Invocation("Send", operation, "{}", result, 0, 512)


def test_an_operation_is_charged_with_its_frames_and_calls() -> None:
    ledger = Ledger()
    ledger.frame("send", "in", 100)
    ledger.invocation(
        invocation("send", {"write": 1.0}, {"write": 2.0, "read": 0.5}, {"frames_out": 1, "gateway_requests": 1})
    )
    ledger.frame("send", "reply", 100)
    ledger.frame("", "event", 100)
    expected = Tally(
        times=1,
        invocations=1,
        billed_ms=100,
        gb_s=0.05,
        write=3,
        read=0.5,
        frames_in=1,
        frames_out=2,
        gateway_requests=2,
    )
    assert ledger.since() == {"send": expected}
    assert ledger.total().frames == 3


def test_the_work_behind_a_stream_is_found_between_two_marks() -> None:
    ledger = Ledger()
    ledger.frame("post", "in", 10)
    ledger.invocation(invocation("post", {"write": 3.0}))
    mark = ledger.mark()
    ledger.invocation(invocation("PlanPosts", {"sqs": 1}))
    ledger.invocation(invocation("WorkSmall", {"write": 25.0}, failed=True))
    since = ledger.since(mark)
    assert set(since) == {"PlanPosts", "WorkSmall"}
    assert since["WorkSmall"].errors == since["WorkSmall"].times == 1
    assert ledger.total(mark).write == 25
    assert ledger.total().write == 28


def test_dollars_are_units_times_list_prices() -> None:
    used = Tally(
        times=1,
        invocations=1,
        gb_s=1,
        write=1,
        read=1,
        frames_in=1,
        frames_out=1,
        sqs=1,
        sns=1,
        pushes=1,
        connection_minutes=1,
    )
    micro = 0.625 + 0.125 + 2 * 1.0 + 0.25 + 0.20 + 13.3334 + 0.40 + 0.50 + 0.50
    assert used.dollars == pytest.approx(micro / 1e6, rel=1e-9)
    assert used.per(1)["dollars_per_million"] == pytest.approx(micro, rel=1e-6)
    assert (used + used).per(2)["write"] == 1


def test_connections_are_charged_by_begun_minutes() -> None:
    ledger = Ledger()
    ledger.closed(1.0)
    ledger.closed(61.0)
    assert ledger.since()[CONNECTED].connection_minutes == 3


def test_the_table_names_every_operation() -> None:
    ledger = Ledger()
    ledger.frame("send", "in", 10)
    ledger.invocation(invocation("send", {"write": 3.0}))
    lines = ledger.table().splitlines()
    assert lines[0].split()[:3] == ["operation", "times", "write"]
    assert lines[1].split()[:3] == ["send", "1", "3.00"]


def test_phones_collect_pushes_in_order() -> None:
    heard = []
    phones = Phones(Clock())
    phones.listen(heard.append)
    payload = {"fcmV1Message": {"message": {"notification": {"title": "Ann"}}}}
    message = json.dumps({"default": "new", "GCM": json.dumps(payload)})
    push = {"target": FCM, "message": message, "structure": "json", "attributes": {}}
    phones.invocation(invocation("PushMailboxes", {"pushes": 1, "push": push}, {"write": 1}))
    assert [each.payload for each in phones.of(FCM)] == [payload] == [each.payload for each in heard]
    assert phones.of(FCM)[0].problem == ""
    assert phones.of("arn:other") == []


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("no json", "not JSON"),
        (json.dumps({"GCM": "{}"}), "default"),
        (json.dumps({"default": "x", "APNS": "{}"}), "nothing for GCM"),
        (json.dumps({"default": "x", "GCM": {"a": 1}}), "JSON string"),
        (json.dumps({"default": "x", "GCM": "{"}), "is not JSON"),
        (json.dumps({"default": "x", "GCM": "{}"}), "fcmV1Message"),
    ],
)
def test_a_push_that_no_phone_would_show_says_why(message: str, problem: str) -> None:
    assert problem in read_push(FCM, message, "json", {}, 0).problem
