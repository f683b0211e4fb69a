"""AWS in this process, the environment of the functions, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from tests.contract.engines import make_tables
from tests.fakes import FakeClock
from tests.functional.rig import lambda_environment, printed
from tidings.bootstrap import clients, connect, push, sdk, telemetry, world

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient

REGION = "eu-central-1"
SERVICE = "tidings-test"


@dataclass
class Aws:
    """Clients, the platform application's ARN, and the clock that the functions see."""

    dynamodb: DynamoDBClient
    sns: SNSClient
    application: str
    clock: FakeClock


def forget() -> None:
    """What the functions keep for the life of a process."""
    kept = (
        *(world.settings, telemetry.logger, sdk.session),
        *(clients.dynamodb, clients.sns, clients.management),
        *(connect.build, push.build),
    )
    for cached in kept:
        cached.cache_clear()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """A deployed system with FCM set up and APNs not."""
    lambda_environment(monkeypatch, SERVICE, REGION)
    clock = FakeClock()
    monkeypatch.setattr(connect, "SystemClock", lambda: clock)
    monkeypatch.setattr(push, "SystemClock", lambda: clock)
    with mock_aws():
        forget()
        dynamodb, sns = boto3.client("dynamodb", region_name=REGION), boto3.client("sns", region_name=REGION)
        make_tables(dynamodb)
        application = sns.create_platform_application(Name="tidings", Platform="GCM", Attributes={})
        monkeypatch.setenv("TIDINGS_PLATFORM_FCM", application["PlatformApplicationArn"])
        monkeypatch.setenv("TIDINGS_MAX_DEVICES", "3")
        monkeypatch.setenv("TIDINGS_CALLBACK_URL", f"https://a1b2c3d4e5.execute-api.{REGION}.amazonaws.com/dev")
        yield Aws(dynamodb, sns, application["PlatformApplicationArn"], clock)
        forget()


@pytest.fixture
def log(aws: Aws) -> Iterator[StringIO]:
    """What the functions log, as it would be printed."""
    with printed(SERVICE) as text:
        yield text
