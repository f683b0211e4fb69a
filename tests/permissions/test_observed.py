"""What each role may do beside what its function was seen doing in the whole run: nothing missing, nothing unused.

Runs last in `make test`: each development host appends every kind of AWS call to a file of its own in the directory
that TIDINGS_OBSERVED names.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from infra.settings import TidingsSettings
from tests.infra.templates import HANDLERS, Deployment, in_process, listed
from tidings.storage import keys

Right = tuple[str, str]
"""(IAM action, table, lane or method of `@connections`; empty where there is no end of them)."""

LAMBDA_ITSELF = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
    "s3:PutObject",
    "s3:ListBucket",
}
"""What Lambda does with the function's role (logs, traces, polling, failed batches): no call of the function's."""

AUTHORIZED_AS = {
    "apigatewaymanagementapi:PostToConnection": "execute-api:ManageConnections",
    "apigatewaymanagementapi:GetConnection": "execute-api:ManageConnections",
    "apigatewaymanagementapi:DeleteConnection": "execute-api:ManageConnections",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}

METHODS = {"PostToConnection": "POST", "GetConnection": "GET", "DeleteConnection": "DELETE"}
"""A right on sockets is one of these methods."""


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The template with push set up, as the development host deploys it."""
    settings = TidingsSettings(fcm_secret="tidings/fcm", apns_secret="tidings/apns")
    return in_process(settings, tmp_path_factory.mktemp("observed"))


@pytest.fixture(scope="session")
def seen() -> dict[str, dict[Right, bool]]:
    """By function, the rights it used, and whether one was refused."""
    directory = os.environ.get("TIDINGS_OBSERVED")
    files = sorted(Path(directory).glob("*.jsonl")) if directory else []
    if not files:
        pytest.fail("This test reads what the other tests did: run `make test`.")
    rights: dict[str, dict[Right, bool]] = {name: {} for name in HANDLERS}
    for call in map(json.loads, (line for file in files for line in file.read_text().splitlines())):
        action = f"{call['service']}:{call['operation']}"
        named = call["resource"] if call["service"] in ("dynamodb", "sqs") else METHODS.get(call["operation"], "")
        right = AUTHORIZED_AS.get(action, action), named
        of_function = rights[call["function"]]
        of_function[right] = of_function.get(right, False) or call["denied"]
    return rights


def granted(template: Deployment, name: str) -> set[Right]:
    """The rights of a function's role, without those that Lambda uses itself."""
    tables = {template.table(table.name): table.name for table in keys.TABLES}
    lanes = {
        logical: kind
        for logical in template.of("AWS::SQS::Queue")
        for kind in ("Small", "Large", "Live")
        if kind in logical
    }
    return {
        (action, _named(resource, tables, lanes))
        for statement in template.statements(name)
        for action in set(listed(statement["Action"])) - LAMBDA_ITSELF
        for resource in listed(statement["Resource"])
    }


def _named(resource: Any, tables: dict[str, str], lanes: dict[str, str]) -> str:
    end = str(resource["Fn::Join"][1][-1]) if isinstance(resource, dict) and "Fn::Join" in resource else ""
    if end.endswith("/@connections/*"):
        return end.split("/")[-3]
    logical = resource["Fn::GetAtt"][0] if isinstance(resource, dict) and "Fn::GetAtt" in resource else ""
    return tables.get(logical) or (f"{lanes[logical]}Lane" if logical in lanes else "")


@pytest.mark.parametrize("name", HANDLERS)
def test_nothing_is_missing(name: str, template: Deployment, seen: dict[str, dict[Right, bool]]) -> None:
    assert {right for right, denied in seen[name].items() if denied} == set()
    assert seen[name].keys() - granted(template, name) == set()


@pytest.mark.parametrize("name", HANDLERS)
def test_nothing_is_unused(name: str, template: Deployment, seen: dict[str, dict[Right, bool]]) -> None:
    assert granted(template, name) - seen[name].keys() == set()
