"""What to do after a stream batch was handled: pure decisions, by AWS's rules.

* An invocation error fails the whole batch; with `ReportBatchItemFailures`, the answer names records, and everything
  from the lowest named on is delivered again. An answer that cannot be understood fails the whole batch.
* With bisect, a failing batch of several is delivered again in two halves (at the failed record, where one is
  named), so that a poison record ends up alone. Halving does not use up attempts.
* After the attempts, or past the age limit, what is left of the batch goes to the on-failure destination.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.workers.results import InvokeResult

ALL_FAILED = 0


@dataclass(frozen=True, slots=True)
class Part:
    """Records in order, delivered together, and how often that has failed."""

    records: Sequence[Mapping[str, Any]]
    attempts: int = 0


def first_failure(result: InvokeResult, identifiers: Sequence[str], reports: bool) -> int | None:
    """Index of the first record to deliver again; None when all went well."""
    if result.failed:
        return ALL_FAILED
    if not reports:
        return None
    failed = failed_identifiers(result.payload)
    if failed is None or not failed <= set(identifiers):
        return ALL_FAILED
    return min((identifiers.index(each) for each in failed), default=None)


def failed_identifiers(payload: Any) -> set[str] | None:
    """The identifiers in a partial batch response; empty for success, None if it cannot be understood."""
    if payload is None or payload == {}:
        return set()
    if not isinstance(payload, Mapping):
        return None
    failures = payload.get("batchItemFailures")
    if failures is None or failures == []:
        return set()
    if not isinstance(failures, list):
        return None
    found = {each.get("itemIdentifier") if isinstance(each, Mapping) else None for each in failures}
    if not all(isinstance(each, str) and each for each in found):
        return None
    return {str(each) for each in found}


def rest(part: Part, index: int, bisect: bool) -> list[Part]:
    """What to deliver next after `part` failed from `index` on; the records before it are done."""
    if bisect and len(part.records) > 1:
        if index > 0:
            # The failed one alone first, then those behind it: halved at the place that was named.
            return [Part(part.records[index:], part.attempts)]
        middle = len(part.records) // 2
        return [Part(part.records[:middle], part.attempts), Part(part.records[middle:], part.attempts)]
    return [Part(part.records[index:], part.attempts + 1)]


def used_up(part: Part, retry_attempts: int) -> bool:
    """Whether the part has failed once and then `retry_attempts` times more; -1 is no limit."""
    return retry_attempts >= 0 and part.attempts > retry_attempts
