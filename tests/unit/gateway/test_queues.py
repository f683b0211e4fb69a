"""The lanes on SQS: batches, refusals, and what is sent again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeClock
from tidings.domain.errors import Unavailable
from tidings.gateway.queues import ATTEMPTS, BATCH_BYTES, ENTRIES, Refused, SqsChunks, batches, encoded

Answer = Callable[[list[dict[str, Any]]], dict[str, Any]]


class Sqs:
    """Answers each call as it is told, then takes everything.  `taken` are the bodies, by queue and delay."""

    def __init__(self, *answers: Answer) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self.taken: list[tuple[str, int, str]] = []
        self._answers = list(answers)

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.calls.append(Entries)
        answer = self._answers.pop(0)(Entries) if self._answers else {}
        refused = {entry["Id"] for entry in answer.get("Failed", [])}
        self.taken += [(QueueUrl, e["DelaySeconds"], e["MessageBody"]) for e in Entries if e["Id"] not in refused]
        return answer


def lanes(sqs: Sqs, clock: FakeClock | None = None) -> SqsChunks:
    return SqsChunks(cast(Any, sqs), {"small": "s", "large": "l"}, clock or FakeClock())


def refuse(*places: int, fault: bool = False) -> Answer:
    """Refuse the entries at these places."""
    return lambda entries: {
        "Failed": [{"Id": entries[place]["Id"], "SenderFault": fault, "Code": "InternalError"} for place in places]
    }


def fail(error: Exception) -> Answer:
    def answer(_: list[dict[str, Any]]) -> dict[str, Any]:
        raise error

    return answer


def client_error(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "SendMessageBatch")  # type: ignore[typeddict-item]


def test_ten_to_a_call_in_order_on_the_right_queue() -> None:
    sqs = Sqs()
    lanes(sqs).send("large", [{"n": number} for number in range(23)])
    assert [len(call) for call in sqs.calls] == [10, 10, 3]
    assert [json.loads(body)["n"] for _, _, body in sqs.taken] == list(range(23))
    assert {queue for queue, _, _ in sqs.taken} == {"l"}


@given(st.lists(st.integers(0, 199_000), max_size=40))
def test_no_call_is_larger_than_sqs_takes(sizes: list[int]) -> None:
    bodies = ["x" * size for size in sizes]
    found = list(batches(bodies))
    assert [body for batch in found for body in batch] == bodies
    assert all(1 <= len(batch) <= ENTRIES and sum(map(len, batch)) <= BATCH_BYTES for batch in found)


def test_bytes_count_and_not_characters() -> None:
    assert [len(batch) for batch in batches(["é" * 100_000, "é" * 100_000])] == [1, 1]


def test_delays_round_up_to_seconds_and_are_bounded() -> None:
    sqs = Sqs()
    for delay_ms in (0, 1, 1_000, 1_001, 900_000):
        lanes(sqs).send("small", [{}], delay_ms)
    assert [delay for _, delay, _ in sqs.taken] == [0, 1, 1, 2, 900]
    with pytest.raises(ValueError, match="15 minutes"):
        lanes(sqs).send("small", [{}], 900_001)


def test_what_was_refused_is_sent_again_after_a_pause_and_nothing_else() -> None:
    sqs, clock = Sqs(refuse(1, 3), refuse(0)), FakeClock()
    started = clock.now()
    lanes(sqs, clock).send("small", [{"n": number} for number in range(5)])
    assert [len(call) for call in sqs.calls] == [5, 2, 1]
    assert sorted(json.loads(body)["n"] for _, _, body in sqs.taken) == list(range(5))
    assert clock.now() > started


@pytest.mark.parametrize(
    "answer", [refuse(0), fail(client_error("RequestThrottled", 400)), fail(client_error("X", 503))]
)
def test_a_queue_that_stays_busy_is_told(answer: Answer) -> None:
    sqs = Sqs(*[answer] * 100)
    with pytest.raises(Unavailable):
        lanes(sqs).send("small", [{}])
    assert len(sqs.calls) == ATTEMPTS


def test_no_answer_is_told() -> None:
    with pytest.raises(Unavailable):
        lanes(Sqs(fail(ConnectTimeoutError(endpoint_url="sqs")))).send("small", [{}])


def test_our_own_mistakes_are_loud() -> None:
    with pytest.raises(Refused):
        lanes(Sqs(refuse(0, fault=True))).send("small", [{}])
    with pytest.raises(ClientError):
        lanes(Sqs(fail(client_error("AccessDenied", 403)))).send("small", [{}])
    with pytest.raises(ValueError, match="262 KB"):
        encoded({"recipients": ["x" * 262_000]})


def test_nothing_to_send_is_no_call() -> None:
    sqs = Sqs()
    lanes(sqs).send("small", [])
    assert sqs.calls == []
