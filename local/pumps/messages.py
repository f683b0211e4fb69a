"""SQS messages as Lambda sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.deployment import EventSourceSpec
from local.pumps.delays import ATTRIBUTE

_SHIFTED = ("SentTimestamp", "ApproximateFirstReceiveTimestamp")


def event(spec: EventSourceSpec, region: str, messages: list[dict[str, Any]], offset_ms: int) -> dict[str, Any]:
    """The event for a batch; times are moved to the host's clock, which is what the handler compares them with."""
    return {"Records": [record(spec, region, message, offset_ms) for message in messages]}


def record(spec: EventSourceSpec, region: str, message: Mapping[str, Any], offset_ms: int) -> dict[str, Any]:
    """One message; the host's own attribute is hidden again."""
    attributes = dict(message.get("Attributes") or {})
    for name in _SHIFTED:
        if name in attributes:
            attributes[name] = str(int(attributes[name]) + offset_ms)
    given = message.get("MessageAttributes") or {}
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": attributes,
        "messageAttributes": {name: _attribute(value) for name, value in given.items() if name != ATTRIBUTE},
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": spec.source,
        "awsRegion": region,
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    """`StringValue` becomes `stringValue`, and so on."""
    return {name[0].lower() + name[1:]: part for name, part in value.items()}
