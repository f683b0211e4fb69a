"""What a person on duty may do: put back what failed, and nothing else."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.acknowledged import accept_wildcards
from infra.constructs.fanout import Lanes
from infra.permissions import (
    OPERATOR_ON_DEAD_LETTERS,
    OPERATOR_ON_FAILURES,
    OPERATOR_ON_LANES,
    OPERATOR_ON_STACK,
)
from infra.statements import FAILURES_PREFIX


def operator_policy(scope: Construct, lanes: Lanes, failures: s3.IBucket) -> iam.ManagedPolicy:
    """A managed policy to attach to an operator's role: everything `tidings ops redrive` calls."""
    dead = [queue.queue_arn for queue in lanes.dead_letters.values()]
    back = [queue.queue_arn for queue in lanes.queues.values()]
    batches = failures.arn_for_objects(FAILURES_PREFIX)
    stack = Stack.of(scope)
    outputs = stack.format_arn(service="cloudformation", resource="stack", resource_name=f"{stack.stack_name}/*")
    statements = [
        iam.PolicyStatement(actions=[f"sqs:{each}" for each in OPERATOR_ON_DEAD_LETTERS], resources=dead),
        iam.PolicyStatement(actions=[f"sqs:{each}" for each in OPERATOR_ON_LANES], resources=back),
        iam.PolicyStatement(actions=["s3:ListBucket"], resources=[failures.bucket_arn]),
        iam.PolicyStatement(actions=[f"s3:{each}" for each in OPERATOR_ON_FAILURES], resources=[batches]),
        iam.PolicyStatement(actions=[f"cloudformation:{each}" for each in OPERATOR_ON_STACK], resources=[outputs]),
    ]
    policy = iam.ManagedPolicy(
        scope,
        "Operators",
        description="Put failed jobs and stream records back on the lanes (tidings ops redrive).",
        statements=statements,
    )
    accept_wildcards(policy, statements)
    return policy
