"""Least privilege, read off the template and not off the table it is made from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infra.conftest import APPLICATION
from tests.infra.templates import HANDLERS, Deployment, listed, role_statements
from tidings.storage import keys

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
STREAM = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}
ENDPOINTS = {"sns:GetEndpointAttributes", "sns:SetEndpointAttributes", "sns:DeleteEndpoint"}


def all_statements(deployment: Deployment) -> list[dict[str, Any]]:
    found = [each for role in deployment.of("AWS::IAM::Role") for each in role_statements(deployment, role)]
    for policy in deployment.of("AWS::IAM::ManagedPolicy").values():
        found += policy["PolicyDocument"]["Statement"]
    return found


def actions(deployment: Deployment, name: str) -> set[str]:
    return {action for each in deployment.statements(name) for action in listed(each["Action"])}


def resources_of(deployment: Deployment, name: str, action: str) -> list[Any]:
    return [
        resource
        for each in deployment.statements(name)
        if action in listed(each["Action"])
        for resource in listed(each["Resource"])
    ]


def table_of(deployment: Deployment, resource: Any) -> str:
    """The design's name of the table whose exact ARN this is."""
    logical, attribute = resource["Fn::GetAtt"]
    assert attribute == "Arn"
    (name,) = [table.name for table in keys.TABLES if deployment.table(table.name) == logical]
    return name


def test_no_wildcard_action_and_no_scan_anywhere(any_stage: Deployment) -> None:
    every = all_statements(any_stage)
    assert len(every) > 20
    for statement in every:
        assert statement["Effect"] == "Allow"
        for action in listed(statement["Action"]):
            assert "*" not in action
            assert not action.endswith((":Scan", ":PartiQLSelect", ":DeleteTable"))
            assert action.count(":") == 1


def test_wildcard_resources_are_the_few_that_cannot_be_named(any_stage: Deployment) -> None:
    allowed = (
        {"execute-api:ManageConnections", "dynamodb:ListStreams", "s3:PutObject", "sns:CreatePlatformApplication"}
        | TRACES
        | ENDPOINTS
        | {"sns:Publish", "s3:GetObject", "s3:DeleteObject", "cloudformation:DescribeStacks"}
    )
    for statement in all_statements(any_stage):
        if any("*" in json.dumps(resource) for resource in listed(statement["Resource"])):
            assert set(listed(statement["Action"])) <= allowed


