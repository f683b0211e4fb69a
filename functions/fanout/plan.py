"""The planner: what the streams of `Posts` and `Conversations` show becomes chunk jobs on the lanes.

A record that fails is reported alone: the stream is replayed from it, halved until it stands alone, and at last it
is kept in the failure bucket.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from tidings.bootstrap.fanout import build_planner
from tidings.bootstrap.telemetry import reporting

processor = BatchProcessor(event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Plan a batch of stream records; the answer names those that failed."""
    turn = build_planner().begin()

    def run(record: DynamoDBRecord) -> None:
        with reporting("record"):
            turn.run(record.raw_event)

    return dict(process_partial_response(event=event, record_handler=run, processor=processor))
