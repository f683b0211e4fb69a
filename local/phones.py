"""The phones: what SNS would have handed to FCM and APNs, by platform endpoint.

Taken from the successful `Publish` calls of the workers. A message is read as SNS reads it: with structure `json` each
platform's value is a JSON string inside the JSON, and `default` is mandatory. What SNS would accept and the platform
refuse is kept too, with a sentence in `problem`, so that a test sees it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from local.clock import Clock
from local.workers.results import Invocation

_FCM_BYTES = 4096
_APNS_BYTES = 4096
_PLATFORM_KEYS = {"GCM": ("GCM",), "APNS": ("APNS",), "APNS_SANDBOX": ("APNS_SANDBOX", "APNS")}


@dataclass(frozen=True, slots=True)
class Push:
    """One push as it reached a phone. `payload` is the platform's own JSON, None if there is none for it."""

    endpoint: str
    platform: str
    payload: Any
    at_ms: int
    problem: str = ""


Listener = Callable[[Push], None]


class Phones:
    """An observer of invocations that collects pushes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pushes: list[Push] = []
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener` with each push as it comes."""
        self._listeners.append(listener)

    def invocation(self, record: Invocation) -> None:
        """Collect what this invocation published."""
        for call in record.result.calls:
            sent = call.units.get("push")
            if sent is None or call.error is not None:
                continue
            push = read_push(sent["target"], sent["message"], sent["structure"], self._clock.now_ms())
            self._pushes.append(push)
            for listener in self._listeners:
                listener(push)

    def all(self) -> list[Push]:
        """Every push, oldest first."""
        return list(self._pushes)

    def of(self, endpoint: str) -> list[Push]:
        """The pushes of one endpoint ARN, oldest first."""
        return [push for push in self._pushes if push.endpoint == endpoint]

    def as_json(self) -> dict[str, list[dict[str, Any]]]:
        """Pushes by endpoint."""
        told: dict[str, list[dict[str, Any]]] = {}
        for push in self._pushes:
            told.setdefault(push.endpoint, []).append(asdict(push))
        return told


def read_push(endpoint: str, message: str, structure: str, at_ms: int) -> Push:
    """What the phone behind `endpoint` gets of a published message.

    The ARN ends in `endpoint/<platform>/<application>/<id>` (ministack says `app` for `endpoint`).
    """
    platform = endpoint.split("/")[1] if endpoint.count("/") > 2 else ""
    if structure != "json":
        return Push(endpoint, platform, message, at_ms)
    try:
        parts = json.loads(message)
    except ValueError:
        return Push(endpoint, platform, None, at_ms, "the message is not JSON, but its structure says so")
    if not isinstance(parts, dict) or not isinstance(parts.get("default"), str):
        return Push(endpoint, platform, None, at_ms, "a message of structure json needs a default text")
    keys = _PLATFORM_KEYS.get(platform, (platform,))
    value = next((parts[key] for key in keys if key in parts), None)
    if value is None:
        return Push(endpoint, platform, parts["default"], at_ms, f"nothing for {platform}: it would get the default")
    return _platform_payload(endpoint, platform, value, at_ms)


def _platform_payload(endpoint: str, platform: str, value: Any, at_ms: int) -> Push:
    if not isinstance(value, str):
        return Push(endpoint, platform, value, at_ms, "a platform's value must be a JSON string, not an object")
    try:
        payload = json.loads(value)
    except ValueError:
        return Push(endpoint, platform, value, at_ms, "the platform's value is not JSON")
    return Push(endpoint, platform, payload, at_ms, _problem(platform, payload, len(value.encode())))


def _problem(platform: str, payload: Any, size: int) -> str:
    if not isinstance(payload, dict):
        return "the platform's payload is no object"
    if platform == "GCM":
        if "message" not in (payload.get("fcmV1Message") or {}):
            return "FCM v1 wants fcmV1Message.message"
        return "larger than FCM takes" if size > _FCM_BYTES else ""
    if platform.startswith("APNS"):
        if not isinstance(payload.get("aps"), dict):
            return "APNs wants an aps object"
        return "larger than APNs takes" if size > _APNS_BYTES else ""
    return ""
