"""boto3 clients with the timeouts that the fence counts on, the system clock, and Powertools' logger and metrics.

One AWS call takes at most `C` = 8 s, attempts included (`tidings.domain.stamp`): two attempts of 1 s to connect and
2.5 s to read, and at most 1 s of back-off between them.
"""

from __future__ import annotations

import os
import time
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from tidings.settings import Settings, read_settings

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

CONFIG = Config(
    connect_timeout=1.0,
    read_timeout=2.5,
    retries={"total_max_attempts": 2, "mode": "standard"},
    parameter_validation=False,
    max_pool_connections=32,
)


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """Epoch milliseconds."""
        return int(time.time() * 1_000)

    def sleep(self, ms: int) -> None:
        """Wait."""
        time.sleep(ms / 1_000)


@cache
def settings() -> Settings:
    """The environment, read once."""
    return read_settings(os.environ)


@cache
def dynamodb() -> DynamoDBClient:
    """The DynamoDB client."""
    return boto3.client("dynamodb", config=CONFIG)


@cache
def management() -> ApiGatewayManagementApiClient:
    """The client that posts to sockets of the deployed stage."""
    return boto3.client("apigatewaymanagementapi", endpoint_url=settings().callback_url, config=CONFIG)


@cache
def sns() -> SNSClient:
    """The SNS client."""
    return boto3.client("sns", config=CONFIG)


@cache
def sqs() -> SQSClient:
    """The SQS client."""
    return boto3.client("sqs", config=CONFIG)
