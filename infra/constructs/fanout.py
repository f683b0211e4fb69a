"""Streams to functions, and the queue lanes of the fan-out with their dead-letter queues."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import Duration, Names, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledged import accept
from infra.permissions import LANES
from infra.settings import TidingsSettings
from tidings.storage import keys

WORK_TIMEOUT = Duration.seconds(60)
VISIBILITY_FACTOR = 6
"""AWS's own advice: a batch that Lambda is throttled on for a while must not become visible in the meantime."""

FAILURES_KEPT_DAYS = 30

LIVE_BATCH = 10
"""Events told at once.  More than 10 need a batching window, and with one, however short, Lambda waits up to 20 s for
more on a queue that is quiet: by then a worker drops what came first."""

Patterns = tuple[dict[str, Any], ...]

POSTS_FILTER: Patterns = ({"eventName": ["INSERT", "MODIFY"]},)
"""A post and its tombstone; what TTL or a purge removes concerns nobody."""

CONVERSATIONS_FILTER: Patterns = (
    {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"path": {"S": ["chunk", "pull"]}}}},
    {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": ["unsend", "group"]}}}},
    {"dynamodb": {"Keys": {"item": {"S": [keys.META]}}}},
    {"dynamodb": {"Keys": {"item": {"S": [keys.TALLY]}}, "NewImage": {"due": {"N": [{"exists": True}]}}}},
)
"""What the sender left to the planner; on every path what has to be swept, and what has to be finished when its writer
died; how large a group is, and that a tally of it is asked for.  An inline message never wakes it."""

MAILBOXES_FILTER: Patterns = ({"eventName": ["INSERT"], "dynamodb": {"NewImage": {"push": {"S": ["1"]}}}},)
"""Only events that may sound a phone: receipts and the like are dropped before they cost an invocation."""


