"""Makes, updates and deletes SNS platform applications at deploy time, for CloudFormation's custom resource.

Resource properties: `Name`, `Platform` (GCM, APNS or APNS_SANDBOX), `Arn` (the one that SNS makes of these two),
`Events`, the topic that is told of endpoints that died, and `SecretId`, the Secrets Manager secret with the
credentials, which are read here and appear in no template, answer or log:

GCM (FCM v1)       the service account's JSON key, as Firebase hands it out.
APNS, ...SANDBOX   JSON with `signing_key` (the .p8 file's text), `key_id`, `team_id` and `bundle_id`.

The physical id and the attribute `Arn` are the application's ARN.
"""

from __future__ import annotations

import json
import logging
import urllib.request
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

log = logging.getLogger("tidings.platform")

NOT_MADE = "not-made"
"""Physical id of an application that could not be made: there is nothing to delete."""

APNS_FIELDS = {
    "PlatformCredential": "signing_key",
    "PlatformPrincipal": "key_id",
    "ApplePlatformTeamID": "team_id",
    "ApplePlatformBundleID": "bundle_id",
}


EVENTS = ("EventDeliveryFailure", "EventEndpointDeleted")
"""Of which events of its endpoints an application tells the topic.  The others are our own doing."""


class BadSecret(ValueError):
    """The secret does not hold what its platform needs; the message names fields, never values."""


def handler(event: dict[str, Any], _context: object) -> None:
    """Do what CloudFormation asks and tell it how that went; whatever happens, it gets an answer."""
    physical_id = event.get("PhysicalResourceId", NOT_MADE)
    try:
        physical_id = _act(event)
    except BadSecret as error:
        _answer(event, physical_id, reason=str(error))
    except ClientError as error:
        detail = error.response.get("Error", {})
        _answer(event, physical_id, reason=f"{error.operation_name}: {detail.get('Code')}: {detail.get('Message')}")
    except Exception as error:
        log.error("failed: %s", type(error).__name__)
        _answer(event, physical_id, reason=f"Unexpected {type(error).__name__}.")
    else:
        _answer(event, physical_id)


def _act(event: Mapping[str, Any]) -> str:
    """Create, update or delete; the physical id of what is there afterwards."""
    current = str(event.get("PhysicalResourceId", NOT_MADE))
    if event["RequestType"] == "Delete":
        if current.startswith("arn:"):
            boto3.client("sns").delete_platform_application(PlatformApplicationArn=current)
        return current
    wanted = event["ResourceProperties"]
    attributes = credentials(wanted["Platform"], wanted["SecretId"]) | dict.fromkeys(EVENTS, wanted["Events"])
    if event["RequestType"] == "Update" and _same(wanted, event["OldResourceProperties"]):
        sns = boto3.client("sns")
        sns.set_platform_application_attributes(PlatformApplicationArn=current, Attributes=attributes)
        return current
    # Another name or platform is another application: CloudFormation deletes the old one by its physical id.
    return _create(wanted, attributes)


def _same(wanted: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Whether only the credentials or the topic changed."""
    return all(wanted[key] == old[key] for key in ("Name", "Platform"))


def _create(wanted: Mapping[str, Any], attributes: dict[str, str]) -> str:
    """The ARN of the application, new or there already with the same attributes (SNS creates idempotently).

    One that an earlier stack left behind, with the phones that are registered there, gets the credentials of today.
    """
    sns = boto3.client("sns")
    try:
        made = sns.create_platform_application(Name=wanted["Name"], Platform=wanted["Platform"], Attributes=attributes)
    except sns.exceptions.InvalidParameterException as refused:
        try:
            sns.set_platform_application_attributes(PlatformApplicationArn=wanted["Arn"], Attributes=attributes)
        except sns.exceptions.NotFoundException:
            raise refused from None  # There is none: it is the credentials that SNS does not like.
        return str(wanted["Arn"])
    return made["PlatformApplicationArn"]


def credentials(platform: str, secret_id: str) -> dict[str, str]:
    """SNS's attributes from the secret.  Raises `BadSecret`."""
    text = boto3.client("secretsmanager").get_secret_value(SecretId=secret_id).get("SecretString", "")
    try:
        secret = json.loads(text)
    except ValueError:
        raise BadSecret(f"The secret {secret_id} is not JSON text.") from None
    needed = ("private_key", "client_email", "project_id") if platform == "GCM" else tuple(APNS_FIELDS.values())
    missing = [name for name in needed if not isinstance(secret, dict) or not secret.get(name)]
    if missing:
        raise BadSecret(f"The secret {secret_id} lacks {', '.join(missing)}.")
    if platform == "GCM":
        return {"PlatformCredential": text}
    return {attribute: str(secret[name]) for attribute, name in APNS_FIELDS.items()}


def _answer(event: Mapping[str, Any], physical_id: str, reason: str = "") -> None:
    """PUT the outcome to the address that CloudFormation gave."""
    outcome = {
        "Status": "FAILED" if reason else "SUCCESS",
        "Reason": reason or "Done.",
        "PhysicalResourceId": physical_id,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {"Arn": physical_id},
    }
    body = json.dumps(outcome).encode()
    request = urllib.request.Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")  # noqa: S310
    with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310 - CloudFormation's own address
        reply.read()
