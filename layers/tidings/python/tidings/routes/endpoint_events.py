"""What SNS tells of a platform application's endpoints: delivery failures, deletions, changes.

    {"EventType": "DeliveryFailure", "FailureType": "InvalidPlatformToken", "EndpointArn": "arn:...", ...}

It comes through a topic (SNS developer guide, "Application event notifications"), one notification a record.  Whatever
it says of the endpoint, it is looked at: what stands counts, not what was told.  Nobody waits for the answer, so a
failure is raised, and Lambda tries twice again; what is lost then is found out by the next push to that endpoint.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from tidings.services.endpoints import Endpoints

SOURCE: Final = "aws:sns"


class NotLookedAt(Exception):
    """An endpoint could not be looked at; what went wrong is in the log."""


class EndpointEvents:
    """Answers notifications.  `report` is told about errors."""

    def __init__(self, endpoints: Endpoints, report: Callable[[Exception], None]) -> None:
        self._endpoints = endpoints
        self._report = report

    @staticmethod
    def takes(event: Mapping[str, Any]) -> bool:
        """Whether the event is SNS's."""
        return bool(event["Records"][0].get("EventSource") == SOURCE)

    def resolve(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Look at each endpoint.  Raises `NotLookedAt` to be called again."""
        failed = False
        for record in event["Records"]:
            try:
                self._endpoints.look(json.loads(record["Sns"]["Message"])["EndpointArn"])
            except Exception as error:
                self._report(error)
                failed = True
        if failed:
            raise NotLookedAt
        return {}
