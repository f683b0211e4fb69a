"""AWS clients with the timeouts that the fence counts on.

One AWS call takes at most `C` = 8 s, attempts included (`tidings.domain.stamp`): two attempts of 1 s to connect and
2.5 s to read, and at most 1 s of back-off between them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

from botocore import __version__ as botocore_version
from botocore.config import Config

from tidings.bootstrap.sdk import session
from tidings.bootstrap.world import SystemClock, settings

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

__all__ = ["CONFIG", "SystemClock", "dynamodb", "management", "settings", "sns", "sqs"]

CONFIG = Config(
    connect_timeout=1.0,
    read_timeout=2.5,
    retries={"total_max_attempts": 2, "mode": "standard"},
    parameter_validation=False,
    max_pool_connections=32,
    # Given, it is a constant; left out, botocore puts it together twice a call, a tenth of the call's CPU.
    user_agent=f"tidings botocore/{botocore_version}",
)


@cache
def dynamodb() -> DynamoDBClient:
    """The DynamoDB client."""
    return cast("DynamoDBClient", session().create_client("dynamodb", config=CONFIG))


@cache
def management() -> ApiGatewayManagementApiClient:
    """The client that posts to sockets of the deployed stage."""
    return cast(
        "ApiGatewayManagementApiClient",
        session().create_client("apigatewaymanagementapi", endpoint_url=settings().callback_url, config=CONFIG),
    )


@cache
def sns() -> SNSClient:
    """The SNS client."""
    return cast("SNSClient", session().create_client("sns", config=CONFIG))


@cache
def sqs() -> SQSClient:
    """The SQS client."""
    return cast("SQSClient", session().create_client("sqs", config=CONFIG))
