"""The lanes of the fan-out on SQS.

SendMessageBatch takes ten messages and 256 KB, and may take some of them and refuse others: those are sent again
after a pause, a few times, and then the caller hears of it.  Nothing is ever dropped.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from tidings.domain.errors import Unavailable
from tidings.ports.timelines import Lane
from tidings.ports.world import Clock

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ENTRIES: Final = 10
BATCH_BYTES: Final = 256_000
"""SQS counts 262,144 over all bodies of a call; the rest is room for its own bookkeeping."""
JOB_BYTES: Final = 262_000
LONGEST_DELAY_MS: Final = 900_000
ATTEMPTS: Final = 5
_FIRST_WAIT_MS: Final = 100
_THROTTLED: Final = frozenset({"RequestThrottled", "ThrottlingException", "Throttling", "OverLimit", "KmsThrottled"})


class Refused(RuntimeError):
    """SQS will never take this message: our mistake, not the queue's."""


class SqsChunks:
    """Puts jobs on the lanes; `urls` are their queues."""

    def __init__(self, client: SQSClient, urls: Mapping[Lane, str], clock: Clock) -> None:
        self._client = client
        self._urls = urls
        self._clock = clock

    def send(self, lane: Lane, jobs: Sequence[Mapping[str, object]], delay_ms: int = 0) -> None:
        """Enqueue jobs, optionally not before `delay_ms`.

        Raises `Unavailable` when the queue stays busy; some of the jobs may be enqueued then, which is harmless.
        """
        if not 0 <= delay_ms <= LONGEST_DELAY_MS:
            raise ValueError("a message can be held back for 15 minutes at most")
        delay_s = -(-delay_ms // 1_000)
        for bodies in batches([encoded(job) for job in jobs]):
            self._send(self._urls[lane], bodies, delay_s)

    def _send(self, url: str, bodies: Sequence[str], delay_s: int) -> None:
        """Send one batch, then what is left of it, until nothing is."""
        pending = {str(number): body for number, body in enumerate(bodies)}
        for attempt in range(ATTEMPTS):
            entries: list[Any] = [
                {"Id": number, "MessageBody": body, "DelaySeconds": delay_s} for number, body in pending.items()
            ]
            pending = {failed: pending[failed] for failed in self._call(url, entries)}
            if not pending:
                return
            self._clock.sleep(random.randint(1, _FIRST_WAIT_MS << attempt))  # noqa: S311 - jitter is no secret
        raise Unavailable("The queue did not take all jobs in time.")

    def _call(self, url: str, entries: Sequence[Any]) -> list[str]:
        """One call.  The ids of the entries that may be sent again."""
        try:
            answer = self._client.send_message_batch(QueueUrl=url, Entries=entries)
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status >= 500 or error.response.get("Error", {}).get("Code", "") in _THROTTLED:
                return [entry["Id"] for entry in entries]
            raise
        except BotoCoreError as error:
            raise Unavailable("The queue did not answer in time.") from error
        failed = answer.get("Failed", [])
        for entry in failed:
            if entry["SenderFault"]:
                raise Refused(f"SQS refused a job: {entry['Code']}")
        return [entry["Id"] for entry in failed]


def encoded(job: Mapping[str, object]) -> str:
    """The body of a message.  Raises `ValueError` for a job that is too large."""
    body = json.dumps(dict(job), separators=(",", ":"), ensure_ascii=False)
    if len(body.encode()) > JOB_BYTES:
        raise ValueError("a job is at most 262 KB")
    return body


def batches(bodies: Sequence[str]) -> Iterator[list[str]]:
    """`bodies` in order, as many together as one call takes."""
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if batch and (len(batch) == ENTRIES or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch
