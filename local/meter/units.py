"""What AWS would bill for one call, from its parameters and its answer: a pure function, run in the workers.

Why not just the emulator's `ConsumedCapacity`: it reports every read as one unit and a batch read not at all, and
nobody reports a failed condition, which bills all the same. Its write units are right and know the item's earlier
size, which a caller cannot see: so for writes the larger of ours and the reported one counts. A projection or a
filter hides items that were read and billed; there ours is a lower bound (filtered queries are scaled by what was
scanned).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from local.meter.sizes import item_bytes

READ_STEP = 4096
WRITE_STEP = 1024
FRAME_STEP = 32 * 1024
SQS_STEP = 64 * 1024

Answer = Mapping[str, Any]
_FAILED = "Error"
"""The key by which an error's answer is known, in botocore and here."""
_BILLED_ERRORS = frozenset(("ConditionalCheckFailedException", "TransactionCanceledException"))


def measure(
    service: str, operation: str, params: Mapping[str, Any], response: Answer | None, error: str | None
) -> dict[str, Any]:
    """The units of one call; only those that are not zero.

    `write` and `read` are DynamoDB units; `sqs` and `sns` requests; `pushes` mobile pushes, with `push` = {target,
    message, structure, attributes}; `gateway_requests` and `frames_out` (32 KB steps) of `@connections`. `response` is
    the parsed answer, or an error's, which holds the `Item` of a failed condition if it was asked for; `error` is its
    code.
    """
    if service == "dynamodb":
        meter = _DYNAMODB.get(operation)
        if meter is None or (error is not None and error not in _BILLED_ERRORS):
            return {}
        answer = {**(response or {}), _FAILED: True} if error is not None else response or {}
        return {name: units for name, units in meter(params, answer).items() if units}
    if service == "sqs":
        return {"sqs": _sqs_requests(params)}
    if service == "sns":
        return _sns(operation, params, error)
    if service == "apigatewaymanagementapi":
        return _connections(operation, params, error)
    return {}


def frames(size: int) -> int:
    """How many frames API Gateway bills for `size` bytes (an empty one is one)."""
    return max(1, math.ceil(size / FRAME_STEP))


def write_units(size: int) -> float:
    """Write units of an item of `size` bytes; nothing is cheaper than one."""
    return float(max(1, math.ceil(size / WRITE_STEP)))


def read_units(size: int, consistent: bool) -> float:
    """Read units for `size` bytes read together; what is not there costs as much as the smallest item."""
    return max(1, math.ceil(size / READ_STEP)) * (1.0 if consistent else 0.5)


def _reported(response: Answer) -> float:
    told = response.get("ConsumedCapacity") or ()
    entries = (told,) if isinstance(told, Mapping) else told
    return float(sum(float(each.get("CapacityUnits", 0)) for each in entries))


def _write(params: Mapping[str, Any], response: Answer) -> dict[str, float]:
    """PutItem, UpdateItem, DeleteItem. A failed condition bills the item that was found, at least one unit."""
    found = item_bytes(response.get("Item") or response.get("Attributes"))
    if _FAILED in response:
        return {"write": write_units(found)}
    given = item_bytes(params.get("Item")) or item_bytes(params.get("Key"))
    return {"write": max(write_units(max(found, given)), _reported(response))}


def _batch_write(params: Mapping[str, Any], response: Answer) -> dict[str, float]:
    undone = response.get("UnprocessedItems") or {}
    total = 0.0
    for table, requests in params.get("RequestItems", {}).items():
        done = [each for each in requests if each not in undone.get(table, ())]
        total += sum(write_units(item_bytes((each.get("PutRequest") or {}).get("Item"))) for each in done)
    return {"write": max(total, _reported(response))}


def _transact_write(params: Mapping[str, Any], response: Answer) -> dict[str, float]:
    """Twice the price of each part, a condition check included, and also when it was cancelled."""
    parts = [next(iter(each.values())) for each in params.get("TransactItems", ())]
    total = 2 * sum(write_units(item_bytes(part.get("Item")) or item_bytes(part.get("Key"))) for part in parts)
    return {"write": max(total, _reported(response))}


def _get(params: Mapping[str, Any], response: Answer) -> dict[str, float]:
    return {"read": read_units(item_bytes(response.get("Item")), bool(params.get("ConsistentRead")))}


def _batch_get(params: Mapping[str, Any], response: Answer) -> dict[str, float]:
    """Each item is rounded up by itself; a key that is not there costs the least."""
    total = 0.0
    for table, request in params.get("RequestItems", {}).items():
        consistent = bool(request.get("ConsistentRead"))
        found = (response.get("Responses") or {}).get(table, ())
        undone = len(((response.get("UnprocessedKeys") or {}).get(table) or {}).get("Keys", ()))
        missing = max(0, len(request.get("Keys", ())) - undone - len(found))
        total += sum(read_units(item_bytes(item), consistent) for item in found)
        total += missing * read_units(0, consistent)
    return {"read": total}


def _transact_get(params: Mapping[str, Any], response: Answer) -> dict[str, float]:
    found = response.get("Responses") or [{}] * len(params.get("TransactItems", ()))
    return {"read": 2 * sum(read_units(item_bytes(each.get("Item")), True) for each in found)}


def _query(params: Mapping[str, Any], response: Answer) -> dict[str, float]:
    """The sum of what was read, rounded up once; what a filter dropped was read too."""
    items = response.get("Items") or ()
    size = sum(item_bytes(item) for item in items)
    scanned = int(response.get("ScannedCount") or len(items))
    if items and scanned > len(items):
        size = math.ceil(size * scanned / len(items))
    return {"read": read_units(size, bool(params.get("ConsistentRead")))}


_DYNAMODB: dict[str, Callable[[Mapping[str, Any], Answer], dict[str, float]]] = {
    "PutItem": _write,
    "UpdateItem": _write,
    "DeleteItem": _write,
    "BatchWriteItem": _batch_write,
    "TransactWriteItems": _transact_write,
    "GetItem": _get,
    "BatchGetItem": _batch_get,
    "TransactGetItems": _transact_get,
    "Query": _query,
    "Scan": _query,
}


def _sqs_requests(params: Mapping[str, Any]) -> int:
    """Each 64 KB of a request's payload is billed as a request."""
    bodies = [params.get("MessageBody", "")] + [each.get("MessageBody", "") for each in params.get("Entries", ())]
    return max(1, math.ceil(sum(len(body.encode()) for body in bodies) / SQS_STEP))


def _sns(operation: str, params: Mapping[str, Any], error: str | None) -> dict[str, Any]:
    if operation != "Publish" or "TargetArn" not in params:
        return {"sns": 1}
    if error is not None:
        return {"sns": 1}
    push = {
        "target": params["TargetArn"],
        "message": params.get("Message", ""),
        "structure": params.get("MessageStructure", ""),
        "attributes": params.get("MessageAttributes", {}),
    }
    return {"pushes": 1, "push": push}


def _connections(operation: str, params: Mapping[str, Any], error: str | None) -> dict[str, int]:
    """Every call is a gateway request; only a post that was taken is a frame."""
    if operation != "PostToConnection" or error is not None:
        return {"gateway_requests": 1}
    data = params.get("Data", b"")
    size = len(data.encode() if isinstance(data, str) else data) if isinstance(data, str | bytes) else 0
    return {"gateway_requests": 1, "frames_out": frames(size)}