@pytest.mark.parametrize("name", HANDLERS)
def test_every_function_has_a_role_of_its_own_without_managed_policies(any_stage: Deployment, name: str) -> None:
    role = any_stage.function(name)[1]["Role"]["Fn::GetAtt"][0]
    users = [each for each in any_stage.of("AWS::Lambda::Function").values() if each["Role"]["Fn::GetAtt"][0] == role]
    assert len(users) == 1
    made = any_stage.of("AWS::IAM::Role")[role]
    assert "ManagedPolicyArns" not in made
    (trust,) = made["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize("name", HANDLERS)
def test_a_function_knows_exactly_the_tables_it_may_use(any_stage: Deployment, name: str) -> None:
    used = set()
    for statement in any_stage.statements(name):
        kinds = {action for action in listed(statement["Action"]) if action.startswith("dynamodb:")}
        if kinds - STREAM:
            used |= {table_of(any_stage, resource) for resource in listed(statement["Resource"])}
    told = {variable for variable in any_stage.variables(name) if variable.startswith("TIDINGS_TABLE_")}
    assert told == {f"TIDINGS_TABLE_{table.upper()}" for table in used}


def test_the_authorizer_may_only_log(dev: Deployment, prod: Deployment) -> None:
    assert actions(dev, "Authorizer") == LOGS
    assert actions(prod, "Authorizer") == LOGS | TRACES


SOCKETS = {"Send": {"POST"}, "Work": {"POST"}, "Connect": {"POST", "GET", "DELETE"}}
"""Who reaches sockets, and how: posting, asking (GET), ending."""


def test_sockets_are_reached_by_those_who_need_to_and_only_on_this_stage(any_stage: Deployment) -> None:
    reaching = {name for name in HANDLERS if "execute-api:ManageConnections" in actions(any_stage, name)}
    assert reaching == SOCKETS.keys()
    (stage,) = any_stage.of("AWS::ApiGatewayV2::Stage").values()
    (api,) = any_stage.of("AWS::ApiGatewayV2::Api")
    for name, methods in SOCKETS.items():
        resources = resources_of(any_stage, name, "execute-api:ManageConnections")
        ends = {f"/{stage['StageName']}/{method}/@connections/*" for method in methods}
        assert {each["Fn::Join"][1][-1] for each in resources} == ends
        assert all({"Ref": api} in each["Fn::Join"][1] for each in resources)


@pytest.mark.parametrize("name", HANDLERS)
def test_streams_are_read_where_a_mapping_reads_them(any_stage: Deployment, name: str) -> None:
    logical, _ = any_stage.function(name)
    mapped = {
        each["EventSourceArn"]["Fn::GetAtt"][0]
        for each in any_stage.of("AWS::Lambda::EventSourceMapping").values()
        if each["FunctionName"] == {"Ref": logical} and each["EventSourceArn"]["Fn::GetAtt"][1] == "StreamArn"
    }
    readable = {resource["Fn::GetAtt"][0] for resource in resources_of(any_stage, name, "dynamodb:GetRecords")}
    assert readable == mapped
    assert bool(actions(any_stage, name) & STREAM) == bool(mapped)
    # Lambda keeps the batches that it gives up on with the function's own role.
    assert ("s3:PutObject" in actions(any_stage, name)) == bool(mapped)
    # It checks that it may when the mapping is made, with a key that it does not document.
    (bucket,) = any_stage.of("AWS::S3::Bucket")
    whole = [{"Fn::Join": ["", [{"Fn::GetAtt": [bucket, "Arn"]}, "/*"]]}]
    assert resources_of(any_stage, name, "s3:PutObject") == (whole if mapped else [])


@pytest.mark.parametrize("name", HANDLERS)
def test_queues_are_consumed_where_a_mapping_consumes_them(any_stage: Deployment, name: str) -> None:
    logical, _ = any_stage.function(name)
    queues = any_stage.of("AWS::SQS::Queue")
    mapped = {
        each["EventSourceArn"]["Fn::GetAtt"][0]
        for each in any_stage.of("AWS::Lambda::EventSourceMapping").values()
        if each["FunctionName"] == {"Ref": logical} and each["EventSourceArn"]["Fn::GetAtt"][0] in queues
    }
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
        assert {each["Fn::GetAtt"][0] for each in resources_of(any_stage, name, action)} == mapped


@pytest.mark.parametrize("name", HANDLERS)
def test_a_function_knows_exactly_the_lanes_it_may_send_to(any_stage: Deployment, name: str) -> None:
    allowed = {resource["Fn::GetAtt"][0] for resource in resources_of(any_stage, name, "sqs:SendMessage")}
    told = {value["Ref"] for key, value in any_stage.variables(name).items() if key.startswith("TIDINGS_QUEUE_")}
    assert told == allowed


def test_nobody_touches_sns_without_push(dev: Deployment) -> None:
    assert not any(action.startswith("sns:") for name in HANDLERS for action in actions(dev, name))


def test_push_is_granted_on_the_applications_that_exist(prod: Deployment, external: Deployment) -> None:
    for deployment, count in ((prod, 2), (external, 1)):
        assert {name for name in HANDLERS if "sns:Publish" in actions(deployment, name)} == {"Push"}
        assert {name for name in HANDLERS if "sns:CreatePlatformEndpoint" in actions(deployment, name)} == {"Connect"}
        assert actions(deployment, "Connect") >= ENDPOINTS
        assert len(resources_of(deployment, "Push", "sns:Publish")) == 2 * count
        assert len(resources_of(deployment, "Connect", "sns:CreatePlatformEndpoint")) == count
    assert resources_of(external, "Connect", "sns:CreatePlatformEndpoint") == [APPLICATION]


@pytest.mark.parametrize(("name", "action"), [("Push", "sns:Publish"), *(("Connect", each) for each in ENDPOINTS)])
def test_what_is_done_with_an_endpoint_is_granted_on_its_application_too(
    external: Deployment, name: str, action: str
) -> None:
    """SNS documents no resource for these actions, and checks them against the application at least in part."""
    endpoints = APPLICATION.replace(":app/", ":endpoint/") + "/*"
    assert set(resources_of(external, name, action)) == {APPLICATION, endpoints}


def test_operators_may_redrive_and_no_more(any_stage: Deployment) -> None:
    (policy,) = any_stage.of("AWS::IAM::ManagedPolicy").values()
    allowed: dict[str, set[str]] = {}
    *statements, stacks = policy["PolicyDocument"]["Statement"]
    assert stacks["Action"] == "cloudformation:DescribeStacks", "it reads the stack's outputs"
    assert stacks["Resource"]["Fn::Join"][1][-1].endswith(("/Tidings-dev/*", "/Tidings-prod/*"))
    for statement in statements:
        for resource in listed(statement["Resource"]):
            whole = "Fn::GetAtt" in resource
            name = (resource if whole else resource["Fn::Join"][1][0])["Fn::GetAtt"][0]
            allowed.setdefault(name, set()).update(listed(statement["Action"]))
    (bucket,) = any_stage.of("AWS::S3::Bucket")
    assert allowed.pop(bucket) == {"s3:ListBucket", "s3:GetObject", "s3:DeleteObject"}
    queues = any_stage.of("AWS::SQS::Queue")
    redriven = {name: made["RedrivePolicy"] for name, made in queues.items() if "RedrivePolicy" in made}
    lanes, dead = set(redriven), {policy["deadLetterTargetArn"]["Fn::GetAtt"][0] for policy in redriven.values()}
    assert set(allowed) == lanes | dead, "what the lane of live frames loses is gone"
    for name in lanes:
        assert allowed[name] == {"sqs:SendMessage", "sqs:GetQueueAttributes"}
    for name in dead:
        assert {"sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage"} <= allowed[name]
        assert "sqs:SendMessage" not in allowed[name]
