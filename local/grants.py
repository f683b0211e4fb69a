"""Where ministack asks a role for something else than AWS does; part of `local.template`, and listed by it.

* A batch of messages: ministack asks for `sqs:SendMessageBatch`, which IAM does not know; on AWS `sqs:SendMessage`
  covers it.
* Calls on platform applications and endpoints: ministack does not see which one they are about, so who may make such
  a call on some may, here, make it on any. Which they may on AWS is checked by the template's tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SEND_MESSAGE = "sqs:SendMessage"
SEND_BATCH = "sqs:SendMessageBatch"
ON_ENDPOINTS = frozenset(
    f"sns:{name}"
    for name in (
        *("CreatePlatformEndpoint", "GetEndpointAttributes", "SetEndpointAttributes", "DeleteEndpoint", "Publish"),
        *("SetPlatformApplicationAttributes", "GetPlatformApplicationAttributes", "DeletePlatformApplication"),
    )
)


def widen(resources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Change the roles' statements in place; a line for each kind of change that was needed."""
    batches = endpoints = 0
    for statement in (found for each in resources.values() for found in _statements(each)):
        actions = _listed(statement.get("Action"))
        if SEND_MESSAGE in actions and SEND_BATCH not in actions:
            statement["Action"] = [*actions, SEND_BATCH]
            batches += 1
        if actions and ON_ENDPOINTS.issuperset(actions) and statement.get("Resource") != "*":
            statement["Resource"] = "*"
            endpoints += 1
    lines = []
    if batches:
        lines.append(f"{SEND_MESSAGE} in {batches} statements: the batch is named too, as ministack wants it")
    if endpoints:
        lines.append(f"push endpoints in {endpoints} statements: on any of them, since ministack does not look")
    return lines


def _statements(resource: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The statements of a role's own policies, or of a policy."""
    properties = resource.get("Properties", {})
    documents = []
    if resource["Type"] == "AWS::IAM::Role":
        documents = [each["PolicyDocument"] for each in properties.get("Policies", ())]
    elif resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        documents = [properties["PolicyDocument"]]
    for document in documents:
        yield from document["Statement"]


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
