"""The worker: does the jobs of the lanes, each failing alone.

A job that fails is delivered again when its visibility time has passed, and after some attempts it waits in the
dead-letter queue for `tidings ops redrive`.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from tidings.bootstrap.fanout import build_worker
from tidings.bootstrap.telemetry import reporting

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Do a batch of jobs; the answer names those that failed."""
    shift = build_worker().begin()

    def run(record: SQSRecord) -> None:
        with reporting("job"):
            shift.run(record.body)

    answer = dict(process_partial_response(event=event, record_handler=run, processor=processor))
    shift.end()
    return answer
