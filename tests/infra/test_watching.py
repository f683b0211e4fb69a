"""Alarms, dashboard, outputs, push state and sign-in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.settings import TidingsSettings
from tests.infra.conftest import TOPIC
from tests.infra.templates import HANDLERS, ROOT, Deployment, in_process
from tidings.bootstrap.telemetry import logger
from tidings.protocol import actions
from tidings.routes import authorize


def alarms(deployment: Deployment) -> set[tuple[str, str]]:
    """(metric, logical id of what it is about) of every alarm with dimensions."""
    found = set()
    for made in deployment.of("AWS::CloudWatch::Alarm").values():
        for dimension in made.get("Dimensions", []):
            value = dimension["Value"]
            if isinstance(value, dict):
                logical = value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]
                found.add((made["MetricName"], logical))
    return found


def test_alarms_for_errors_throttles_dead_letters_and_lagging_streams(any_stage: Deployment) -> None:
    function = {name: any_stage.function(name)[0] for name in HANDLERS}
    wanted = {(metric, logical) for metric in ("Errors", "Throttles") for logical in function.values()}
    wanted.remove(("Errors", function["Authorizer"]))
    (bucket,) = any_stage.of("AWS::S3::Bucket")
    wanted.add(("NumberOfObjects", bucket))
    wanted |= {("IteratorAge", function[name]) for name in ("Plan", "Push")}
    dead = [name for name, made in any_stage.of("AWS::SQS::Queue").items() if "RedriveAllowPolicy" in made]
    wanted |= {("ApproximateNumberOfMessagesVisible", name) for name in dead}
    assert alarms(any_stage) == wanted


def test_a_stream_reader_that_is_told_to_wait_is_not_behind(tmp_path: Path) -> None:
    deployment = in_process(TidingsSettings(push_window_s=300), tmp_path)
    late = [made for made in _alarm_list(deployment) if made["MetricName"] == "IteratorAge"]
    about = {made["Dimensions"][0]["Value"]["Ref"]: made["Threshold"] for made in late}
    assert about == {deployment.function("Plan")[0]: 60_000, deployment.function("Push")[0]: 360_000}


def test_a_refused_token_is_no_alarm_but_a_failing_authorizer_is(dev: Deployment, prod: Deployment) -> None:
    """A 401 is an exception to Lambda, so the failures are counted in the log, each deployment's by themselves."""
    names = set()
    for deployment in (dev, prod):
        filters = list(deployment.of("AWS::Logs::MetricFilter").values())
        log = deployment.function("Authorizer")[1]["LoggingConfig"]["LogGroup"]
        filters = [each for each in filters if each["LogGroupName"] == log]
        assert {each["FilterPattern"] for each in filters} == {
            '"[ERROR]" -"[ERROR] Unauthorized"',
            '"Task timed out"',
        }
        (name,) = {change["MetricName"] for each in filters for change in each["MetricTransformations"]}
        (alarm,) = [made for made in _alarm_list(deployment) if made["MetricName"] == name]
        assert (alarm["Namespace"], alarm["Threshold"]) == ("Tidings", 1)
        names.add(name)
    assert len(names) == 2
    assert authorize.Unauthorized.__name__ == "Unauthorized"


