"""What ministack's SNS does not do: a platform that rejects a token later, and the event that SNS makes of it.

SNS disables the endpoint and, where the platform application names a topic for it, publishes a `DeliveryFailure` there;
the host calls the functions that are subscribed to that topic. All of it is read off what was deployed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local.aws import client
from local.clock import Clock
from local.deployment import Deployment
from local.workers.invoker import Invoker

OPERATION = "PushEndpoints"
_EVENTS = {"DeliveryFailure": "EventDeliveryFailure", "EndpointDeleted": "EventEndpointDeleted"}


class PlatformEndpoints:
    """The endpoints of the deployed platform applications."""

    def __init__(self, deployment: Deployment, invoker: Invoker, clock: Clock) -> None:
        self._deployment = deployment
        self._invoker = invoker
        self._clock = clock
        self._sns = client("sns", deployment.aws_endpoint)

    async def die(self, endpoint: str, *, deleted: bool = False) -> None:
        """Disable an endpoint (or delete it), and tell whoever is to be told."""
        await asyncio.to_thread(self._end, endpoint, deleted)
        application = endpoint.rpartition("/")[0].replace(":endpoint/", ":app/")
        kind = "EndpointDeleted" if deleted else "DeliveryFailure"
        await self._tell(application, {"EndpointArn": endpoint, "EventType": kind})

    def _end(self, endpoint: str, deleted: bool) -> None:
        if deleted:
            self._sns.delete_endpoint(EndpointArn=endpoint)
        else:
            self._sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "false"})

    async def _tell(self, application: str, told: Mapping[str, Any]) -> None:
        topic, functions = await asyncio.to_thread(self._listeners, application, _EVENTS[told["EventType"]])
        event = _event(topic, application, told, self._clock.now_ms())
        for function in functions:
            await self._invoker.invoke(function, event, OPERATION)

    def _listeners(self, application: str, attribute: str) -> tuple[str, list[str]]:
        """The topic of an event, and the functions that are subscribed to it."""
        told = self._sns.get_platform_application_attributes(PlatformApplicationArn=application)["Attributes"]
        topic = told.get(attribute, "")
        if not topic:
            return "", []
        listening = self._sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        arns = {each["Endpoint"] for each in listening if each["Protocol"] == "lambda"}
        return topic, [name for name, spec in self._deployment.functions.items() if spec.arn in arns]


def _event(topic: str, application: str, told: Mapping[str, Any], now_ms: int) -> dict[str, Any]:
    """A notification as Lambda gets it from a topic."""
    at = datetime.fromtimestamp(now_ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    failure = {
        "DeliveryAttempts": 1,
        "FailureMessage": "Platform token associated with the endpoint is not valid",
        "FailureType": "InvalidPlatformToken",
    }
    more = failure if told["EventType"] == "DeliveryFailure" else {}
    message = {**told, **more, "Resource": application, "Service": "SNS", "Time": at}
    notification: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": f"{now_ms:032x}",
        "TopicArn": topic,
        "Subject": None,
        "Message": json.dumps(message),
        "Timestamp": at,
        "MessageAttributes": {},
    }
    return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": notification}]}
