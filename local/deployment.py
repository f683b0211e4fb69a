"""What was deployed, as plain data: the development host knows nothing else about the application.

Filled from the deployed template and its resources; read by the gateway, the worker pools, the pumps and the meter.
Units are in the names: `_s` seconds, `_mb` MiB. `None` means "the template does not say", i.e. AWS's default holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One Lambda function. `environment` is exactly what the template gives, nothing of this machine's."""

    logical_id: str
    name: str
    handler: str
    environment: Mapping[str, str]
    role_arn: str
    timeout_s: float = 3.0
    memory_mb: int = 128
    max_concurrency: int = 4
    arn: str = ""


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """One route of the WebSocket API; `function` is a logical id. Rate is messages/s, burst a bucket size."""

    key: str
    function: str
    route_response: bool = False
    throttle_rate: float | None = None
    throttle_burst: int | None = None


@dataclass(frozen=True, slots=True)
class AuthorizerSpec:
    """The REQUEST authorizer of $connect. `identity_sources` as in `route.request.header.Authorization`."""

    function: str
    identity_sources: Sequence[str]
    name: str = "authorizer"


@dataclass(frozen=True, slots=True)
class EventSourceSpec:
    """One event source mapping, with AWS's defaults where the template is silent. -1 means unlimited, as for AWS.

    `source` is the stream's or queue's ARN, `source_name` the table's or queue's name; `filters` are the parsed
    patterns (OR'd, empty = everything); `on_failure` is the destination's ARN (an S3 bucket or a queue), if any.
    """

    logical_id: str
    function: str
    kind: Literal["stream", "queue"]
    source: str
    source_name: str
    batch_size: int = 100
    window_s: float = 0.0
    filters: Sequence[Mapping[str, Any]] = ()
    retry_attempts: int = -1
    max_record_age_s: int = -1
    bisect: bool = False
    on_failure: str | None = None
    report_batch_item_failures: bool = False
    parallelization: int = 1
    max_concurrency: int | None = None
    starting_position: Literal["TRIM_HORIZON", "LATEST"] = "TRIM_HORIZON"


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One DynamoDB table: physical name, key attributes, TTL attribute and stream, if it has them."""

    logical_id: str
    name: str
    partition_key: str
    sort_key: str | None = None
    ttl_attribute: str | None = None
    stream_arn: str | None = None


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """One SQS queue. `redrive_to` is the ARN of its DLQ, after `max_receives` receives."""

    logical_id: str
    name: str
    url: str
    arn: str
    visibility_s: int = 30
    redrive_to: str | None = None
    max_receives: int | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """Everything the host needs. Functions, tables and queues by logical id, routes by route key."""

    region: str
    account: str
    api_id: str
    stage: str
    aws_endpoint: str
    functions: Mapping[str, FunctionSpec]
    routes: Mapping[str, RouteSpec]
    authorizer: AuthorizerSpec | None
    event_sources: Sequence[EventSourceSpec] = ()
    tables: Mapping[str, TableSpec] = field(default_factory=dict)
    queues: Mapping[str, QueueSpec] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    route_selection: str = "$request.body.action"
    default_throttle_rate: float | None = None
    default_throttle_burst: int | None = None

    @property
    def callback_host(self) -> str:
        """The host name by which a deployed function would reach @connections."""
        return f"{self.api_id}.execute-api.{self.region}.amazonaws.com"
