"""The host's own access to ministack: as the account's root, which its `AUTH=true` lets pass unsigned-checked.

`clients` is boto3, for the deploy; `Wire` is a few lines of HTTP for the pumps, which poll and must be cheap.
"""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import boto3
from botocore.config import Config

REGION = "us-east-1"
ACCOUNT = "000000000000"
KEY = "test"
SECRET = "test"  # noqa: S105 - ministack's root; it opens nothing else


def client(service: str, endpoint: str, region: str = REGION) -> Any:
    """A boto3 client of `service` at ministack, with root's credentials."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(retries={"total_max_attempts": 2, "mode": "standard"}, s3={"addressing_style": "path"}),
    )


class WireError(Exception):
    """An AWS error answer. `code` is the error's short name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


_TARGETS = {"sqs": "AmazonSQS", "dynamodb": "DynamoDBStreams_20120810"}


class Wire:
    """Calls to ministack's JSON services without boto3: about a tenth of its CPU."""

    def __init__(self, endpoint: str, region: str = REGION) -> None:
        self._endpoint = endpoint
        self._region = region
        self._http: aiohttp.ClientSession | None = None

    async def call(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """One call; `service` is `sqs` or `dynamodb` (its streams). Raises `WireError` or `aiohttp.ClientError`."""
        if self._http is None:
            self._http = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=30), connector=aiohttp.TCPConnector(limit=0)
            )
        scope = f"{KEY}/20260101/{self._region}/{service}/aws4_request"
        headers = {
            "X-Amz-Target": f"{_TARGETS[service]}.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        }
        async with self._http.post(self._endpoint, data=json.dumps(params), headers=headers) as answer:
            body = json.loads(await answer.read() or b"{}")
            if answer.status >= 300:
                raise WireError(str(body.get("__type", "Unknown")).split("#")[-1], str(body.get("message", "")))
            return body  # type: ignore[no-any-return]

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()
            self._http = None
