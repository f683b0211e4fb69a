"""The WebSocket API: every action has its route, its answer, its integration and its throttle."""

from __future__ import annotations

import json
from typing import Any

from tests.infra.templates import Deployment
from tidings.protocol import actions

ROUTES = {key: function for function, keys in actions.ROUTES.items() for key in keys}
SILENT = {"$connect", "$disconnect"}


def routes(deployment: Deployment) -> dict[str, tuple[str, dict[str, Any]]]:
    found = deployment.of("AWS::ApiGatewayV2::Route")
    return {made["RouteKey"]: (name, made) for name, made in found.items()}


def integration_of(route: dict[str, Any]) -> str:
    logical = route["Target"]["Fn::Join"][1][1]["Ref"]
    assert route["Target"]["Fn::Join"][1][0] == "integrations/"
    return str(logical)


def function_behind(deployment: Deployment, route: dict[str, Any]) -> str:
    uri = deployment.of("AWS::ApiGatewayV2::Integration")[integration_of(route)]["IntegrationUri"]
    (logical,) = [
        part["Fn::GetAtt"][0] for part in uri["Fn::Join"][1] if isinstance(part, dict) and "Fn::GetAtt" in part
    ]
    return deployment.name_of(logical)


def test_a_route_for_each_action_to_the_function_that_answers_it(any_stage: Deployment) -> None:
    found = {key: function_behind(any_stage, made).lower() for key, (_, made) in routes(any_stage).items()}
    assert found == ROUTES


def test_the_action_selects_the_route(any_stage: Deployment) -> None:
    (api,) = any_stage.of("AWS::ApiGatewayV2::Api").values()
    assert api["ProtocolType"] == "WEBSOCKET"
    assert api["RouteSelectionExpression"] == "$request.body.action"


def test_every_route_of_the_api_may_call_the_function_behind_it(any_stage: Deployment) -> None:
    """One integration and one permission a function: four resources an action would be too many for a stack."""
    used = {integration_of(made) for _, made in routes(any_stage).values()}
    assert used == set(any_stage.of("AWS::ApiGatewayV2::Integration"))
    assert len(used) == len(actions.ROUTES)
    (api,), (stage,) = any_stage.of("AWS::ApiGatewayV2::Api"), any_stage.of("AWS::ApiGatewayV2::Stage").values()
    allowed = set()
    for made in any_stage.of("AWS::Lambda::Permission").values():
        source = made["SourceArn"].get("Fn::Join", ["", []])[1]
        if made["Principal"] == "apigateway.amazonaws.com" and source[-1] == f"/{stage['StageName']}/*":
            assert {"Ref": api} in source
            allowed.add(any_stage.name_of(made["FunctionName"]["Fn::GetAtt"][0]).lower())
    assert allowed == set(actions.ROUTES)


def test_a_stack_has_room_for_many_more_actions(any_stage: Deployment) -> None:
    assert len(any_stage.template["Resources"]) < 500 - 2 * len(ROUTES)


def test_actions_are_answered_on_the_route(any_stage: Deployment) -> None:
    answering = {made["RouteId"]["Ref"]: made for made in any_stage.of("AWS::ApiGatewayV2::RouteResponse").values()}
    for key, (logical, made) in routes(any_stage).items():
        if key in SILENT:
            assert logical not in answering
            assert "RouteResponseSelectionExpression" not in made
        else:
            assert made["RouteResponseSelectionExpression"] == "$default", key
            assert answering[logical]["RouteResponseKey"] == "$default", key


def test_only_connect_is_authorized_and_by_the_offered_subprotocol(any_stage: Deployment) -> None:
    (authorizer,) = any_stage.of("AWS::ApiGatewayV2::Authorizer").values()
    assert authorizer["AuthorizerType"] == "REQUEST"
    assert authorizer["IdentitySource"] == ["route.request.header.Sec-WebSocket-Protocol"]
    for key, (_, made) in routes(any_stage).items():
        assert made.get("AuthorizationType", "NONE") == ("CUSTOM" if key == "$connect" else "NONE"), key
        assert ("AuthorizerId" in made) == (key == "$connect"), key


def test_every_route_has_its_own_throttle_and_exists_before_the_stage(any_stage: Deployment) -> None:
    (stage,) = any_stage.whole("AWS::ApiGatewayV2::Stage").values()
    throttles = stage["Properties"]["RouteSettings"]
    assert set(throttles) == set(ROUTES)
    for key, throttle in throttles.items():
        assert 0 < throttle["ThrottlingRateLimit"] <= 10_000, key
        assert throttle["ThrottlingBurstLimit"] > 0, key
    assert {logical for logical, _ in routes(any_stage).values()} <= set(stage["DependsOn"])
    assert stage["Properties"]["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0


def test_the_stage_carries_the_stages_name(dev: Deployment, prod: Deployment) -> None:
    for deployment, name in ((dev, "dev"), (prod, "prod")):
        (stage,) = deployment.of("AWS::ApiGatewayV2::Stage").values()
        assert stage["StageName"] == name
        assert stage["AutoDeploy"] is True
        callback = deployment.variables("Send")["TIDINGS_CALLBACK_URL"]["Fn::Join"][1]
        assert callback[0] == "https://"
        assert callback[-1] == f"/{name}"


def test_access_logs_cannot_hold_a_token_or_a_message(any_stage: Deployment) -> None:
    (stage,) = any_stage.of("AWS::ApiGatewayV2::Stage").values()
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert {"$context.routeKey", "$context.status", "$context.connectionId"} <= set(logged.values())
    for variable in logged.values():
        assert variable.startswith("$context."), variable
        assert not any(word in variable for word in ("header", "input", "body", "query", "authorizer", "identity"))
    # Execution logging would write whole frames.
    settings = [stage["DefaultRouteSettings"], *stage["RouteSettings"].values()]
    assert not any(each.get("DataTraceEnabled") or each.get("LoggingLevel") for each in settings)


def test_the_accounts_log_role_is_made_first_unless_told_otherwise(dev: Deployment, external: Deployment) -> None:
    (account,) = dev.whole("AWS::ApiGateway::Account")
    (stage,) = dev.whole("AWS::ApiGatewayV2::Stage").values()
    assert account in stage["DependsOn"]
    assert dev.whole("AWS::ApiGateway::Account")[account]["DeletionPolicy"] == "Retain"
    assert not external.of("AWS::ApiGateway::Account")
