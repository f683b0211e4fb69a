"""What a person on duty may do: put dead letters back, and nothing else."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.fanout import Lanes
from infra.permissions import OPERATOR_ON_DEAD_LETTERS, OPERATOR_ON_LANES


def operator_policy(scope: Construct, lanes: Lanes) -> iam.ManagedPolicy:
    """A managed policy to attach to an operator's role: everything `tidings ops redrive` calls."""
    dead = [queue.queue_arn for queue in lanes.dead_letters.values()]
    back = [queue.queue_arn for queue in lanes.queues.values()]
    return iam.ManagedPolicy(
        scope,
        "Operators",
        description="Put jobs from the dead-letter queues back on their lanes (tidings ops redrive).",
        statements=[
            iam.PolicyStatement(actions=[f"sqs:{each}" for each in OPERATOR_ON_DEAD_LETTERS], resources=dead),
            iam.PolicyStatement(actions=[f"sqs:{each}" for each in OPERATOR_ON_LANES], resources=back),
        ],
    )
