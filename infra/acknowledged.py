"""How an accepted cdk-nag finding is recorded: on the construct it is about, with a reason.

A wildcard in a resource is accepted only for the actions listed here.  One that is not listed stops the synth,
so nobody adds a wildcard without saying why.  (A wildcard in an action is never accepted: a test sees to it.)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

ENDPOINTS: Final = "The endpoints of this deployment's own platform application: each phone has one, made at run time."

WILDCARD_REASONS: Final[dict[str, str]] = {
    "execute-api:ManageConnections": "Posting, on this API's stage only: connection ids are made at run time.",
    "dynamodb:ListStreams": "AWS checks listing against all streams of the table, not one of them; it reads no data.",
    "s3:PutObject": "Lambda names the objects itself; the bucket is for nothing else.",
    "s3:GetObject": "Lambda names the objects itself; an operator puts back whatever failed.",
    "cloudformation:DescribeStacks": "This stack, asked for by its name: the rest of its ARN is a number.",
    "sns:GetEndpointAttributes": ENDPOINTS,
    "sns:Publish": ENDPOINTS,
    "sns:CreatePlatformApplication": "What making one is checked against is not documented; deploy-time function only.",
}


def accept(scope: Construct, rule: str, reason: str) -> None:
    """Accept `rule` on `scope` and what is inside it."""
    cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id=rule, reason=reason))


def accept_wildcards(role: Construct, statements: Iterable[iam.PolicyStatement]) -> None:
    """Accept each wildcard resource of the role's (or policy's) statements for the reason listed above.

    Raises `KeyError` for an action that has no reason to be granted on a wildcard.
    """
    for statement in statements:
        for resource in statement.resources:
            text = flatten(cdk.Stack.of(role).resolve(resource))
            if "*" in text:
                accept(role, f"AwsSolutions-IAM5[Resource::{text}]", WILDCARD_REASONS[statement.actions[0]])


def flatten(value: Any) -> str:
    """A resolved ARN as cdk-nag writes it: `<LogicalId>` for a reference, `<LogicalId.Attribute>` for an attribute."""
    if isinstance(value, str):
        return value
    if "Ref" in value:
        return f"<{value['Ref']}>"
    if "Fn::GetAtt" in value:
        return f"<{'.'.join(value['Fn::GetAtt'])}>"
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(flatten(part) for part in parts)
    raise TypeError(f"no ARN that can be written down: {value}")
