"""The phones: what SNS would have handed to FCM and APNs, by platform endpoint.

Taken from the successful `Publish` calls of the workers. What SNS or the platform would refuse or ignore (see
`local.platforms`) is kept too, with a sentence in `problem`, so that a test sees it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from local.clock import Clock
from local.platforms import sns
from local.workers.results import Invocation


@dataclass(frozen=True, slots=True)
class Push:
    """One push as it reached a phone. `payload` is the platform's own JSON, None if there is none for it; `headers`
    are the message attributes, by the last word of their names."""

    endpoint: str
    platform: str
    payload: Any
    at_ms: int
    problem: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


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
            push = read_push(
                sent["target"], sent["message"], sent["structure"], sent["attributes"], self._clock.now_ms()
            )
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


def read_push(
    endpoint: str, message: str, structure: str, attributes: Mapping[str, Mapping[str, str]], at_ms: int
) -> Push:
    """What the phone behind `endpoint` gets of a published message.

    The ARN ends in `endpoint/<platform>/<application>/<id>` (ministack says `app` for `endpoint`).
    """
    platform = endpoint.split("/")[1] if endpoint.count("/") > 2 else ""
    if structure != "json":
        return Push(endpoint, platform, message, at_ms)
    headers = {name.rpartition(".")[2]: str(each.get("StringValue")) for name, each in attributes.items()}
    wrong = sns.problem(platform, message, attributes)
    return Push(endpoint, platform, _payload(platform, message), at_ms, wrong, headers)


def _payload(platform: str, message: str) -> Any:
    """The platform's own JSON; what could not be read is left as it is."""
    try:
        parts = json.loads(message)
        value = parts.get(platform, parts.get("default")) if isinstance(parts, dict) else None
        return json.loads(value) if platform in parts and isinstance(value, str) else value
    except ValueError:
        return None
