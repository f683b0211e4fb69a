"""The on-failure destination of a stream: S3 keeps the records themselves, a queue only where they were."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from local.aws import client
from local.deployment import EventSourceSpec

EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "RecordAgeExceeded"


class Destination(Protocol):
    """Where given-up records go."""

    async def keep(
        self, spec: EventSourceSpec, shard: str, records: Sequence[Mapping[str, Any]], why: str, times: int
    ) -> None:
        """Keep what `spec` gives up; `times` is how often it was tried."""


class AwsDestination:
    """The bucket or queue that the mapping names, in ministack."""

    def __init__(self, endpoint: str, region: str) -> None:
        self._endpoint = endpoint
        self._region = region

    async def keep(
        self, spec: EventSourceSpec, shard: str, records: Sequence[Mapping[str, Any]], why: str, times: int
    ) -> None:
        """Write it down; without a destination the records are lost, as on AWS."""
        if spec.on_failure is not None:
            now = datetime.now(UTC)
            note = describe(spec, shard, records, why, times, now)
            await asyncio.to_thread(self._put, spec, shard, note, records, now)

    def _put(
        self,
        spec: EventSourceSpec,
        shard: str,
        note: dict[str, Any],
        records: Sequence[Mapping[str, Any]],
        now: datetime,
    ) -> None:
        assert spec.on_failure is not None
        _, _, service, _, _, name = spec.on_failure.split(":", 5)
        if service == "s3":
            note["payload"] = json.dumps({"Records": list(records)})
            day, moment = now.strftime("%Y/%m/%d"), now.strftime("%Y-%m-%dT%H.%M.%S")
            key = f"aws/lambda/{spec.logical_id}/{shard}/{day}/{moment}-{uuid.uuid4()}"
            s3 = client("s3", self._endpoint, self._region)
            s3.put_object(Bucket=name, Key=key, Body=json.dumps(note).encode())
            return
        sqs = client("sqs", self._endpoint, self._region)
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], MessageBody=json.dumps(note))


def describe(
    spec: EventSourceSpec, shard: str, records: Sequence[Mapping[str, Any]], why: str, times: int, now: datetime
) -> dict[str, Any]:
    """AWS's invocation record for a stream batch that was given up, without its payload."""
    first, last = records[0]["dynamodb"], records[-1]["dynamodb"]
    return {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": spec.function,
            "condition": why,
            "approximateInvokeCount": times,
        },
        "version": "1.0",
        "timestamp": now.isoformat(),
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": first["SequenceNumber"],
            "endSequenceNumber": last["SequenceNumber"],
            "approximateArrivalOfFirstRecord": first.get("ApproximateCreationDateTime"),
            "approximateArrivalOfLastRecord": last.get("ApproximateCreationDateTime"),
            "batchSize": len(records),
            "streamArn": spec.source,
        },
    }
