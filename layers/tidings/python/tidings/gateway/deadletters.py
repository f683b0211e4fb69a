"""Where failed work waits: the lanes' dead-letter queues on SQS, and the failure bucket of the streams on S3."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from tidings.ports.world import Clock

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

POLL_MS: Final = 1_000
LONGEST_POLL_MS: Final = 3_600_000
_NOT_THERE: Final = frozenset(
    {
        "InvalidAction",
        "AWS.SimpleQueueService.UnsupportedOperation",
        "UnsupportedOperation",
        "UnknownOperationException",
    }
)
"""Codes by which an emulator says that it knows no move tasks.  (SQS gives the second for a queue that is nobody's
dead-letter queue; moving its messages one by one is right then, too.)"""


class SqsDeadLetters:
    """The dead-letter queue of a lane; both by their URLs."""

    def __init__(self, client: SQSClient, lane: str, dead_url: str, lane_url: str, clock: Clock) -> None:
        self._client = client
        self._lane = lane
        self._dead = dead_url
        self._back = lane_url
        self._clock = clock

    @property
    def lane(self) -> str:
        """The lane's name."""
        return self._lane

    def put_back(self) -> int:
        """Move everything back on the lane, by SQS itself where it can.  How many messages."""
        try:
            task = self._client.start_message_move_task(SourceArn=self._arn(self._dead))["TaskHandle"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _NOT_THERE or _status(error) == 501:
                return self._by_hand()
            raise
        return self._moved(task)

    def _moved(self, task: str) -> int:
        """Wait for a move task to end.  How many messages it moved.  Raises `RuntimeError` when it fails."""
        for _ in range(LONGEST_POLL_MS // POLL_MS):
            results = self._client.list_message_move_tasks(SourceArn=self._arn(self._dead), MaxResults=10)["Results"]
            # A running task shows its handle; once it has ended, it is the latest without one.
            mine = next((each for each in results if each.get("TaskHandle") == task), results[0] if results else None)
            if mine is None or mine.get("Status") == "COMPLETED":
                return int(mine.get("ApproximateNumberOfMessagesMoved", 0)) if mine else 0
            if mine.get("Status") in ("FAILED", "CANCELLED"):
                raise RuntimeError(f"The move task of the {self._lane} lane ended: {mine.get('FailureReason', '')}")
            self._clock.sleep(POLL_MS)
        raise RuntimeError(f"The move task of the {self._lane} lane takes very long; it goes on without us.")

    def _by_hand(self) -> int:
        """Send each message to the lane and only then delete it: one may come twice, none is lost."""
        moved = 0
        while messages := self._receive():
            for message in messages:
                self._client.send_message(QueueUrl=self._back, MessageBody=message["Body"])
                self._client.delete_message(QueueUrl=self._dead, ReceiptHandle=message["ReceiptHandle"])
                moved += 1
        return moved

    def _receive(self) -> Sequence[Any]:
        return self._client.receive_message(QueueUrl=self._dead, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
            "Messages", []
        )

    def _arn(self, url: str) -> str:
        answer = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return answer["Attributes"]["QueueArn"]


class S3Failures:
    """Batches that Lambda put into the failure bucket.

    Such an object is JSON with `requestContext`, `DDBStreamBatchInfo` and `payload`: the whole event, as a JSON string
    ("Capturing discarded batches", Lambda developer guide).
    """

    def __init__(self, client: S3Client, bucket: str, prefix: str = "aws/lambda/") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def keys(self) -> Iterator[str]:
        """The keys of all objects."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix):
            for each in page.get("Contents", []):
                yield each["Key"]

    def records(self, key: str) -> list[Mapping[str, Any]] | None:
        """The stream records of one object, None where it holds none."""
        return records_of(self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read())

    def forget(self, key: str) -> None:
        """Delete a batch that has been dealt with."""
        self._client.delete_object(Bucket=self._bucket, Key=key)


def records_of(body: bytes) -> list[Mapping[str, Any]] | None:
    """The stream records in an object's body, None where it holds none."""
    try:
        payload = json.loads(body)["payload"]
        records = (json.loads(payload) if isinstance(payload, str) else payload)["Records"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return records if isinstance(records, list) else None


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
