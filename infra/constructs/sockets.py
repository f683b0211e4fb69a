"""The WebSocket API: routes from `tidings.protocol.actions`, the authorizer, throttles and access logs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as apigw
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.acknowledged import accept, flatten
from infra.constructs.functions import retention
from infra.settings import TidingsSettings
from tidings.protocol import actions

IDENTITY_SOURCE: Final = "route.request.header.Sec-WebSocket-Protocol"
"""Browsers cannot set `Authorization`; the token is one of the subprotocols offered."""

CONNECT: Final = "$connect"
DISCONNECT: Final = "$disconnect"

ACCESS_LOG: Final[dict[str, str]] = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "event": "$context.eventType",
    "route": "$context.routeKey",
    "connection": "$context.connectionId",
    "status": "$context.status",
    "error": "$context.error.message",
    "integrationError": "$context.integrationErrorMessage",
    "latencyMs": "$context.integrationLatency",
}
"""No header, no query string, no body, no address: a token or a message cannot get into it."""


class Sockets(Construct):
    """The API first (its id is part of the functions' environment), routes and stage once the functions exist."""

    def __init__(self, scope: Construct, construct_id: str, settings: TidingsSettings) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        # The name is for people in the console, where every deployment's would else be "Api".
        self.api = apigw.WebSocketApi(
            self,
            "Api",
            api_name=f"{Stack.of(self).stack_name}-{self.node.addr[-8:]}",
            route_selection_expression="$request.body.action",
        )
        self._routes: list[apigw.WebSocketRoute] = []

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"wss://{self._host()}/{self._settings.stage}"

    @property
    def callback_url(self) -> str:
        """Where functions post to sockets: written out, because the stage comes after the functions."""
        return f"https://{self._host()}/{self._settings.stage}"

    def may_manage(self, methods: Sequence[str]) -> iam.PolicyStatement:
        """Post to sockets (POST), ask about them (GET), end them (DELETE): `methods` and nothing else."""
        return iam.PolicyStatement(
            actions=["execute-api:ManageConnections"],
            resources=[f"{self._arn()}/{self._settings.stage}/{method}/@connections/*" for method in methods],
        )

    def _host(self) -> str:
        return f"{self.api.api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"

    def add_routes(self, functions: dict[str, lambda_.Function], authorizer: lambda_.Function) -> None:
        """A route for each action; those of a function share an integration and a permission, since a stack holds 500
        resources.  CDK would give each route a permission, so it is shown the function as one that it may not change.
        """
        check = authorizers.WebSocketLambdaAuthorizer("Authorizer", authorizer, identity_source=[IDENTITY_SOURCE])
        gateway = iam.ServicePrincipal("apigateway.amazonaws.com")
        for name, keys in actions.ROUTES.items():
            function = functions[name]
            function.add_permission("Routes", principal=gateway, source_arn=f"{self._arn()}/{self._settings.stage}/*")
            title = f"{name.capitalize()}Integration"
            as_it_is = lambda_.Function.from_function_attributes(
                self, title, function_arn=function.function_arn, skip_permissions=True
            )
            shared = integrations.WebSocketLambdaIntegration(title, as_it_is)
            for key in keys:
                self._route(key, shared, check if key == CONNECT else None)
        self._stage()

    def _arn(self) -> str:
        return f"arn:{Aws.PARTITION}:execute-api:{Aws.REGION}:{Aws.ACCOUNT_ID}:{self.api.api_id}"

    def _route(self, key: str, integration: integrations.WebSocketLambdaIntegration, authorizer: Any) -> None:
        """Actions are answered on the route; connecting and leaving are not."""
        title = "".join(part.capitalize() for part in key.strip("$").split("."))
        route = apigw.WebSocketRoute(
            self,
            title,
            web_socket_api=self.api,
            route_key=key,
            integration=integration,
            authorizer=authorizer,
            return_response=key not in (CONNECT, DISCONNECT),
        )
        if key != CONNECT:
            accept(
                route, "AwsSolutions-APIG4", "WebSocket authorizers exist on $connect only; what it proved comes along."
            )
        self._routes.append(route)

    def _stage(self) -> None:
        """The stage, throttled route by route.  It names routes, so they must be there first."""
        stage = apigw.WebSocketStage(
            self,
            "Stage",
            web_socket_api=self.api,
            stage_name=self._settings.stage,
            auto_deploy=True,
            throttle=apigw.ThrottleSettings(
                rate_limit=self._settings.route_rate, burst_limit=self._settings.route_rate
            ),
        )
        log = logs.LogGroup(
            self, "AccessLog", retention=retention(self._settings), removal_policy=RemovalPolicy.DESTROY
        )
        resource = stage.node.default_child
        assert isinstance(resource, apigw.CfnStage)
        resource.access_log_settings = apigw.CfnStage.AccessLogSettingsProperty(
            destination_arn=log.log_group_arn, format=json.dumps(ACCESS_LOG)
        )
        resource.route_settings = {route.route_key: self._throttle(route.route_key) for route in self._routes}
        stage.node.add_dependency(*self._routes)
        if self._settings.account_log_role:
            stage.node.add_dependency(LogRole(self, "LogRole"))

    def _throttle(self, key: str) -> dict[str, int]:
        """Connections come in at most as fast as a default account allows; each action has its own share, so that
        a flood of one does not stop the others.  A second's worth may come at once."""
        rate = self._settings.connect_rate if key == CONNECT else self._settings.route_rate
        return {"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": rate}


class LogRole(Construct):
    """The role that API Gateway logs with: one for the whole account and region.

    A WebSocket stage with access logs does not deploy without it.  It is kept when the stack goes, for other APIs
    may have come to rely on it; accounts that manage it elsewhere say `account_log_role=false`.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        logging = iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AmazonAPIGatewayPushToCloudWatchLogs")
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[logging],
        )
        role.apply_removal_policy(RemovalPolicy.RETAIN)
        arn = flatten(Stack.of(self).resolve(logging.managed_policy_arn))
        accept(role, f"AwsSolutions-IAM4[Policy::{arn}]", "AWS's own policy for exactly this role.")
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        account.apply_removal_policy(RemovalPolicy.RETAIN)
