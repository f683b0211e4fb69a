"""What the functions were seen doing: the latest invocations, and every kind of AWS call each function ever made.

The second is what a role needs: the host appends each new kind, as a line of JSON, to a file that outlives it.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.deployment import Deployment
from local.workers.results import CallRecord, Invocation

KEPT = 2_000
DENIED = ("AccessDenied", "AccessDeniedException", "ForbiddenException", "AuthorizationError")


class Observed:
    """An observer of invocations.  `path` is where new kinds of calls are appended, if anywhere."""

    def __init__(self, deployment: Deployment, path: Path | None = None, kept: int = KEPT) -> None:
        self._path = path
        self._latest: deque[Invocation] = deque(maxlen=kept)
        self._logical = {each.name: each.logical_id for each in deployment.tables.values()}
        self._logical |= {each.url: each.logical_id for each in deployment.queues.values()}
        self._kinds: set[tuple[str, str, str, str, bool]] = set()
        self.count = 0

    def invocation(self, record: Invocation) -> None:
        """Keep it, and note the kinds of calls that are new."""
        self.count += 1
        self._latest.append(record)
        for call in record.result.calls:
            for kind in self._kinds_of(record.function, call):
                if kind not in self._kinds:
                    self._kinds.add(kind)
                    self._append(kind)

    def latest(self, function: str = "", contains: str = "", limit: int = 1) -> list[dict[str, Any]]:
        """Summaries of the newest invocations of `function` whose event holds `contains`, newest first."""
        found: list[dict[str, Any]] = []
        for record in reversed(self._latest):
            if len(found) >= limit:
                break
            if function in ("", record.function) and contains in record.text:
                found.append(record.summary())
        return found

    def kinds(self) -> list[dict[str, Any]]:
        """Every kind of call seen: function, service, operation, resource (logical where known), denied."""
        return [_described(each) for each in sorted(self._kinds)]

    def _kinds_of(self, function: str, call: CallRecord) -> Iterator[tuple[str, str, str, str, bool]]:
        denied = call.error in DENIED
        touched = call.parts or [[call.operation, resource] for resource in call.resources or ("",)]
        for operation, resource in touched:
            yield function, call.service, operation, self._name(call.service, resource), denied

    def _name(self, service: str, resource: str) -> str:
        """Tables and queues by logical id; connections and push endpoints, of which there is no end, as one."""
        if service == "apigatewaymanagementapi":
            return "@connections"
        if ":endpoint/" in resource:
            return resource.rpartition("/")[0]
        return self._logical.get(resource, resource)

    def _append(self, kind: tuple[str, str, str, str, bool]) -> None:
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(json.dumps(_described(kind)) + "\n")


def _described(kind: tuple[str, str, str, str, bool]) -> dict[str, Any]:
    return dict(zip(("function", "service", "operation", "resource", "denied"), kind, strict=True))
