"""Dead letters: SQS moves them where it can, otherwise they are moved one by one."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from tests.fakes import FakeClock
from tidings.gateway.deadletters import SqsDeadLetters, records_of


class Sqs:
    """An SQS with a dead-letter queue.  `states` are the answers about the move task, the last one staying."""

    def __init__(self, states: list[dict[str, Any]] | None = None, refusal: ClientError | None = None) -> None:
        self.states = states or []
        self.refusal = refusal
        self.dead = [f"job {number}" for number in range(25)]
        self.lane: list[str] = []
        self.started: list[str] = []

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        return {"Attributes": {"QueueArn": f"arn:{QueueUrl}"}}

    def start_message_move_task(self, *, SourceArn: str) -> dict[str, str]:
        if self.refusal:
            raise self.refusal
        self.started.append(SourceArn)
        return {"TaskHandle": "task"}

    def list_message_move_tasks(self, *, SourceArn: str, MaxResults: int) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"Results": [state, {"Status": "FAILED", "FailureReason": "an older one"}]}

    def receive_message(self, *, QueueUrl: str, MaxNumberOfMessages: int, WaitTimeSeconds: int) -> dict[str, Any]:
        found = self.dead[:MaxNumberOfMessages]
        return {"Messages": [{"Body": body, "ReceiptHandle": body} for body in found]} if found else {}

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:
        self.lane.append(MessageBody)

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:
        assert ReceiptHandle in self.lane, "sent first, deleted then"
        self.dead.remove(ReceiptHandle)


def letters(sqs: Sqs, clock: FakeClock | None = None) -> SqsDeadLetters:
    return SqsDeadLetters(cast(Any, sqs), "small", "dead", "lane", clock or FakeClock())


def test_sqs_moves_them_and_we_wait_for_the_end() -> None:
    running = {"TaskHandle": "task", "Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 3}
    ended = {"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 25}
    sqs, clock = Sqs([running, running, ended]), FakeClock()
    started = clock.now()
    assert letters(sqs, clock).put_back() == 25
    assert sqs.started == ["arn:dead"]
    assert clock.now() - started == 2_000


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_a_task_that_fails_is_told(status: str) -> None:
    with pytest.raises(RuntimeError, match="no permission"):
        letters(Sqs([{"Status": status, "FailureReason": "no permission"}])).put_back()


def test_a_task_that_never_ends_is_left_alone() -> None:
    with pytest.raises(RuntimeError, match="goes on without us"):
        letters(Sqs([{"TaskHandle": "task", "Status": "RUNNING"}])).put_back()


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "StartMessageMoveTask")  # type: ignore[typeddict-item]


def test_without_move_tasks_they_are_moved_one_by_one() -> None:
    sqs = Sqs(refusal=refusal("InvalidAction"))
    assert letters(sqs).put_back() == 25
    assert sqs.dead == []
    assert sqs.lane == [f"job {number}" for number in range(25)]


def test_a_missing_permission_is_told() -> None:
    with pytest.raises(ClientError):
        letters(Sqs(refusal=refusal("AccessDenied"))).put_back()


@pytest.mark.parametrize("payload", ['{"Records": [{"eventID": "1"}]}', {"Records": [{"eventID": "1"}]}])
def test_records_are_found_in_the_payload(payload: object) -> None:
    assert records_of(json.dumps({"payload": payload}).encode()) == [{"eventID": "1"}]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"payload": "x"}', b'{"payload": "{}"}', b'{"payload": 1}', b"\xff"]
)
def test_anything_else_holds_none(body: bytes) -> None:
    assert records_of(body) is None
