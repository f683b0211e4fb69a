"""Recorded events of the gateway and of streams, with what a test wants different."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "events"


@cache
def _read(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return event


def recorded(name: str) -> dict[str, Any]:
    """A copy of the event in `tests/events/<name>.json`."""
    return copy.deepcopy(_read(name))


def attempt(token: str | None, *, device: str | None = "phone", **headers: str | None) -> dict[str, Any]:
    """A connection attempt at the authorizer.  Headers (with `_` for `-`) are replaced; None leaves one out."""
    event = recorded("connect_authorizer")
    offered = "tidings.v1" if token is None else f"tidings.v1, bearer.{token}"
    given = {"Sec_WebSocket_Protocol": offered, **headers}
    for name, value in given.items():
        header = name.replace("_", "-")
        for place in ("headers", "multiValueHeaders"):
            for known in [each for each in event[place] if each.lower() == header.lower()]:
                del event[place][known]
        if value is not None:
            event["headers"][header] = value
            event["multiValueHeaders"][header] = [value]
    if device is None:
        for place in ("queryStringParameters", "multiValueQueryStringParameters"):
            del event[place]
    else:
        event["queryStringParameters"]["device"] = device
        event["multiValueQueryStringParameters"]["device"] = [device]
    return event


def frame(route: str, body: dict[str, Any], number: int = 1, **identity: str) -> dict[str, Any]:
    """A MESSAGE event with `body`, the `number`th of its connection."""
    event = recorded("whoami")
    context = event["requestContext"]
    context["routeKey"] = route
    context["messageId"] = f"Aa1Dd4Ee5iACG{number}="
    context["requestTimeEpoch"] += number
    context["authorizer"].update(identity)
    event["body"] = json.dumps({"action": route, **body})
    return event
