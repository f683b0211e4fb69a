"""Handlers that the host's own tests deploy: small, and each good for one thing."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import boto3

COUNTER = {"calls": 0}


def handler(event: Any, context: Any) -> Any:
    """Answer the event, the process and what the context says."""
    COUNTER["calls"] += 1
    return {
        "event": event,
        "pid": os.getpid(),
        "calls": COUNTER["calls"],
        "name": context.function_name,
        "memory": context.memory_limit_in_mb,
        "arn": context.invoked_function_arn,
        "request_id": context.aws_request_id,
        "remaining_ms": context.get_remaining_time_in_millis(),
    }


def environment(event: Any, context: Any) -> dict[str, str]:
    """All of its environment."""
    return dict(os.environ)


def fail(event: Any, context: Any) -> None:
    """Raise what the event says."""
    raise ValueError(event["message"])


def leave(event: Any, context: Any) -> None:
    """End the process in the middle of an invocation."""
    os._exit(3)


def quit_politely(event: Any, context: Any) -> None:
    """sys.exit, which Lambda reports as an exit of the runtime."""
    sys.exit(1)


def unserializable(event: Any, context: Any) -> Any:
    """Answer what JSON cannot hold."""
    return {"set": {1, 2}}


def block(event: Any, context: Any) -> None:
    """Wait for ever; only the host's timeout ends it."""
    while True:
        time.sleep(3600)


def meet(event: Any, context: Any) -> int:
    """Put a file into `directory` and wait until `count` of them are there: returns only if that many run at once."""
    directory = Path(event["directory"])
    (directory / str(os.getpid())).touch()
    while len(list(directory.iterdir())) < event["count"]:
        time.sleep(0.002)
    return os.getpid()


def clock(event: Any, context: Any) -> dict[str, float]:
    """The time as a handler reads it."""
    return {"time": time.time(), "time_ns": time.time_ns()}


def put_three(event: Any, context: Any) -> int:
    """Three DynamoDB writes with the low-level client."""
    client = boto3.client("dynamodb")
    for number in range(3):
        client.put_item(TableName=event["table"], Item={"id": {"S": f"{event['id']}-{number}"}})
    return 3
