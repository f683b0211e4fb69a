"""Which route a frame takes, and what a route's function says back to the client."""

from __future__ import annotations

import json
from typing import Any

from local.deployment import Deployment, RouteSpec
from local.workers.results import InvokeResult

DEFAULT = "$default"
FAILED = "Internal server error"


class Routes:
    """Route selection by an expression such as `$request.body.action`; what matches nothing goes to $default."""

    def __init__(self, deployment: Deployment) -> None:
        expression = deployment.route_selection
        if not expression.startswith("$request.body."):
            raise ValueError(f"route selection {expression!r} is not one this host knows ($request.body.…)")
        self._path = expression.removeprefix("$request.body.").split(".")
        self._routes = deployment.routes

    def select(self, body: str) -> RouteSpec | None:
        """The route for a frame's text; None where there is not even a $default."""
        value = _dig(body, self._path)
        # The $-routes are the gateway's own: a client cannot name them.
        if isinstance(value, str) and not value.startswith("$") and value in self._routes:
            return self._routes[value]
        return self._routes.get(DEFAULT)


def _dig(body: str, path: list[str]) -> Any:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def reply(result: InvokeResult) -> str | None:
    """The body that a route response carries; None where the function gave none.  Raises `ValueError` if it failed."""
    answer = result.payload
    if result.error is not None or not isinstance(answer, dict) or not isinstance(answer.get("statusCode"), int):
        raise ValueError(FAILED)
    body = answer.get("body")
    if body is not None and not isinstance(body, str):
        raise ValueError(FAILED)
    return body


def gateway_error(message: str, connection_id: str, request_id: str) -> str:
    """What API Gateway itself tells a client when something went wrong behind it."""
    return json.dumps({"message": message, "connectionId": connection_id, "requestId": request_id})
