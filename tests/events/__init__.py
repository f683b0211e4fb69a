"""Events as API Gateway hands them to Lambda for a WebSocket API, kept as JSON, and variations of them.

The JSON has the shapes of recorded events (fields, types, what is absent); ids, names and times are made up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FAR = 4_102_444_800
"""1 January 2100, in epoch seconds: a token that outlives every test."""

_numbers = count(1)


def load(name: str) -> dict[str, Any]:
    """A fresh copy of an event: `connect`, `message`, `disconnect`."""
    event: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text())
    return event


@dataclass(frozen=True, slots=True)
class Socket:
    """One client's connection.  Each frame it sends has a message id of its own."""

    user_id: str
    device_id: str = "phone"
    connection_id: str = ""
    connected_at: int = 1_761_549_610_512
    expires_at: int = FAR
    name: str | None = None

    @property
    def id(self) -> str:
        """The connection id: given, or made of user and device."""
        return self.connection_id or f"{self.user_id}-{self.device_id}="

    def connect(self, now: int | None = None) -> dict[str, Any]:
        """`$connect`, at the time of the connection unless told otherwise."""
        event = load("connect")
        event["headers"]["Sec-WebSocket-Protocol"] = "tidings.v1, bearer.header.payload.signature"
        event["queryStringParameters"] = {"device": self.device_id}
        event["multiValueQueryStringParameters"] = {"device": [self.device_id]}
        return self._theirs(event, self.connected_at if now is None else now)

    def disconnect(self, now: int) -> dict[str, Any]:
        """`$disconnect`."""
        return self._theirs(load("disconnect"), now)

    def message(self, body: dict[str, Any] | str, now: int, *, route: str | None = None) -> dict[str, Any]:
        """A frame that the gateway took at `now` (epoch ms), routed by its `action` unless told otherwise."""
        event = load("message")
        event["body"] = body if isinstance(body, str) else json.dumps(body)
        action = body.get("action") if isinstance(body, dict) else None
        event["requestContext"]["routeKey"] = route or action or "$default"
        event["requestContext"]["messageId"] = f"M{next(_numbers):014d}="
        return self._theirs(event, now)

    def _theirs(self, event: dict[str, Any], now: int) -> dict[str, Any]:
        context = event["requestContext"]
        context["authorizer"] |= {
            "principalId": self.user_id,
            "user_id": self.user_id,
            "device_id": self.device_id,
            "expires_at": str(self.expires_at),
        }
        del context["authorizer"]["name"]
        if self.name is not None:
            context["authorizer"]["name"] = self.name
        request_id = f"R{next(_numbers):014d}="
        context |= {
            "requestTimeEpoch": now,
            "requestId": request_id,
            "extendedRequestId": request_id,
            "connectionId": self.id,
            "connectedAt": self.connected_at,
        }
        return event
