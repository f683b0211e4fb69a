"""Handlers that call DynamoDB, SQS and `@connections`, for the tests of the hooks."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

CONFIG = Config(retries={"total_max_attempts": 1, "mode": "standard"})


@cache
def client(service: str) -> Any:
    """One client a process."""
    return boto3.client(service, config=CONFIG)


def put(event: Any, context: Any) -> list[str]:
    """Put items `ids` one by one; the codes of those that failed."""
    failed = []
    for each in event["ids"]:
        try:
            client("dynamodb").put_item(TableName=event["table"], Item={"id": {"S": each}})
        except ClientError as problem:
            failed.append(problem.response["Error"]["Code"])
    return failed


def put_at_once(event: Any, context: Any) -> int:
    """The same from threads."""
    with ThreadPoolExecutor(4) as threads:
        return len(list(threads.map(lambda each: put({**event, "ids": [each]}, context), event["ids"])))


def batch(event: Any, context: Any) -> Any:
    """Write the items in one batch, then read them in one; what each left undone."""
    table = event["table"]
    keys = [{"id": {"S": each}} for each in event["ids"]]
    requests = [{"PutRequest": {"Item": key}} for key in keys]
    written = client("dynamodb").batch_write_item(RequestItems={table: requests})
    read = client("dynamodb").batch_get_item(RequestItems={table: {"Keys": keys, "ConsistentRead": True}})
    return {
        "unwritten": [each["PutRequest"]["Item"]["id"]["S"] for each in written["UnprocessedItems"].get(table, [])],
        "unread": [each["id"]["S"] for each in read["UnprocessedKeys"].get(table, {}).get("Keys", [])],
        "read": sorted(each["id"]["S"] for each in read["Responses"].get(table, [])),
    }


def enqueue(event: Any, context: Any) -> Any:
    """Send the bodies in one batch; the ids that failed."""
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(event["bodies"])]
    answer = client("sqs").send_message_batch(QueueUrl=event["queue"], Entries=entries)
    return [each["Id"] for each in answer.get("Failed", [])]


def read_clock(event: Any, context: Any) -> Any:
    """The time before and after an AWS call."""
    before = time.time()
    client("dynamodb").get_item(TableName=event["table"], Key={"id": {"S": "none"}})
    return [before, time.time(), time.time_ns() / 1e9]
