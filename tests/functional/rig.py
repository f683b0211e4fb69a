"""What the handler tests of every function share: Lambda's environment, and the log as it would be printed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from moto.sqs.exceptions import SQSException
from moto.sqs.responses import SQSResponse

from tidings.bootstrap import telemetry
from tidings.storage import keys


def lambda_environment(monkeypatch: pytest.MonkeyPatch, service: str, region: str) -> None:
    """What Lambda and the template tell every function, tables included."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", service)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Tidings")
    for table in keys.TABLES:
        monkeypatch.setenv(table.variable, table.name)


@contextmanager
def printed(service: str) -> Iterator[StringIO]:
    """What the functions log while this is open."""
    telemetry.logger().info("ready")
    [handler] = logging.getLogger(service).handlers
    assert isinstance(handler, logging.StreamHandler)
    text = StringIO()
    usual = handler.setStream(text)
    yield text
    handler.setStream(usual)


class _Unsupported(SQSException):
    code = "AWS.SimpleQueueService.UnsupportedOperation"

    def __init__(self) -> None:
        super().__init__("There are no move tasks here.")


def without_move_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto refuse `StartMessageMoveTask` as a service would: by itself it raises `NotImplementedError`."""

    def refuse(_: SQSResponse) -> None:
        raise _Unsupported

    monkeypatch.setattr(SQSResponse, "start_message_move_task", refuse, raising=False)