class Lanes(Construct):
    """The SQS lanes.  Small audiences have one of their own, so that they never wait behind a large one."""

    def __init__(self, scope: Construct, construct_id: str, settings: TidingsSettings) -> None:
        super().__init__(scope, construct_id)
        self.queues: dict[str, sqs.Queue] = {}
        self.dead_letters: dict[str, sqs.Queue] = {}
        for lane in LANES:
            self._lane(lane, settings)
        self.live = self._live()

    def _lane(self, lane: str, settings: TidingsSettings) -> None:
        """A lane and its dead-letter queue.

        A message keeps its first enqueue time when it moves, so the dead-letter queue keeps messages longer (14
        days, the most SQS offers) than the lane does (4).  Only this lane may name it as its dead-letter queue.
        That allow policy names the lane and the lane names the queue: the lane has a name of its own, so that
        its ARN can be written down without a circular reference.
        """
        title = f"{lane.capitalize()}Lane"
        name = f"{Names.unique_resource_name(self, max_length=60, separator='-')}-{lane}"
        arn = Stack.of(self).format_arn(service="sqs", resource=name)
        dead = sqs.Queue(
            self,
            f"{lane.capitalize()}DeadLetters",
            redrive_allow_policy=sqs.RedriveAllowPolicy(
                redrive_permission=sqs.RedrivePermission.BY_QUEUE,
                source_queues=[sqs.Queue.from_queue_arn(self, f"{title}Name", arn)],
            ),
            retention_period=Duration.days(14),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.RETAIN if settings.production else RemovalPolicy.DESTROY,
        )
        queue = sqs.Queue(
            self,
            title,
            queue_name=name,
            visibility_timeout=Duration.seconds(WORK_TIMEOUT.to_seconds() * VISIBILITY_FACTOR),
            retention_period=Duration.days(4),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=settings.max_receives),
        )
        accept(dead, "Serverless-SQSRedrivePolicy", "It is the dead-letter queue: nothing comes after it but a person.")
        self.queues[lane] = queue
        self.dead_letters[lane] = dead

    def _live(self) -> sqs.Queue:
        """The lane of live frames that nobody waits for: what is not done within a minute is gone, and failed jobs are
        not tried again.  A worker drops what is older than a few seconds."""
        queue = sqs.Queue(
            self,
            "LiveLane",
            visibility_timeout=WORK_TIMEOUT,
            retention_period=Duration.seconds(60),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        for rule in ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"):
            accept(queue, rule, "Live frames are best effort, and stale after seconds: the next sync repairs them.")
        return queue


class FailureBucket(Construct):
    """Where stream records go that could not be processed.  S3 keeps the payload; SQS and SNS would not."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(FAILURES_KEPT_DAYS))],
            # In every stage: CloudFormation cannot delete a bucket that holds something, and it empties itself.
            removal_policy=RemovalPolicy.RETAIN,
        )
        accept(self, "AwsSolutions-S1", "Only Lambda writes here and only operators read; the trail is CloudTrail's.")


class Sources(Construct):
    """The event source mappings, each with every failure setting written out."""

    def __init__(self, scope: Construct, construct_id: str, settings: TidingsSettings, *, failures: s3.IBucket) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._failures = failures

    def stream(
        self,
        name: str,
        function: lambda_.IFunction,
        table: dynamodb.TableV2,
        only: Patterns,
        *,
        window_s: int = 0,
    ) -> lambda_.CfnEventSourceMapping:
        """Read `table`'s stream from its beginning, what matches one of `only`, gathered for up to `window_s` seconds.

        A failing batch is retried, halved until the poison record stands alone, given up after the attempts or
        the age limit, whichever comes first, and kept in the failure bucket: a shard is never blocked for good.
        """
        return lambda_.CfnEventSourceMapping(
            self,
            name,
            function_name=function.function_name,
            event_source_arn=table.table_stream_arn,
            starting_position="TRIM_HORIZON",
            batch_size=100,
            maximum_batching_window_in_seconds=window_s,
            filter_criteria=_filter(only),
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=self._settings.retry_attempts,
            maximum_record_age_in_seconds=self._settings.max_record_age_s,
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=self._failures.bucket_arn)
            ),
        )

    def live(
        self, name: str, function: lambda_.IFunction, queue: sqs.IQueue, *, concurrency: int
    ) -> lambda_.CfnEventSourceMapping:
        """Work off the lane of live frames: many jobs at once, so that a connection gets one frame for all of them, on
        few workers, so that the gateway's requests are not used up."""
        return self._lane(name, function, queue, concurrency=concurrency, batch=LIVE_BATCH)

    def queue(
        self, name: str, function: lambda_.IFunction, queue: sqs.IQueue, *, concurrency: int
    ) -> lambda_.CfnEventSourceMapping:
        """Work off a lane, one job failing alone, on at most `concurrency` workers: the tables' back-pressure."""
        return self._lane(name, function, queue, concurrency=concurrency, batch=5)

    def _lane(
        self, name: str, function: lambda_.IFunction, queue: sqs.IQueue, *, concurrency: int, batch: int
    ) -> lambda_.CfnEventSourceMapping:
        source = lambda_.CfnEventSourceMapping(
            self,
            name,
            function_name=function.function_name,
            event_source_arn=queue.queue_arn,
            batch_size=batch,
            maximum_batching_window_in_seconds=0,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=concurrency),
        )
        rule = "Serverless-LambdaEventSourceMappingDestination"
        accept(source, rule, "A queue has no on-failure destination: failed jobs go to its dead-letter queue.")
        return source


def _filter(patterns: Patterns) -> lambda_.CfnEventSourceMapping.FilterCriteriaProperty:
    """Filters, of which one has to match, as the JSON texts Lambda wants."""
    texts = [json.dumps(pattern, separators=(",", ":")) for pattern in patterns]
    return lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
        filters=[lambda_.CfnEventSourceMapping.FilterProperty(pattern=text) for text in texts]
    )
