"""The permission table as IAM statements: each on exactly the resources that it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from aws_cdk import Fn
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from infra.permissions import QUEUE_CONSUME, STREAM_LIST, STREAM_READ, Access
from tidings.storage.keys import Table

FAILURES_PREFIX = "aws/lambda/*"
"""The keys under which Lambda keeps the batches that it gave up on, and operators find them."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What the names in the table stand for."""

    tables: dict[Table, dynamodb.TableV2]
    queues: dict[str, sqs.Queue]
    failures: s3.Bucket
    applications: list[str]
    endpoints: list[str]
    may_manage: Callable[[Sequence[str]], iam.PolicyStatement]


def statements(access: Access, on: Resources) -> list[iam.PolicyStatement]:
    """Everything one function may do, but for writing its own log."""
    found = [
        _allow("dynamodb", actions, [on.tables[table].table_arn]) for table, actions in access.tables.items() if actions
    ]
    for table in access.streams:
        found += _stream(on.tables[table])
    if access.streams:
        found += _failures(on.failures)
    if access.sends:
        found.append(_allow("sqs", ("SendMessage",), [on.queues[lane].queue_arn for lane in access.sends]))
    if access.consumes:
        found.append(_allow("sqs", QUEUE_CONSUME, [on.queues[lane].queue_arn for lane in access.consumes]))
    if access.applications and on.applications:
        found.append(_allow("sns", access.applications, on.applications))
    if access.endpoints and on.endpoints:
        # AWS documents no resource for these.  Where it refuses, it names the application of the endpoint asked for.
        found.append(_allow("sns", access.endpoints, [*on.applications, *on.endpoints]))
    if access.sockets:
        found.append(on.may_manage(access.sockets))
    return found


def _stream(table: dynamodb.TableV2) -> list[iam.PolicyStatement]:
    """Lambda polls with the function's role.  Listing is checked against the table's streams, not one of them."""
    stream = table.table_stream_arn
    assert stream is not None, "the permission table names a stream that the schema does not have"
    return [
        _allow("dynamodb", STREAM_READ, [stream]),
        _allow("dynamodb", STREAM_LIST, [Fn.join("", [table.table_arn, "/stream/*"])]),
    ]


def _failures(bucket: s3.Bucket) -> list[iam.PolicyStatement]:
    """Lambda writes what it gave up on with the function's role, and asks for ListBucket besides.

    It looks whether it may when the mapping is made, and does not say with which key: so in the whole bucket, which
    holds nothing else.
    """
    return [
        _allow("s3", ("PutObject",), [bucket.arn_for_objects("*")]),
        _allow("s3", ("ListBucket",), [bucket.bucket_arn]),
    ]


def _allow(service: str, actions: Iterable[str], resources: list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=[f"{service}:{action}" for action in actions], resources=resources)
