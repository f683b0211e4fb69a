"""Mobile push over SNS.

An endpoint is a phone's address: a token of FCM or APNs, in a platform application of ours.  Its `CustomUserData`
says whose it is, `<user id>#<device id>`, so that a phone that changes hands is noticed: SNS keeps one endpoint a
token, and refuses to make it anew with other attributes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from tidings.domain.errors import InvalidRequest, Unavailable
from tidings.gateway.payload import attributes, message
from tidings.ports.devices import Device, Notification

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_EXISTS: Final = re.compile(r"Endpoint (arn:\S+) already exists with the same Token")
_OURS: Final = frozenset({"NotFound", "InvalidParameter", "ParameterValueInvalid", "EndpointDisabled"})
"""Answers about the endpoint or the token; any other error is about the service, our set-up or our code."""
_FORBIDDEN: Final = frozenset({"AccessDenied", "AuthorizationError", "InvalidSecurity"})
"""A right is missing: no later try helps.  It goes up as it is, as with the database, so that it counts as ours."""


class _Refused(Exception):
    """SNS's answer, by its code without the suffix that newer versions of the API add."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@contextmanager
def _answered() -> Iterator[None]:
    """Run a call and translate what it raises."""
    try:
        yield
    except ClientError as error:
        given = error.response.get("Error", {})
        code = given.get("Code", "").removesuffix("Exception")
        if code in _OURS:
            raise _Refused(code, given.get("Message", "")) from None
        if code in _FORBIDDEN:
            raise
        raise Unavailable(f"The push service refused the request ({code}).") from error
    except BotoCoreError as error:
        raise Unavailable(f"The push service did not answer ({type(error).__name__}).") from error


class SnsPush:
    """`applications` are the platform applications' ARNs by platform (`fcm`, `apns`); an empty one is not set up.

    `client` gives the client when it is first needed: most deployments push nothing, and most frames register nothing.
    """

    def __init__(self, client: Callable[[], SNSClient], applications: Mapping[str, str]) -> None:
        self._client = client
        self._applications = applications

    def endpoint(
        self, platform: str, token: str, owner: str, old: str | None, release: Callable[[str, str], None]
    ) -> str | None:
        """An enabled endpoint for the token that belongs to `owner`; None where the platform is not set up.

        Ensure exists, ensure token, ensure enabled: with a good old endpoint that is one call.  Before an endpoint of
        somebody else's is taken over, `release(their owner, endpoint)` is called: a crash after it leaves a phone
        silent until it registers again, never one that shows a stranger's messages.
        """
        application = self._applications.get(platform)
        if not application:
            return None
        if old is not None and self._good(old, token, owner):
            return old
        arn = self._create(application, token, owner)
        found = self._attributes(arn) or {}
        former = found.get("CustomUserData", "")
        if former not in ("", owner):
            release(former, arn)
        if former != owner or found.get("Token") != token or not _enabled(found):
            self._set(arn, {"CustomUserData": owner, "Token": token, "Enabled": "true"})
        return arn

    def drop(self, endpoint: str, owner: str) -> None:
        """Delete the endpoint if it is `owner`'s; one that is gone already is fine."""
        found = self._attributes(endpoint)
        if found is None or found.get("CustomUserData") != owner:
            return
        with _answered():
            self._client().delete_endpoint(EndpointArn=endpoint)

    def alive(self, endpoint: str) -> bool | None:
        """Whether the endpoint is enabled; None: it is gone.  Raises `Unavailable`."""
        found = self._attributes(endpoint)
        return None if found is None else _enabled(found)

    def send(self, device: Device, notification: Notification) -> Literal["sent", "dead"]:
        """Publish to the device's endpoint.  `dead`: it is disabled or gone.  Anything else raises `Unavailable`."""
        if device.endpoint is None:
            return "dead"
        kind = device.endpoint.split("/")[1]
        try:
            with _answered():
                self._client().publish(
                    TargetArn=device.endpoint,
                    Message=message(kind, notification),
                    MessageStructure="json",
                    MessageAttributes=attributes(kind, notification),
                )
        except _Refused as refused:
            if refused.code in ("EndpointDisabled", "NotFound") or "TargetArn" in refused.message:
                return "dead"
            raise Unavailable(f"The push service refused the notification ({refused.code}).") from None
        return "sent"

    def _good(self, arn: str, token: str, owner: str) -> bool:
        found = self._attributes(arn) or {}
        return found.get("CustomUserData") == owner and found.get("Token") == token and _enabled(found)

    def _create(self, application: str, token: str, owner: str) -> str:
        """The ARN of the token's endpoint, made now or before.  Raises `InvalidRequest` for a bad token."""
        try:
            with _answered():
                made = self._client().create_platform_endpoint(
                    PlatformApplicationArn=application, Token=token, CustomUserData=owner
                )
        except _Refused as refused:
            there = _EXISTS.search(refused.message)
            if there is not None:
                return there[1]
            if refused.code == "NotFound":
                raise Unavailable("The push service does not know our platform application.") from None
            raise InvalidRequest("`push_token`: the platform does not accept it.") from None
        return made["EndpointArn"]

    def _set(self, arn: str, wanted: Mapping[str, str]) -> None:
        try:
            with _answered():
                self._client().set_endpoint_attributes(EndpointArn=arn, Attributes=wanted)
        except _Refused as refused:
            if refused.code == "NotFound":
                raise Unavailable("The push endpoint was removed at this moment. Register again.") from None
            raise InvalidRequest("`push_token`: the platform does not accept it.") from None

    def _attributes(self, arn: str) -> Mapping[str, str] | None:
        """None for an endpoint that is gone."""
        try:
            with _answered():
                return self._client().get_endpoint_attributes(EndpointArn=arn)["Attributes"]
        except _Refused:
            return None


def _enabled(found: Mapping[str, str]) -> bool:
    return found.get("Enabled", "").lower() == "true"
