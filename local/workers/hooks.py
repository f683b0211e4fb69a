"""Put around botocore in every worker, before the handler is imported: record, measure, misbehave, redirect.

* Each AWS call of an invocation is recorded with its resources and with what `measure` makes of it.
* DynamoDB calls ask for their consumed capacity, unless the handler does so itself.
* SQS delays become the queue pump's business, on the host's clock.
* An `https://….execute-api.…` endpoint becomes the host's own `@connections` endpoint.

A boto3 resource hands over native Python values, a client DynamoDB's typed ones: `measure` gets what was handed over.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.session import Session

from local.pumps.delays import postpone
from local.workers.rules import CallRules, aws_error, leave_half

Measure = Callable[[str, str, dict[str, Any], dict[str, Any] | None, str | None], dict[str, Any]]

EXECUTE_API = re.compile(r"^https://[^/]*\.execute-api\.[^/]+")
REPORT_CAPACITY = {
    *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
    *("BatchGetItem", "BatchWriteItem", "TransactWriteItems", "TransactGetItems"),
}
SEND_MESSAGE = ("SendMessage", "SendMessageBatch")
RESOURCE_PARAMETERS = (
    *("TableName", "QueueUrl", "TopicArn", "TargetArn", "EndpointArn", "PlatformApplicationArn"),
    *("ConnectionId", "Bucket", "SecretId", "StreamArn", "RoleArn", "FunctionName"),
)


@dataclass(slots=True)
class Call:
    """One AWS call on its way: `original` is botocore's own method."""

    index: int
    client: Any
    operation: str
    params: dict[str, Any]
    original: Callable[[Any, str, dict[str, Any]], Any]

    @property
    def service(self) -> str:
        """botocore's name of the service, such as `dynamodb`."""
        return str(self.client.meta.service_model.service_name)


class Recorder:
    """The AWS calls of the running invocation.  Handlers may call from threads, so counting takes a lock."""

    def __init__(self, measure: Measure | None) -> None:
        self._measure = measure
        self._lock = threading.Lock()
        self.calls: list[dict[str, Any]] = []
        self._count = 0
        self._rules: CallRules | None = None

    def begin(self, rules: CallRules | None) -> None:
        """A new invocation starts."""
        self.calls, self._count, self._rules = [], 0, rules

    def run(self, client: Any, operation: str, params: dict[str, Any], original: Callable[..., Any]) -> Any:
        """Make one AWS call, as the rules let it."""
        with self._lock:
            self._count += 1
            call = Call(self._count, client, operation, params, original)
        if operation in REPORT_CAPACITY and "ReturnConsumedCapacity" not in params and call.service == "dynamodb":
            call.params = {**params, "ReturnConsumedCapacity": "TOTAL"}
        elif operation in SEND_MESSAGE:
            call.params = postpone(operation, params, time.time_ns() // 1_000_000)
        if self._rules is None:
            return self._make(call)
        return self._make_under(self._rules, call)

    def _make_under(self, rules: CallRules, call: Call) -> Any:
        report_rest = None
        for rule in rules.matching("before", call.index, call.service, call.operation):
            split = leave_half(call.operation, call.params) if rule["action"] == "unprocessed" else None
            if split is not None:
                call.params, report_rest = split
            elif rule["action"] in ("unprocessed", "error"):
                self._note(call, None, rule["code"], injected=True)
                raise aws_error(call.client, call.operation, rule["code"])
            else:
                rules.strike(rule, call.index)
        answer = self._make(call)
        if report_rest is not None:
            report_rest(answer)
        for rule in rules.matching("after", call.index, call.service, call.operation):
            if rule["action"] == "error":
                raise aws_error(call.client, call.operation, rule["code"])
            rules.strike(rule, call.index)
        return answer

    def _make(self, call: Call) -> Any:
        try:
            answer = call.original(call.client, call.operation, call.params)
        except ClientError as problem:
            self._note(call, dict(problem.response), problem.response["Error"]["Code"])
            raise
        except Exception as problem:
            self._note(call, None, type(problem).__name__)
            raise
        self._note(call, answer, None)
        return answer

    def _note(self, call: Call, answer: dict[str, Any] | None, error: str | None, injected: bool = False) -> None:
        units = {}
        if self._measure is not None and not injected:
            units = self._measure(call.service, call.operation, call.params, answer, error)
        self.calls.append(
            {
                "index": call.index,
                "service": call.service,
                "operation": call.operation,
                "resources": resources(call.operation, call.params),
                "parts": parts(call.operation, call.params),
                "units": units,
                "error": error,
                "injected": injected,
            }
        )


def resources(operation: str, params: dict[str, Any]) -> list[str]:
    """The names of what a call touches: tables, queue URLs, ARNs, connection ids."""
    if operation in ("BatchGetItem", "BatchWriteItem"):
        return sorted(params["RequestItems"])
    if operation in ("TransactWriteItems", "TransactGetItems"):
        return sorted({action["TableName"] for each in params["TransactItems"] for action in each.values()})
    return [str(params[name]) for name in RESOURCE_PARAMETERS if name in params]


def parts(operation: str, params: dict[str, Any]) -> list[list[str]] | None:
    """(operation, table) of each action of a transaction: IAM authorizes those, not the transaction itself."""
    if operation != "TransactWriteItems":
        return None
    actions = {(kind, action["TableName"]) for each in params["TransactItems"] for kind, action in each.items()}
    return [["ConditionCheckItem" if kind == "ConditionCheck" else f"{kind}Item", table] for kind, table in actions]


def install(recorder: Recorder, management_url: str) -> None:
    """Wrap botocore.  `management_url` is scheme, host and port of `@connections`; the path (stage) stays."""
    make_api_call = BaseClient._make_api_call  # type: ignore[attr-defined]
    create_client = Session.create_client

    def recorded_call(self: BaseClient, operation_name: str, api_params: dict[str, Any]) -> Any:
        return recorder.run(self, operation_name, api_params, make_api_call)

    def redirected_client(self: Session, service_name: str, *args: Any, **kwargs: Any) -> Any:
        endpoint = kwargs.get("endpoint_url") or ""
        if endpoint:
            kwargs["endpoint_url"] = EXECUTE_API.sub(management_url, endpoint)
        return create_client(self, service_name, *args, **kwargs)

    BaseClient._make_api_call = recorded_call  # type: ignore[attr-defined]
    Session.create_client = redirected_client  # type: ignore[method-assign]
