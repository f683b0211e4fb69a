"""What the misbehave rules of one invocation do at its AWS calls.  Runs in the worker."""

from __future__ import annotations

import itertools
import os
import random
import signal
from collections.abc import Callable
from typing import Any

STATUS = {
    "GoneException": 410,
    "PayloadTooLargeException": 413,
    "LimitExceededException": 429,
    "ThrottlingException": 400,
    "InternalServerError": 500,
    "ServiceUnavailable": 503,
}


class CallRules:
    """The rules shipped with an invocation.  `pause` blocks until the host says go on."""

    def __init__(self, rules: list[dict[str, Any]], pause: Callable[[str, int], None]) -> None:
        self._rules = [(each, random.Random(each["seed"])) for each in rules]
        self._pause = pause
        self.struck: set[int] = set()
        """Places, in the list that came, of the rules that made a difference."""

    def matching(self, when: str, index: int, service: str, operation: str) -> list[dict[str, Any]]:
        """The rules that strike at this call, dice included."""
        found = []
        for place, (rule, dice) in enumerate(self._rules):
            if rule["when"] != when or rule["call"] not in (None, index):
                continue
            if rule["service"] not in ("", service) or rule["operation"] not in ("", operation):
                continue
            if rule["probability"] >= 1 or dice.random() < rule["probability"]:
                found.append(rule)
                self.struck.add(place)
        return found

    def strike(self, rule: dict[str, Any], index: int) -> None:
        """Die or wait, as the rule says; errors and unprocessed items are the caller's business."""
        if rule["action"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if rule["action"] == "pause":
            self._pause(rule["name"], index)


def aws_error(client: Any, operation: str, code: str) -> Exception:
    """The exception botocore raises for an answer with this error code."""
    answer = {
        "Error": {"Code": code, "Message": "injected by the development host"},
        "ResponseMetadata": {"HTTPStatusCode": STATUS.get(code, 400), "RequestId": "injected", "RetryAttempts": 0},
    }
    exception: Exception = client.exceptions.from_code(code)(answer, operation)
    return exception


def leave_half(
    operation: str, params: dict[str, Any]
) -> tuple[dict[str, Any], Callable[[dict[str, Any]], None]] | None:
    """Split a batch call: the parameters to really send, and what to do to the answer so that it reports the rest.

    None where the call is no batch, or a batch of one (AWS then fails the whole call).
    """
    if operation == "BatchWriteItem":
        return _halve(params, "UnprocessedItems", lambda value: value, lambda _, items: items)
    if operation == "BatchGetItem":
        return _halve(
            params, "UnprocessedKeys", lambda value: value["Keys"], lambda value, keys: {**value, "Keys": keys}
        )
    if operation == "SendMessageBatch":
        return _halve_messages(params)
    return None


def _halve(
    params: dict[str, Any],
    report: str,
    unwrap: Callable[[Any], list[Any]],
    wrap: Callable[[Any, list[Any]], Any],
) -> tuple[dict[str, Any], Callable[[dict[str, Any]], None]] | None:
    requests = params["RequestItems"]
    pairs = [(table, item) for table, value in requests.items() for item in unwrap(value)]
    if len(pairs) < 2:
        return None
    middle = len(pairs) // 2

    def grouped(some: list[tuple[str, Any]]) -> dict[str, Any]:
        groups = itertools.groupby(some, key=lambda pair: pair[0])
        return {table: wrap(requests[table], [item for _, item in group]) for table, group in groups}

    def report_rest(answer: dict[str, Any]) -> None:
        for table, rest in grouped(pairs[middle:]).items():
            known = answer.setdefault(report, {}).get(table)
            merged = rest if known is None else wrap(known, unwrap(known) + unwrap(rest))
            answer[report][table] = merged

    return {**params, "RequestItems": grouped(pairs[:middle])}, report_rest


def _halve_messages(params: dict[str, Any]) -> tuple[dict[str, Any], Callable[[dict[str, Any]], None]] | None:
    entries = params["Entries"]
    if len(entries) < 2:
        return None
    middle = len(entries) // 2

    def report_rest(answer: dict[str, Any]) -> None:
        failed = [
            {"Id": entry["Id"], "SenderFault": False, "Code": "ServiceUnavailable", "Message": "injected"}
            for entry in entries[middle:]
        ]
        answer["Failed"] = [*answer.get("Failed", []), *failed]

    return {**params, "Entries": entries[:middle]}, report_rest
