"""Reads a deployed stack back: what runs is what was deployed, not what somebody wrote down in the host."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from local import template as t
from local.aws import ACCOUNT, REGION, client
from local.deployment import (
    AuthorizerSpec,
    Deployment,
    EventSourceSpec,
    FunctionSpec,
    QueueSpec,
    RouteSpec,
    TableSpec,
)
from local.errors import HostError
from local.names import short_names
from local.template import Adapted

_FUNCTION_ARN = re.compile(r"functions/(arn:[^/]+)/invocations")


def read_back(endpoint: str, stack: str, adapted: Adapted, outputs: Mapping[str, str]) -> Deployment:
    """The deployment as the host's parts want it; names are short ones (see `local.names`)."""
    return _Reader(endpoint, stack, adapted).deployment(outputs)


class _Reader:
    """One pass over the stack."""

    def __init__(self, endpoint: str, stack: str, adapted: Adapted) -> None:
        self._endpoint = endpoint
        self._adapted = adapted
        self._resources: dict[str, dict[str, Any]] = adapted.template["Resources"]
        found = client("cloudformation", endpoint).describe_stack_resources(StackName=stack)["StackResources"]
        self._physical = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}
        self._gateway = client("apigatewayv2", endpoint)
        self._functions: dict[str, FunctionSpec] = {}

    def deployment(self, outputs: Mapping[str, str]) -> Deployment:
        """Everything; functions first, since routes and mappings name them."""
        self._functions = self._read_functions()
        tables, queues = self._read_tables(), self._read_queues()
        api_id = self._only("AWS::ApiGatewayV2::Api")
        stage_id, stage = self._properties("AWS::ApiGatewayV2::Stage")
        rate = stage.get("DefaultRouteSettings", {})
        return Deployment(
            region=REGION,
            account=ACCOUNT,
            api_id=api_id,
            stage=self._physical[stage_id],
            aws_endpoint=self._endpoint,
            functions=self._functions,
            routes=self._read_routes(api_id, stage.get("RouteSettings", {})),
            authorizer=self._read_authorizer(api_id),
            event_sources=self._read_mappings(tables, queues),
            tables=tables,
            queues=queues,
            outputs=dict(outputs),
            route_selection=self._gateway.get_api(ApiId=api_id)["RouteSelectionExpression"],
            default_throttle_rate=rate.get("ThrottlingRateLimit"),
            default_throttle_burst=rate.get("ThrottlingBurstLimit"),
        )

    def _of(self, *types: str) -> dict[str, dict[str, Any]]:
        return t.of_type(self._resources, *types)

    def _properties(self, kind: str) -> tuple[str, dict[str, Any]]:
        found = self._of(kind)
        if len(found) != 1:
            raise HostError(f"The template holds {len(found)} resources of type {kind}; the host runs exactly one.")
        return next(iter(found.items()))

    def _only(self, kind: str) -> str:
        return str(self._physical[self._properties(kind)[0]])

    def _read_functions(self) -> dict[str, FunctionSpec]:
        client_ = client("lambda", self._endpoint)
        wanted = [name for name in self._of(t.FUNCTION) if name not in self._adapted.deploy_time]
        specs = {}
        for logical_id, name in short_names(wanted).items():
            told = client_.get_function_configuration(FunctionName=self._physical[logical_id])
            specs[name] = FunctionSpec(
                logical_id=name,
                name=told["FunctionName"],
                handler=told["Handler"],
                environment=told.get("Environment", {}).get("Variables", {}),
                role_arn=told["Role"],
                timeout_s=float(told["Timeout"]),
                memory_mb=told["MemorySize"],
                arn=told["FunctionArn"],
            )
        return specs

    def _function(self, arn: str) -> str:
        """The name of the function with this ARN."""
        for name, spec in self._functions.items():
            if spec.arn == arn:
                return name
        raise HostError(f"Something in the template invokes {arn}, which is no function of it.")

    def _read_routes(self, api_id: str, throttles: Mapping[str, Mapping[str, Any]]) -> dict[str, RouteSpec]:
        integrations = self._pages("get_integrations", api_id)
        uris = {each["IntegrationId"]: each["IntegrationUri"] for each in integrations}
        routes = {}
        for each in self._pages("get_routes", api_id):
            key, integration = each["RouteKey"], each["Target"].removeprefix("integrations/")
            routes[key] = RouteSpec(
                key=key,
                function=self._invoked(uris[integration]),
                route_response=key in self._adapted.answering_routes,
                throttle_rate=throttles.get(key, {}).get("ThrottlingRateLimit"),
                throttle_burst=throttles.get(key, {}).get("ThrottlingBurstLimit"),
            )
        return routes

    def _read_authorizer(self, api_id: str) -> AuthorizerSpec | None:
        connect = [each for each in self._pages("get_routes", api_id) if each["RouteKey"] == "$connect"]
        if not connect or "AuthorizerId" not in connect[0]:
            return None
        for each in self._pages("get_authorizers", api_id):
            if each["AuthorizerId"] == connect[0]["AuthorizerId"]:
                return AuthorizerSpec(self._invoked(each["AuthorizerUri"]), each["IdentitySource"], each["Name"])
        raise HostError("The $connect route names an authorizer that the API does not have.")

    def _invoked(self, uri: str) -> str:
        found = _FUNCTION_ARN.search(uri)
        if found is None:
            raise HostError(f"The integration {uri!r} does not invoke a function.")
        return self._function(found[1])

    def _pages(self, operation: str, api_id: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = getattr(self._gateway, operation)(ApiId=api_id, **token)
            items += page["Items"]
            if not page.get("NextToken"):
                return items
            token = {"NextToken": page["NextToken"]}

    def _read_tables(self) -> dict[str, TableSpec]:
        dynamodb = client("dynamodb", self._endpoint)
        tables = {}
        for logical_id, name in short_names(self._of(*t.TABLES)).items():
            told = dynamodb.describe_table(TableName=self._physical[logical_id])["Table"]
            keys = {each["KeyType"]: each["AttributeName"] for each in told["KeySchema"]}
            tables[name] = TableSpec(
                logical_id=name,
                name=told["TableName"],
                partition_key=keys["HASH"],
                sort_key=keys.get("RANGE"),
                ttl_attribute=self._adapted.ttl.get(logical_id),
                stream_arn=told.get("LatestStreamArn"),
            )
        return tables

    def _read_queues(self) -> dict[str, QueueSpec]:
        sqs = client("sqs", self._endpoint)
        queues = {}
        for logical_id, name in short_names(self._of("AWS::SQS::Queue")).items():
            url = self._physical[logical_id]
            told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            redrive = json.loads(told.get("RedrivePolicy", "{}"))
            queues[name] = QueueSpec(
                logical_id=name,
                name=url.rpartition("/")[2],
                url=url,
                arn=told["QueueArn"],
                visibility_s=int(told["VisibilityTimeout"]),
                redrive_to=redrive.get("deadLetterTargetArn"),
                max_receives=int(redrive["maxReceiveCount"]) if redrive else None,
            )
        return queues

    def _read_mappings(self, tables: Mapping[str, TableSpec], queues: Mapping[str, QueueSpec]) -> list[EventSourceSpec]:
        client_ = client("lambda", self._endpoint)
        wanted = [name for name in self._of(t.MAPPING) if name not in self._adapted.disabled]
        sources = {each.stream_arn: each.name for each in tables.values()}
        sources |= {each.arn: each.name for each in queues.values()}
        specs = []
        for logical_id, name in short_names(wanted).items():
            told = client_.get_event_source_mapping(UUID=self._physical[logical_id])
            if told["EventSourceArn"] not in sources:
                raise HostError(
                    f"The event source mapping {name} reads {told['EventSourceArn']}, which the stack lacks."
                )
            specs.append(_mapping(name, told, self._function(told["FunctionArn"]), sources[told["EventSourceArn"]]))
        return specs


def _mapping(name: str, told: Mapping[str, Any], function: str, source_name: str) -> EventSourceSpec:
    """A mapping with AWS's defaults where it is silent."""
    stream = ":dynamodb:" in told["EventSourceArn"]
    filters = told.get("FilterCriteria", {}).get("Filters", [])
    return EventSourceSpec(
        logical_id=name,
        function=function,
        kind="stream" if stream else "queue",
        source=told["EventSourceArn"],
        source_name=source_name,
        batch_size=told.get("BatchSize", 100 if stream else 10),
        window_s=float(told.get("MaximumBatchingWindowInSeconds", 0)),
        filters=tuple(json.loads(each["Pattern"]) for each in filters),
        retry_attempts=told.get("MaximumRetryAttempts", -1),
        max_record_age_s=told.get("MaximumRecordAgeInSeconds", -1),
        bisect=told.get("BisectBatchOnFunctionError", False),
        on_failure=told.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
        report_batch_item_failures="ReportBatchItemFailures" in told.get("FunctionResponseTypes", []),
        parallelization=told.get("ParallelizationFactor", 1),
        max_concurrency=told.get("ScalingConfig", {}).get("MaximumConcurrency"),
        starting_position=told.get("StartingPosition", "TRIM_HORIZON") if stream else "TRIM_HORIZON",
    )
