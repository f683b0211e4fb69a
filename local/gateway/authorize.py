"""A REQUEST authorizer's part of the handshake: are its inputs there, does its policy allow, what does it hand on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from local.gateway.events import Handshake


class BadAuthorizer(Exception):
    """The authorizer's answer is none API Gateway could use; the client gets a 500."""


def has_identity(sources: Sequence[str], handshake: Handshake) -> bool:
    """Whether every identity source has a value; if not, API Gateway answers 401 without calling the authorizer."""
    return all(_source(each, handshake) for each in sources)


def _source(source: str, handshake: Handshake) -> str | None:
    kind, _, name = source.removeprefix("route.request.").partition(".")
    if kind == "header":
        return handshake.header(name)
    if kind == "querystring":
        return handshake.query.get(name, [""])[-1]
    raise BadAuthorizer(f"identity source {source!r} is not one this host knows")


def decide(answer: Any, arn: str, limit_bytes: int) -> dict[str, Any] | None:
    """The context for later events, its values as strings; None where the policy does not allow `arn`.

    Raises `BadAuthorizer` for an answer without principal or policy, too large, or with a context that is not flat.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("policyDocument"), dict):
        raise BadAuthorizer("no policy document")
    if not answer.get("principalId"):
        raise BadAuthorizer("no principal")
    if len(json.dumps(answer)) > limit_bytes:
        raise BadAuthorizer("answer too large")
    statements = answer["policyDocument"].get("Statement", [])
    if not allows(statements if isinstance(statements, list) else [statements], "execute-api:Invoke", arn):
        return None
    return {"principalId": answer["principalId"], **_context(answer.get("context") or {})}


def allows(statements: Sequence[Mapping[str, Any]], action: str, resource: str) -> bool:
    """IAM's rule: an explicit deny wins, else one allow is needed."""
    effects = {each.get("Effect") for each in statements if _applies(each, action, resource)}
    return "Allow" in effects and "Deny" not in effects


def _applies(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    actions, resources = _listed(statement.get("Action")), _listed(statement.get("Resource"))
    return any(_pattern(each.lower()).fullmatch(action.lower()) for each in actions) and any(
        _pattern(each).fullmatch(resource) for each in resources
    )


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


@lru_cache(maxsize=512)
def _pattern(wildcards: str) -> re.Pattern[str]:
    return re.compile(re.escape(wildcards).replace(r"\*", ".*").replace(r"\?", "."))


def _context(given: Mapping[str, Any]) -> dict[str, str]:
    context = {}
    for name, value in given.items():
        if isinstance(value, bool):
            context[name] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            context[name] = str(value)
        else:
            raise BadAuthorizer(f"context value {name!r} is neither string, number nor boolean")
    return context
