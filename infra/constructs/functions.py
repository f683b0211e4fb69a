"""The functions: what each runs, how big it is and why, its environment and its role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.acknowledged import accept, accept_wildcards
from infra.constructs import bundling
from infra.constructs.fanout import WORK_TIMEOUT
from infra.settings import SettingsError, TidingsSettings

GATEWAY_TIMEOUT = Duration.seconds(28)
"""Just under the gateway's 29 s, so that it is the function that gives up, and says so in its log."""

STREAM_TIMEOUT = Duration.seconds(60)
"""A batch of 100 records at a table that throttles; the fence keeps late writes out, not this."""


LOG_DAYS: Final = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}


class Shape(NamedTuple):
    """Entry point and size.  Memory buys CPU in proportion: one whole core at 1,769 MB."""

    handler: str
    memory_mb: int
    timeout: Duration


SHAPES: Final[dict[str, Shape]] = {
    # Two thirds of a core: its work is imports and one RSA check, in front of which a person waits.
    "Authorizer": Shape("functions.connect.authorizer.handler", 512, Duration.seconds(10)),
    # A few writes a connection; not worth more.
    "Connect": Shape("functions.connect.handler.handler", 512, GATEWAY_TIMEOUT),
    # The hot path: TLS and JSON for several calls at once, so more than half a core; more does not shorten the waits.
    "Send": Shape("functions.send.handler.handler", 1024, GATEWAY_TIMEOUT),
    # The k-way merge of a home page reads several partitions at once, like Send.
    "Timeline": Shape("functions.timeline.handler.handler", 1024, GATEWAY_TIMEOUT),
    # Reads followers and queues jobs: waiting, not computing.
    "Plan": Shape("functions.fanout.plan.handler", 512, STREAM_TIMEOUT),
    # Signs and sends batch after batch; a chunk takes a second, the rest is back-off when the table throttles.
    "Work": Shape("functions.fanout.work.handler", 1024, WORK_TIMEOUT),
    # One batch of mailbox events, a publish each.
    "Push": Shape("functions.push.handler.handler", 512, STREAM_TIMEOUT),
}


class Functions(Construct):
    """`all`: the functions by name; each has a log group and a role of its own."""

    def __init__(
        self, scope: Construct, construct_id: str, settings: TidingsSettings, *, layers: bundling.Layers
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._layers = layers
        self._code = bundling.functions_code()
        self.all: dict[str, lambda_.Function] = {}
        self._accept()

    def add(
        self,
        name: str,
        shape: Shape,
        environment: Mapping[str, str],
        statements: list[iam.PolicyStatement],
        *,
        loops: bool = False,
    ) -> lambda_.Function:
        """A function that may do `statements` and nothing else, with `environment` beside what all are told.

        `loops`: a job that goes on with a cursor puts its successor on its own queue.  Lambda takes that for a
        runaway loop and stops it after 16 rounds; ours end by themselves, with a dead-letter queue behind them.
        """
        log_group = self._log_group(name)
        function = lambda_.Function(
            self,
            name,
            code=self._code,
            handler=shape.handler,
            runtime=bundling.RUNTIME,
            architecture=bundling.ARCHITECTURE,
            memory_size=shape.memory_mb,
            timeout=shape.timeout,
            layers=[*self._layers.all],
            role=self._role(name, log_group, statements),
            log_group=log_group,
            environment={**self._common(name), **environment},
            # A trace a frame costs money and needs no import: worth it where somebody depends on the service.
            tracing=lambda_.Tracing.ACTIVE if self._settings.production else lambda_.Tracing.DISABLED,
            recursive_loop=lambda_.RecursiveLoop.ALLOW if loops else None,
        )
        self.all[name] = function
        return function

    def _common(self, name: str) -> dict[str, str]:
        """What every function is told."""
        return {
            "POWERTOOLS_SERVICE_NAME": f"tidings-{name.lower()}",
            "POWERTOOLS_METRICS_NAMESPACE": "Tidings",
            "LOG_LEVEL": self._settings.log_level,
            "TIDINGS_STAGE": self._settings.stage,
        }

    def _log_group(self, name: str) -> logs.LogGroup:
        """Logs hold no message bodies and no tokens; they go when their time or the stack is over."""
        return logs.LogGroup(
            self, f"{name}Log", retention=retention(self._settings), removal_policy=RemovalPolicy.DESTROY
        )

    def _role(self, name: str, log_group: logs.LogGroup, statements: list[iam.PolicyStatement]) -> iam.Role:
        """A role with one inline policy: it is complete before the function exists."""
        write_logs = iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]
        )
        role = iam.Role(
            self,
            f"{name}Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"access": iam.PolicyDocument(statements=[write_logs, *statements])},
        )
        accept_wildcards(role, statements)
        if self._settings.production:
            accept(role, "AwsSolutions-IAM5[Resource::*]", "X-Ray's two write actions know no resources.")
        return role

    def _accept(self) -> None:
        """What holds for every function."""
        version = "Wheels, bytecode and tests are of this version, which AWS supports until 2029; moving is one line."
        accept(self, "AwsSolutions-L1", version)
        accept(self, "Serverless-LambdaLatestVersion", version)
        called = "A gateway, a stream or a queue waits, and deals with the failure; a dead phone is found out again."
        accept(self, "Serverless-LambdaDLQ", called)
        if not self._settings.production:
            accept(self, "Serverless-LambdaTracing", "Traces cost money a frame; dev reads logs and metrics.")


def retention(settings: TidingsSettings) -> logs.RetentionDays:
    """How long logs are kept: as told, else a week in dev and three months elsewhere."""
    days = settings.log_days or (90 if settings.production else 7)
    try:
        return LOG_DAYS[days]
    except KeyError:
        raise SettingsError(f"log_days must be one of {', '.join(map(str, LOG_DAYS))}, not {days}.") from None
