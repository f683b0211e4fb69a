"""What SNS tells of endpoints that died: the topic, who is told to publish there, and who listens."""

from __future__ import annotations

import pytest

from tests.infra.templates import Deployment


def test_without_push_there_is_no_topic(dev: Deployment) -> None:
    for kind in ("AWS::SNS::Topic", "AWS::SNS::Subscription"):
        assert dev.of(kind) == {}


@pytest.mark.parametrize("name", ["prod", "external"])
def test_the_push_function_listens(name: str, request: pytest.FixtureRequest) -> None:
    deployment: Deployment = request.getfixturevalue(name)
    (topic,) = deployment.of("AWS::SNS::Topic")
    (subscription,) = deployment.of("AWS::SNS::Subscription").values()
    push, _ = deployment.function("Push")
    assert subscription["Protocol"] == "lambda"
    assert subscription["TopicArn"] == {"Ref": topic}
    assert subscription["Endpoint"] == {"Fn::GetAtt": [push, "Arn"]}
    (permission,) = [
        each for each in deployment.of("AWS::Lambda::Permission").values() if each["Principal"] == "sns.amazonaws.com"
    ]
    assert permission["FunctionName"] == {"Fn::GetAtt": [push, "Arn"]}
    assert permission["SourceArn"] == {"Ref": topic}
    assert deployment.of("AWS::SNS::TopicPolicy") == {}, "the first policy lets SNS publish for the account"
    outputs = deployment.template["Outputs"]
    assert outputs["PushEventsTopic"]["Value"] == {"Ref": topic}


def test_our_applications_name_the_topic(prod: Deployment) -> None:
    (topic,) = prod.of("AWS::SNS::Topic")
    applications = prod.of("Custom::PlatformApplication").values()
    assert [each["Events"] for each in applications] == [{"Ref": topic}] * 2
