"""Deploys the adapted template into ministack through CloudFormation, and puts the development credentials in place."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.aws import client
from local.deployment import Deployment
from local.errors import HostError
from local.readback import read_back
from local.template import Adapted

STACK = "Tidings-local"
BUCKET = "tidings-local-deploy"
GIVE_UP_S = 60.0


def deploy(endpoint: str, adapted: Adapted, secrets: Mapping[str, str]) -> Deployment:
    """Deploy, switch TTL on, read everything back. Blocks for a few seconds; raises `HostError`.

    `secrets` are Secrets Manager names and values, stored before the deploy, whose custom resources read them.
    """
    try:
        _store(endpoint, secrets)
        outputs = _create(endpoint, adapted)
        deployment = read_back(endpoint, STACK, adapted, outputs)
        _switch_ttl_on(endpoint, deployment)
    except (BotoCoreError, ClientError) as error:
        raise HostError(f"ministack refused the deploy: {str(error)[:400]}.") from error
    return deployment


def _store(endpoint: str, secrets: Mapping[str, str]) -> None:
    manager = client("secretsmanager", endpoint)
    for name, value in secrets.items():
        manager.create_secret(Name=name, SecretString=value)


def _create(endpoint: str, adapted: Adapted) -> dict[str, str]:
    """Create the stack and wait; its outputs. Raises `HostError` with the first reason CloudFormation gives."""
    formation = client("cloudformation", endpoint)
    formation.create_stack(
        StackName=STACK,
        TemplateURL=_upload(endpoint, json.dumps(adapted.template, separators=(",", ":"))),
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    )
    give_up = time.monotonic() + GIVE_UP_S
    while True:
        stack = formation.describe_stacks(StackName=STACK)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            break
        if time.monotonic() > give_up:
            raise HostError(f"The deploy into ministack did not end within {GIVE_UP_S:.0f} s.")
        time.sleep(0.05)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise HostError(f"The deploy into ministack failed: {_reason(formation, stack)}")
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def _upload(endpoint: str, body: str) -> str:
    """The template's address in S3: CloudFormation takes no more than 51,200 bytes by itself."""
    s3 = client("s3", endpoint)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=body.encode())
    return f"{endpoint}/{BUCKET}/template.json"


def _reason(formation: Any, stack: Mapping[str, Any]) -> str:
    events = formation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [each for each in events if each["ResourceStatus"].endswith("_FAILED")]
    told = [f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', '')}" for each in failed]
    return told[-1] if told else str(stack.get("StackStatusReason", stack["StackStatus"]))


def _switch_ttl_on(endpoint: str, deployment: Deployment) -> None:
    dynamodb = client("dynamodb", endpoint)
    for table in deployment.tables.values():
        if table.ttl_attribute is not None:
            wanted = {"Enabled": True, "AttributeName": table.ttl_attribute}
            dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification=wanted)
