"""Who the functions are: credentials of each one's role, and what its policies say about `@connections`.

ministack enforces the roles for its own services. `@connections` is the host's, so the host asks the same policies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from local.aws import client
from local.deployment import Deployment

SESSION_S = 7 * 86_400
"""AWS ends a session after 12 hours at most and Lambda renews it; here one lasts as long as the host may run."""
MANAGE = "execute-api:ManageConnections"


class Roles:
    """The functions' sessions. `environment` is for the workers, `may_manage` for the `@connections` endpoint."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._statements: dict[str, Sequence[Mapping[str, Any]]] = {}
        self.environment: dict[str, dict[str, str]] = {}

    def assume(self) -> None:
        """Assume every function's role and read its policies. Blocks; boto3's errors pass through."""
        sts = client("sts", self._deployment.aws_endpoint)
        iam = client("iam", self._deployment.aws_endpoint)
        for name, function in self._deployment.functions.items():
            told = sts.assume_role(RoleArn=function.role_arn, RoleSessionName=name, DurationSeconds=SESSION_S)
            given = told["Credentials"]
            self.environment[name] = {
                "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
                "AWS_SESSION_TOKEN": given["SessionToken"],
            }
            self._statements[given["AccessKeyId"]] = _statements(iam, function.role_arn.rpartition("/")[2])

    def may_manage(self, access_key: str, method: str, path: str) -> bool:
        """Whether the session with this key may call `@connections` with this method; `path` follows the stage."""
        told = self._deployment
        arn = f"arn:aws:execute-api:{told.region}:{told.account}:{told.api_id}/{told.stage}/{method}/{path}"
        return allows(self._statements.get(access_key, ()), MANAGE, arn)


def allows(statements: Iterable[Mapping[str, Any]], action: str, resource: str) -> bool:
    """IAM's decision without conditions: some statement allows it and none denies it."""
    effects = {each["Effect"] for each in statements if _covers(each, action, resource)}
    return "Allow" in effects and "Deny" not in effects


def _covers(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    actions = [each.lower() for each in _listed(statement.get("Action", []))]
    if not any(fnmatchcase(action.lower(), each) for each in actions):
        return False
    return any(fnmatchcase(resource, each) for each in _listed(statement.get("Resource", [])))


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _statements(iam: Any, role: str) -> list[Mapping[str, Any]]:
    """Every statement of a role's inline and attached policies."""
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        policy = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]
        version = iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId=policy["DefaultVersionId"])
        documents.append(version["PolicyVersion"]["Document"])
    statements: list[Mapping[str, Any]] = []
    for document in documents:
        parsed = json.loads(unquote(document)) if isinstance(document, str) else document
        found = parsed["Statement"]
        statements += [found] if isinstance(found, Mapping) else found
    return statements
