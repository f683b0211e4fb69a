"""What a call to DynamoDB can answer, in our words, and how long to wait before trying again.

* A failed condition is not an error but an answer: `ConditionFailed` carries the item that stands.
* A cancelled transaction carries one reason an item: `TransactionRefused`.
* Throttling, timeouts, broken connections and 5xx become `Unavailable`, which a client or a lane may retry.
* Anything else (a bad expression, a missing permission) is our bug and goes up as it is.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as TransportError
from botocore.parsers import ResponseParserError

from tidings.domain.errors import Unavailable
from tidings.storage.attributes import Item

_PASSING: Final = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_SENTENCE: Final = "The database did not answer in time. Send it again in a moment."
_FIRST_WAIT_MS: Final = 50
_LONGEST_WAIT_MS: Final = 1_600

ATTEMPTS: Final = 8
"""Calls for one batch before giving up: about 2.5 s of waiting on average, well inside the fence."""


class ConditionFailed(Exception):
    """The write's condition did not hold.  `item` is what stands; empty when nothing does, or it was not asked for."""

    def __init__(self, item: Item) -> None:
        super().__init__("condition failed")
        self.item = item


class TransactionRefused(Exception):
    """Nothing was written.  `reasons` has one code an item, in order: `None`, `ConditionalCheckFailed`, ..."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons


@contextmanager
def answered() -> Iterator[None]:
    """Run a call and translate what it raises."""
    try:
        yield
    except ClientError as error:
        translated = _translate(error)
        if translated is error:
            raise
        raise translated from error
    except (HTTPClientError, TransportError, IncompleteReadError, ResponseParserError) as error:
        raise Unavailable(_SENTENCE) from error


def _translate(error: ClientError) -> Exception:
    code = error.response.get("Error", {}).get("Code", "")
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(_standing(error.response))
    if code == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons") or []
        return TransactionRefused(tuple(reason.get("Code", "None") for reason in reasons))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return Unavailable(_SENTENCE) if code in _PASSING or status >= 500 else error


def _standing(response: Mapping[str, Any]) -> Item:
    return response.get("Item") or {}


def gave_up() -> Unavailable:
    """What to raise after `ATTEMPTS` calls."""
    return Unavailable(_SENTENCE)


def wait_ms(attempt: int) -> int:
    """How long to wait after attempt number `attempt` (from 0): exponential, with full jitter."""
    ceiling = min(_LONGEST_WAIT_MS, _FIRST_WAIT_MS << attempt)
    return random.randint(1, ceiling)  # noqa: S311 - jitter is no secret


def crossed(reasons: tuple[str, ...]) -> bool:
    """Whether a transaction was refused because somebody else changed the same items, and not for want of capacity.

    Raises `ValueError` where the transaction itself is wrong.
    """
    if "ValidationError" in reasons:
        raise ValueError(f"the transaction was refused: {reasons}")
    return all(reason in ("None", "ConditionalCheckFailed", "TransactionConflict") for reason in reasons)
