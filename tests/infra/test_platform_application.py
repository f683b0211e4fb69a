"""The deploy-time function, against moto's SNS and Secrets Manager and a real HTTP answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend

from functions.push import platform

FCM_KEY = {"type": "service_account", "project_id": "p", "client_email": "x@p", "private_key": "not-to-be-seen"}
TOPIC = "arn:aws:sns:eu-west-1:123456789012:Events"
APNS_KEY = {"signing_key": "not-to-be-seen", "key_id": "K1", "team_id": "T1", "bundle_id": "app.tidings"}


class CloudFormation:
    """Takes the answer, as CloudFormation's pre-signed address does."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        answers = self.answers

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                answers.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    def request(self, kind: str, properties: dict[str, str], **more: Any) -> dict[str, Any]:
        """Send one event to the function; its answer."""
        event = {
            "RequestType": kind,
            "ResponseURL": f"http://127.0.0.1:{self.server.server_port}/answer?signature=secret",
            "StackId": "stack",
            "RequestId": "request",
            "LogicalResourceId": "FcmApplication",
            "ResourceProperties": {"ServiceToken": "arn:function", **properties},
            **more,
        }
        platform.handler(event, None)
        return self.answers.pop()


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    fake = CloudFormation()
    thread = Thread(target=fake.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield fake
    fake.server.shutdown()
    thread.join()
    fake.server.server_close()


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in (("REGION", "eu-west-1"), ("DEFAULT_REGION", "eu-west-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "testing")
    with mock_aws():
        secrets = boto3.client("secretsmanager")
        secrets.create_secret(Name="fcm", SecretString=json.dumps(FCM_KEY))
        secrets.create_secret(Name="apns", SecretString=json.dumps(APNS_KEY))
        secrets.create_secret(Name="text", SecretString="not-to-be-seen")
        secrets.create_secret(Name="half", SecretString=json.dumps({"signing_key": "not-to-be-seen"}))
        yield


def applications() -> dict[str, dict[str, str]]:
    found = boto3.client("sns").list_platform_applications()["PlatformApplications"]
    return {each["PlatformApplicationArn"]: each["Attributes"] for each in found}


FCM = {"Name": "phones", "Platform": "GCM", "SecretId": "fcm", "Events": TOPIC}
APNS = {"Name": "apples", "Platform": "APNS_SANDBOX", "SecretId": "apns", "Events": TOPIC}


def test_create_answers_with_the_arn(cloudformation: CloudFormation) -> None:
    answer = cloudformation.request("Create", FCM)
    (arn,) = applications()
    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] == answer["Data"]["Arn"] == arn
    assert arn.endswith(":app/GCM/phones")
    assert (answer["StackId"], answer["RequestId"], answer["LogicalResourceId"]) == (
        "stack",
        "request",
        "FcmApplication",
    )


def test_apple_gets_its_four_attributes(cloudformation: CloudFormation) -> None:
    arn = cloudformation.request("Create", APNS)["PhysicalResourceId"]
    given = applications()[arn]
    assert given["PlatformPrincipal"] == "K1"
    assert given["ApplePlatformTeamID"] == "T1"
    assert given["ApplePlatformBundleID"] == "app.tidings"


def test_it_tells_of_endpoints_that_died(cloudformation: CloudFormation) -> None:
    arn = cloudformation.request("Create", APNS)["PhysicalResourceId"]
    events = {"EventDeliveryFailure", "EventEndpointDeleted"}
    assert {name: applications()[arn][name] for name in events} == dict.fromkeys(events, TOPIC)
    change = {**APNS, "Events": f"{TOPIC}2"}
    answer = cloudformation.request("Update", change, OldResourceProperties=APNS, PhysicalResourceId=arn)
    assert answer["PhysicalResourceId"] == arn
    assert {name: applications()[arn][name] for name in events} == dict.fromkeys(events, f"{TOPIC}2")


def test_new_credentials_keep_the_application(cloudformation: CloudFormation) -> None:
    arn = cloudformation.request("Create", APNS)["PhysicalResourceId"]
    boto3.client("secretsmanager").create_secret(Name="next", SecretString=json.dumps({**APNS_KEY, "key_id": "K2"}))
    change = {**APNS, "SecretId": "next"}
    answer = cloudformation.request("Update", change, OldResourceProperties=APNS, PhysicalResourceId=arn)
    assert answer["PhysicalResourceId"] == arn
    assert applications()[arn]["PlatformPrincipal"] == "K2"


def rejected(*_: object, **__: object) -> None:
    """As SNS rejects credentials, or a name that is there with others."""
    raise SNSInvalidParameter("Attributes Reason: Platform credentials are invalid")


def test_one_that_an_earlier_stack_left_gets_the_credentials_of_today(
    cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = cloudformation.request("Create", APNS)["PhysicalResourceId"]
    boto3.client("secretsmanager").create_secret(Name="next", SecretString=json.dumps({**APNS_KEY, "key_id": "K2"}))
    monkeypatch.setattr(SNSBackend, "create_platform_application", rejected)
    answer = cloudformation.request("Create", {**APNS, "SecretId": "next", "Arn": arn})
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", arn)
    assert applications()[arn]["PlatformPrincipal"] == "K2"


def test_bad_credentials_are_told_as_such(cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SNSBackend, "create_platform_application", rejected)
    arn = "arn:aws:sns:eu-west-1:123456789012:app/GCM/phones"
    answer = cloudformation.request("Create", {**FCM, "Arn": arn})
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("CreatePlatformApplication: InvalidParameter")
    assert answer["PhysicalResourceId"] == "not-made"


def test_another_name_is_another_application(cloudformation: CloudFormation) -> None:
    arn = cloudformation.request("Create", FCM)["PhysicalResourceId"]
    change = {**FCM, "Name": "other"}
    answer = cloudformation.request("Update", change, OldResourceProperties=FCM, PhysicalResourceId=arn)
    assert answer["PhysicalResourceId"] != arn
    assert len(applications()) == 2


def test_delete_takes_it_away_and_needs_no_secret(cloudformation: CloudFormation) -> None:
    arn = cloudformation.request("Create", FCM)["PhysicalResourceId"]
    gone = {**FCM, "SecretId": "deleted-long-ago"}
    assert cloudformation.request("Delete", gone, PhysicalResourceId=arn)["Status"] == "SUCCESS"
    assert not applications()


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({**FCM, "SecretId": "text"}, "is not JSON"),
        ({**APNS, "SecretId": "half"}, "lacks key_id, team_id, bundle_id"),
        ({**FCM, "SecretId": "apns"}, "lacks private_key, client_email, project_id"),
        ({**FCM, "SecretId": "absent"}, "GetSecretValue: ResourceNotFoundException"),
        ({"Platform": "GCM"}, "Unexpected KeyError"),
    ],
)
def test_a_failure_is_answered_without_a_secret(
    cloudformation: CloudFormation, caplog: pytest.LogCaptureFixture, properties: dict[str, str], reason: str
) -> None:
    answer = cloudformation.request("Create", properties)
    assert answer["Status"] == "FAILED"
    assert reason in answer["Reason"]
    assert "not-to-be-seen" not in json.dumps(answer) + caplog.text
    # What was never made can be rolled back.
    made = answer["PhysicalResourceId"]
    assert cloudformation.request("Delete", properties, PhysicalResourceId=made)["Status"] == "SUCCESS"
