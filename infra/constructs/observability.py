"""Alarms for what needs a person, and one dashboard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as targets
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.settings import TidingsSettings
from tidings.protocol import actions

FIVE = Duration.minutes(5)
LATE_MS = 60_000
"""A stream reader a minute behind: pushes and timelines are late, nothing is lost yet."""


REFUSING = "Authorizer"
"""The function that raises as part of its work: the gateway turns an exception named "Unauthorized" into a 401, and
Lambda counts it as an error.  Strangers and expired tokens are no reason to wake anybody."""

ANSWERING: Final = tuple(name.capitalize() for name in actions.ROUTES)
"""The functions that answer whatever happens: a failure of ours is the error `internal` to the client, a line in the
log, and nothing that Lambda counts."""

UNHANDLED: Final = '{ $.level = "ERROR" }'
"""That line: they write no other of this level."""

FAILURES: Final = {"Raised": '"[ERROR]" -"[ERROR] Unauthorized"', "TimedOut": '"Task timed out"'}
"""What Lambda writes into that function's log when it really fails."""


class Observability(Construct):
    """Alarms go to `alarm_topic` when there is one; they are visible in any case.

    Two dashboards, because one that refers to more than 50 metrics is not among the three that cost nothing.
    """

    def __init__(self, scope: Construct, construct_id: str, settings: TidingsSettings) -> None:
        super().__init__(scope, construct_id)
        self._action = None
        if settings.alarm_topic:
            topic = sns.Topic.from_topic_arn(self, "Topic", settings.alarm_topic)
            self._action = targets.SnsAction(topic)
        self.dashboard = cloudwatch.Dashboard(self, "Dashboard", default_interval=Duration.hours(3))
        self.backlog = cloudwatch.Dashboard(self, "Backlog", default_interval=Duration.hours(3))

    def gateway(self, api_id: str, stage: str) -> None:
        """Connections, frames and errors of the WebSocket API."""

        def metric(name: str, statistic: str = "Sum") -> cloudwatch.Metric:
            dimensions = {"ApiId": api_id, "Stage": stage}
            return cloudwatch.Metric(
                namespace="AWS/ApiGateway",
                metric_name=name,
                dimensions_map=dimensions,
                statistic=statistic,
                period=FIVE,
            )

        self.dashboard.add_widgets(
            _graph("Connections and frames", [metric("ConnectCount"), metric("MessageCount")]),
            _graph("Gateway errors", [metric(f"{kind}Error") for kind in ("Client", "Execution", "Integration")]),
            _graph(
                "Integration latency (ms)", [metric("IntegrationLatency", "p50"), metric("IntegrationLatency", "p99")]
            ),
        )

    def functions(self, functions: dict[str, lambda_.Function], stream_readers: Mapping[str, int]) -> None:
        """Errors and throttles of each function, and how far behind the stream readers are, beyond the window (seconds)
        for which each gathers."""
        for name, function in functions.items():
            errors = self._failures(function) if name == REFUSING else function.metric_errors(period=FIVE)
            self._alarm(f"{name}Errors", errors, 1, f"{name} fails: see its log group.")
            self._alarm(
                f"{name}Throttles",
                function.metric_throttles(period=FIVE),
                1,
                f"{name} is throttled: raise the account's concurrency.",
            )
        unhandled = [self._counted(functions[name], "Unhandled", {f"{name}Unhandled": UNHANDLED}) for name in ANSWERING]
        self._alarm(
            "Unhandled", unhandled[0], 1, "Clients are answered `internal`: see the log groups of these functions."
        )
        ages = {name: _iterator_age(functions[name]) for name in stream_readers}
        for name, age in ages.items():
            late = LATE_MS + stream_readers[name] * 1_000
            self._alarm(f"{name}IteratorAge", age, late, f"{name} is behind its stream.", periods=2)
        every = functions.values()
        self.dashboard.add_widgets(
            _graph("Invocations", [each.metric_invocations(period=FIVE) for each in every]),
            _graph(
                "Errors and throttles",
                [m(period=FIVE) for each in every for m in (each.metric_errors, each.metric_throttles)],
            ),
            _graph("Duration p99 (ms)", [each.metric_duration(period=FIVE, statistic="p99") for each in every]),
        )
        self.dashboard.add_widgets(_graph("Stream readers behind (ms)", list(ages.values())))

    def _failures(self, function: lambda_.Function) -> cloudwatch.Metric:
        """How often the authorizer failed, counted in its log."""
        patterns = {f"{REFUSING}{kind}": pattern for kind, pattern in FAILURES.items()}
        return self._counted(function, "AuthorizerFailures", patterns)

    def _counted(self, function: lambda_.Function, title: str, patterns: Mapping[str, str]) -> cloudwatch.Metric:
        """How often a function wrote what matches one of the patterns (by construct id).  The metric's name is this
        deployment's own: one made from text has no dimensions, and an account may hold several stages."""
        name = f"{title}-{self.node.addr[-8:]}"
        for construct_id, pattern in patterns.items():
            logs.MetricFilter(
                self,
                construct_id,
                log_group=function.log_group,
                filter_pattern=logs.FilterPattern.literal(pattern),
                metric_namespace="Tidings",
                metric_name=name,
                metric_value="1",
            )
        return cloudwatch.Metric(namespace="Tidings", metric_name=name, statistic="Sum", period=FIVE)

    def failures(self, bucket: s3.IBucket) -> None:
        """Stream records that were given up: their function reports them one by one, so it counts no error.

        S3 counts objects once a day and for nothing.  The bucket keeps them for a month, so a day is soon enough.
        """
        kept = cloudwatch.Metric(
            namespace="AWS/S3",
            metric_name="NumberOfObjects",
            dimensions_map={"BucketName": bucket.bucket_name, "StorageType": "AllStorageTypes"},
            statistic="Maximum",
            period=Duration.days(1),
        )
        self._alarm("FailedBatches", kept, 1, "Stream records were given up: look, repair, then tidings ops redrive.")

    def lanes(self, queues: dict[str, sqs.Queue], dead_letters: dict[str, sqs.Queue]) -> None:
        """Anything in a dead-letter queue wants a look and a `tidings ops redrive`."""
        for lane, queue in dead_letters.items():
            depth = queue.metric_approximate_number_of_messages_visible(period=FIVE, statistic="Maximum")
            self._alarm(
                f"{lane.capitalize()}DeadLetters", depth, 1, "Jobs gave up: look, repair, then tidings ops redrive."
            )
        self.backlog.add_widgets(
            _graph(
                "Jobs waiting", [q.metric_approximate_number_of_messages_visible(period=FIVE) for q in queues.values()]
            ),
            _graph(
                "Oldest job (s)", [q.metric_approximate_age_of_oldest_message(period=FIVE) for q in queues.values()]
            ),
            _graph(
                "Dead letters",
                [q.metric_approximate_number_of_messages_visible(period=FIVE) for q in dead_letters.values()],
            ),
        )

    def application(self, tables: Iterable[dynamodb.TableV2]) -> None:
        """What the application itself counts (whatever it comes to count), and the tables' throttling."""
        search = cloudwatch.MathExpression(
            expression="SEARCH('Namespace=\"Tidings\"', 'Sum', 300)", label="", using_metrics={}, period=FIVE
        )
        throttled = [table.metric("WriteThrottleEvents", period=FIVE, statistic="Sum") for table in tables]
        self.backlog.add_widgets(_graph("Application", [search]), _graph("Write throttles", throttled))

    def _alarm(
        self, name: str, metric: cloudwatch.IMetric, threshold: float, description: str, *, periods: int = 1
    ) -> None:
        """Silence is fine: a system that scales to zero reports nothing."""
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=description,
        )
        if self._action is not None:
            alarm.add_alarm_action(self._action)


def _iterator_age(function: lambda_.Function) -> cloudwatch.Metric:
    """Age of the last record read, in milliseconds."""
    return function.metric("IteratorAge", period=FIVE, statistic="Maximum")


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)