def test_what_is_answered_as_internal_is_an_alarm_although_lambda_sees_no_error(
    dev: Deployment, prod: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who answers frames never raises, so the lines that they write are counted."""
    logger().error("unhandled", route="send")
    line = json.loads(capsys.readouterr().out)
    names = set()
    for deployment in (dev, prod):
        logs = [deployment.function(name.capitalize())[1]["LoggingConfig"]["LogGroup"] for name in actions.ROUTES]
        filters = [each for each in deployment.of("AWS::Logs::MetricFilter").values() if each["LogGroupName"] in logs]
        assert len(filters) == len(logs) == 3
        assert {each["FilterPattern"] for each in filters} == {f'{{ $.level = "{line["level"]}" }}'}
        (name,) = {change["MetricName"] for each in filters for change in each["MetricTransformations"]}
        (alarm,) = [made for made in _alarm_list(deployment) if made["MetricName"] == name]
        assert (alarm["Namespace"], alarm["Threshold"]) == ("Tidings", 1)
        names.add(name)
    assert len(names) == 2


def test_the_deploy_page_counts_the_alarms_and_the_polled_queues(dev: Deployment) -> None:
    page = " ".join((ROOT / "docs" / "deploy.md").read_text().split())
    assert f" {len(_alarm_list(dev))} alarms at $0.10" in page
    polled = [each for each in dev.of("AWS::Lambda::EventSourceMapping").values() if "ScalingConfig" in each]
    words = {2: "two", 3: "three", 4: "four"}
    assert f"polling of {words[len(polled)]} empty queues" in page


def test_given_up_stream_batches_are_an_alarm(any_stage: Deployment) -> None:
    """S3 reports once a day, and only with both dimensions."""
    (made,) = [each for each in _alarm_list(any_stage) if each["MetricName"] == "NumberOfObjects"]
    assert (made["Namespace"], made["Period"], made["Threshold"]) == ("AWS/S3", 86_400, 1)
    assert {"Name": "StorageType", "Value": "AllStorageTypes"} in made["Dimensions"]


def test_silence_is_no_alarm_and_the_topic_is_told(dev: Deployment, prod: Deployment) -> None:
    for made in (dev | prod for dev, prod in zip(_alarm_list(dev), _alarm_list(prod), strict=True)):
        assert made["TreatMissingData"] == "notBreaching"
        assert made["AlarmActions"] == [TOPIC]
    assert not any("AlarmActions" in made for made in _alarm_list(dev))


def _alarm_list(deployment: Deployment) -> list[dict[str, Any]]:
    return list(deployment.of("AWS::CloudWatch::Alarm").values())


def test_dashboards_show_gateway_functions_streams_lanes_and_application(any_stage: Deployment) -> None:
    bodies = [json.dumps(made["DashboardBody"]) for made in any_stage.of("AWS::CloudWatch::Dashboard").values()]
    body = "".join(bodies)
    # One dashboard that refers to more than 50 metrics costs 3 dollars a month; the application counts some ten more.
    assert all(0 < each.count("stat") < 40 for each in bodies)
    for metric in ("MessageCount", "IntegrationError", "IteratorAge", "Throttles", "ApproximateAgeOfOldestMessage"):
        assert metric in body
    assert "Namespace=" in body


def test_outputs_name_what_clients_operators_and_the_host_need(any_stage: Deployment) -> None:
    outputs = any_stage.template["Outputs"]
    lanes = {f"{lane}{kind}" for lane in ("Small", "Large") for kind in ("LaneUrl", "LaneArn", "DeadLettersUrl")}
    lanes |= {"LiveLaneUrl", "LiveLaneArn"}
    assert {
        "WebSocketUrl",
        "CallbackUrl",
        "Issuer",
        "Audience",
        "Push",
        "OperatorPolicyArn",
        "SettleMs",
    } | lanes <= set(outputs)
    assert outputs["WebSocketUrl"]["Value"]["Fn::Join"][1][0] == "wss://"


def test_the_push_state_is_said_in_words(dev: Deployment, prod: Deployment, external: Deployment) -> None:
    assert dev.template["Outputs"]["Push"]["Value"].startswith("off: no credentials")
    assert prod.template["Outputs"]["Push"]["Value"] == "on: apns, fcm"
    assert external.template["Outputs"]["Push"]["Value"] == "on: fcm"


def test_platform_applications_come_from_secrets_by_name(
    dev: Deployment, prod: Deployment, external: Deployment
) -> None:
    made = prod.whole("Custom::PlatformApplication")
    secrets = {each["Properties"]["Platform"]: each["Properties"]["SecretId"] for each in made.values()}
    assert secrets == {"GCM": "tidings/fcm", "APNS": "tidings/apns"}
    assert {each["DeletionPolicy"] for each in made.values()} == {"Retain"}
    handlers = [each["Handler"] for each in prod.of("AWS::Lambda::Function").values()]
    assert "functions.push.platform.handler" in handlers
    for without in (dev, external):
        assert not without.whole("Custom::PlatformApplication")
        assert len(without.of("AWS::Lambda::Function")) == len(HANDLERS)


def test_a_user_pool_unless_there_is_an_issuer(dev: Deployment, prod: Deployment, external: Deployment) -> None:
    (pool,) = dev.of("AWS::Cognito::UserPool")
    assert dev.variables("Authorizer")["TIDINGS_ISSUER"] == {"Fn::GetAtt": [pool, "ProviderURL"]}
    (client,) = dev.of("AWS::Cognito::UserPoolClient")
    assert dev.variables("Authorizer")["TIDINGS_AUDIENCE"] == {"Ref": client}
    assert not external.of("AWS::Cognito::UserPool")
    assert not external.of("AWS::Cognito::UserPoolClient")


def test_clients_keep_no_secret_and_prod_takes_no_plain_password(dev: Deployment, prod: Deployment) -> None:
    for deployment, plain in ((dev, True), (prod, False)):
        (client,) = deployment.of("AWS::Cognito::UserPoolClient").values()
        assert client["GenerateSecret"] is False
        assert ("ALLOW_USER_PASSWORD_AUTH" in client["ExplicitAuthFlows"]) is plain
        (pool,) = deployment.of("AWS::Cognito::UserPool").values()
        assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
