"""Mobile push over SNS: the life of an endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.functional.connect.conftest import Aws
from tidings.domain.errors import InvalidRequest, Unavailable
from tidings.gateway.push import SnsPush
from tidings.ports.devices import Device, Notification

NOTE = Notification("Ann", "hello", "collapse", "dm#ann#bob", 3, 3_600, {"conversation": "dm#ann#bob"})


@pytest.fixture
def push(aws: Aws) -> SnsPush:
    return SnsPush(lambda: aws.sns, {"fcm": aws.application, "apns": ""})


class Released:
    """Whose endpoint was taken over."""

    def __init__(self) -> None:
        self.owners: list[tuple[str, str]] = []

    def __call__(self, owner: str, endpoint: str) -> None:
        self.owners.append((owner, endpoint))


def register(push: SnsPush, token: str = "t", owner: str = "ann#phone", old: str | None = None) -> str:
    released = Released()
    endpoint = push.endpoint("fcm", token, owner, old, released)
    assert endpoint is not None
    assert released.owners == []
    return endpoint


def found(aws: Aws, endpoint: str) -> dict[str, str]:
    return aws.sns.get_endpoint_attributes(EndpointArn=endpoint)["Attributes"]


def device(endpoint: str | None) -> Device:
    return Device("phone", "fcm", endpoint, "position")


def test_an_endpoint_is_made_enabled_and_says_whose_it_is(aws: Aws, push: SnsPush) -> None:
    assert found(aws, register(push)) == {"CustomUserData": "ann#phone", "Enabled": "true", "Token": "t"}


def test_a_platform_that_is_not_set_up_has_no_endpoints(push: SnsPush) -> None:
    for platform in ("apns", "other"):
        assert push.endpoint(platform, "t", "ann#phone", None, Released()) is None


def test_registering_again_gives_the_same_endpoint(push: SnsPush) -> None:
    endpoint = register(push)
    assert register(push) == endpoint
    assert register(push, old=endpoint) == endpoint


def test_a_disabled_endpoint_is_enabled(aws: Aws, push: SnsPush) -> None:
    endpoint = register(push)
    for old in (None, endpoint):
        aws.sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "false"})
        assert register(push, old=old) == endpoint
        assert found(aws, endpoint)["Enabled"] == "true"


def test_a_deleted_endpoint_is_made_anew(aws: Aws, push: SnsPush) -> None:
    endpoint = register(push)
    aws.sns.delete_endpoint(EndpointArn=endpoint)
    assert found(aws, register(push, old=endpoint))["Token"] == "t"


def test_a_new_token_gets_an_endpoint_of_its_own(aws: Aws, push: SnsPush) -> None:
    old = register(push, "t1")
    new = register(push, "t2", old=old)
    assert new != old
    assert found(aws, new)["Token"] == "t2"


def test_a_phone_that_changes_hands_is_released_first(aws: Aws, push: SnsPush) -> None:
    endpoint = register(push, owner="ann#phone")
    seen: list[tuple[str, str, str]] = []

    def release(owner: str, released: str) -> None:
        seen.append((owner, released, found(aws, endpoint)["CustomUserData"]))

    assert push.endpoint("fcm", "t", "bob#phone", None, release) == endpoint
    assert seen == [("ann#phone", endpoint, "ann#phone")], "released before it was taken over"
    assert found(aws, endpoint)["CustomUserData"] == "bob#phone"
    seen.clear()
    assert push.endpoint("fcm", "t", "bob#phone", None, release) == endpoint
    assert seen == []


def test_an_old_endpoint_that_is_somebody_elses_now_is_left_alone(aws: Aws, push: SnsPush) -> None:
    endpoint = register(push, "t1", owner="bob#phone")
    assert register(push, "t2", owner="ann#phone", old=endpoint) != endpoint
    assert found(aws, endpoint)["CustomUserData"] == "bob#phone"


def test_dropping(aws: Aws, push: SnsPush) -> None:
    endpoint = register(push)
    push.drop(endpoint, "bob#phone")
    assert found(aws, endpoint)["Enabled"] == "true"
    for _ in range(2):
        push.drop(endpoint, "ann#phone")
    with pytest.raises(ClientError):
        found(aws, endpoint)


def test_sending_to_a_living_a_disabled_and_a_deleted_endpoint(aws: Aws, push: SnsPush) -> None:
    endpoint = register(push)
    assert push.send(device(endpoint), NOTE) == "sent"
    aws.sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "false"})
    assert push.send(device(endpoint), NOTE) == "dead"
    aws.sns.delete_endpoint(EndpointArn=endpoint)
    assert push.send(device(endpoint), NOTE) == "dead"
    assert push.send(device(None), NOTE) == "dead"


class Answers:
    """An SNS client that answers each call with the next of a list of errors."""

    def __init__(self, *errors: Exception) -> None:
        self._errors: Iterator[Exception] = iter(errors)

    def __getattr__(self, _: str) -> Any:
        def call(**_: object) -> None:
            raise next(self._errors)

        return call


def refused(code: str, text: str = "", status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Any")


def answering(*errors: Exception) -> SnsPush:
    return SnsPush(lambda: Answers(*errors), {"fcm": "arn:app"})  # type: ignore[arg-type, return-value]


ENDPOINT = "arn:aws:sns:eu-central-1:123456789012:endpoint/GCM/tidings/0a1b2c3d"
GONE = "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified"


@pytest.mark.parametrize(
    "error",
    [
        refused("EndpointDisabled"),
        refused("EndpointDisabledException"),
        refused("NotFound", status=404),
        refused("NotFoundException", status=404),
        refused("InvalidParameter", GONE),
        refused("InvalidParameterException", GONE),
    ],
)
def test_what_means_dead(error: ClientError) -> None:
    assert answering(error).send(device(ENDPOINT), NOTE) == "dead"


@pytest.mark.parametrize(
    "error",
    [
        refused("Throttled", status=429),
        refused("InternalError", status=500),
        refused("PlatformApplicationDisabled"),
        refused("InvalidParameter", "Invalid parameter: Message too long"),
        EndpointConnectionError(endpoint_url="https://sns.example"),
    ],
)
def test_what_does_not_mean_dead(error: Exception) -> None:
    with pytest.raises(Unavailable):
        answering(error).send(device(ENDPOINT), NOTE)


@pytest.mark.parametrize("code", ["AuthorizationError", "AuthorizationErrorException", "AccessDenied"])
def test_a_right_that_is_missing_is_our_mistake(code: str) -> None:
    """It is an error in the log, which an alarm counts, and no refusal that is sent again for ever."""
    push = answering(refused(code, status=403))
    with pytest.raises(ClientError):
        push.endpoint("fcm", "t", "ann#phone", None, Released())
    with pytest.raises(ClientError):
        push.send(device(ENDPOINT), NOTE)


def test_a_bad_token_is_the_clients_mistake() -> None:
    error = refused("InvalidParameter", "Invalid parameter: Token Reason: iOS device tokens must be no more than 400")
    with pytest.raises(InvalidRequest, match="push_token"):
        answering(error).endpoint("fcm", "bad", "ann#phone", None, Released())


@pytest.mark.parametrize("error", [refused("NotFound", "PlatformApplication does not exist"), refused("Throttled")])
def test_a_broken_set_up_is_not(error: ClientError) -> None:
    with pytest.raises(Unavailable):
        answering(error).endpoint("fcm", "t", "ann#phone", None, Released())
