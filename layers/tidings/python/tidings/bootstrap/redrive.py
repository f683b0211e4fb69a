"""Wires `tidings ops redrive`, which runs on an operator's machine, with the operator's credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from tidings.bootstrap.rules import fanout_rules
from tidings.bootstrap.world import SystemClock
from tidings.gateway.deadletters import S3Failures, SqsDeadLetters
from tidings.gateway.queues import SqsChunks
from tidings.services.redrive import Redrive
from tidings.storage.streams import shown_by

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

Lane = Literal["small", "large"]


class LaneUrls(NamedTuple):
    """A lane and its dead-letter queue."""

    queue: str
    dead: str


def build(sqs: SQSClient, s3: S3Client, lanes: Mapping[Lane, LaneUrls], bucket: str | None, settle_ms: int) -> Redrive:
    """The redrive of a deployment, whose queue URLs, failure bucket and settling time are the stack's outputs."""
    clock = SystemClock()
    dead = [SqsDeadLetters(sqs, lane, urls.dead, urls.queue, clock) for lane, urls in lanes.items()]
    queue = SqsChunks(sqs, {lane: urls.queue for lane, urls in lanes.items()}, clock)
    failures = S3Failures(s3, bucket) if bucket else None
    return Redrive(dead, failures, queue, shown_by, fanout_rules(), clock.now, settle_ms)
