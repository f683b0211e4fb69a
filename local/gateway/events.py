"""The events API Gateway hands to Lambda for a WebSocket API, field by field.

CONNECT and the authorizer's REQUEST carry headers and query string; MESSAGE carries none, only the request context and
the body; parameters that were not given are absent, not empty.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from local.deployment import Deployment

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def short_id() -> str:
    """An id as API Gateway makes them for connections, messages and requests: 16 characters, the last one `=`."""
    return base64.urlsafe_b64encode(os.urandom(11)).decode()


@dataclass(slots=True)
class Handshake:
    """What a client asked for: header values in order of arrival, query parameters likewise."""

    headers: Mapping[str, list[str]]
    query: Mapping[str, list[str]]
    source_ip: str

    @classmethod
    def of(cls, path: str, headers: list[tuple[str, str]], source_ip: str) -> Handshake:
        """From the request line's path and the raw headers; header names keep the client's spelling."""
        many: dict[str, list[str]] = {}
        for name, value in [*headers, *_added(source_ip)]:
            many.setdefault(name, []).append(value)
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(urlsplit(path).query, keep_blank_values=True):
            query.setdefault(name, []).append(value)
        return cls(many, query, source_ip)

    def header(self, name: str) -> str | None:
        """A header's value whatever its case, several joined by commas."""
        for each, values in self.headers.items():
            if each.lower() == name.lower():
                return ", ".join(values)
        return None

    def event_fields(self) -> dict[str, Any]:
        """Headers and query string as an event has them."""
        fields: dict[str, Any] = {
            "headers": {name: ", ".join(values) for name, values in self.headers.items()},
            "multiValueHeaders": {name: list(values) for name, values in self.headers.items()},
        }
        if self.query:
            fields["queryStringParameters"] = {name: values[-1] for name, values in self.query.items()}
            fields["multiValueQueryStringParameters"] = {name: list(values) for name, values in self.query.items()}
        return fields


@dataclass(slots=True)
class Caller:
    """What stays the same for all events of one connection; `authorizer` is what the authorizer said, as strings."""

    connection_id: str
    connected_at: int
    source_ip: str
    user_agent: str | None = None
    authorizer: dict[str, Any] | None = None


class Events:
    """Builds the events of one deployed API."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._domain = deployment.callback_host

    def authorizer(self, caller: Caller, handshake: Handshake, now_ms: int) -> dict[str, Any]:
        """The REQUEST authorizer's event."""
        here = self._deployment
        arn = f"arn:aws:execute-api:{here.region}:{here.account}:{here.api_id}/{here.stage}/$connect"
        return {
            "type": "REQUEST",
            "methodArn": arn,
            **handshake.event_fields(),
            "requestContext": self._context(caller, "$connect", "CONNECT", short_id(), now_ms),
        }

    def connect(self, caller: Caller, handshake: Handshake, now_ms: int) -> dict[str, Any]:
        """The event of the $connect route."""
        context = self._context(caller, "$connect", "CONNECT", short_id(), now_ms)
        return {**handshake.event_fields(), "requestContext": context, "isBase64Encoded": False}

    def message(self, caller: Caller, route_key: str, request_id: str, body: str, now_ms: int) -> dict[str, Any]:
        """The event of a client's frame."""
        context = self._context(caller, route_key, "MESSAGE", request_id, now_ms)
        context["messageId"] = short_id()
        return {"requestContext": context, "body": body, "isBase64Encoded": False}

    def disconnect(self, caller: Caller, code: int, reason: str, now_ms: int) -> dict[str, Any]:
        """The event of the $disconnect route."""
        context = self._context(caller, "$disconnect", "DISCONNECT", short_id(), now_ms)
        context |= {"disconnectStatusCode": code, "disconnectReason": reason}
        headers = {"Host": self._domain, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
        return {
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "requestContext": context,
            "isBase64Encoded": False,
        }

    def _context(self, caller: Caller, route_key: str, kind: str, request_id: str, now_ms: int) -> dict[str, Any]:
        identity: dict[str, Any] = {"sourceIp": caller.source_ip}
        if caller.user_agent is not None:
            identity["userAgent"] = caller.user_agent
        context: dict[str, Any] = {
            "routeKey": route_key,
            "eventType": kind,
            "extendedRequestId": request_id,
            "requestTime": _request_time(now_ms),
            "messageDirection": "IN",
            "stage": self._deployment.stage,
            "connectedAt": caller.connected_at,
            "requestTimeEpoch": now_ms,
            "identity": identity,
            "requestId": request_id,
            "domainName": self._domain,
            "connectionId": caller.connection_id,
            "apiId": self._deployment.api_id,
        }
        if caller.authorizer is not None:
            context["authorizer"] = caller.authorizer
        return context


def _added(source_ip: str) -> list[tuple[str, str]]:
    """The headers that AWS's own front puts on a handshake."""
    trace = f"Root=1-{int(time.time()):08x}-{os.urandom(12).hex()}"
    return [
        ("X-Amzn-Trace-Id", trace),
        ("X-Forwarded-For", source_ip),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
    ]


def _request_time(now_ms: int) -> str:
    """CLF time, such as 09/Feb/2024:18:11:43 +0000; month names do not follow the machine's locale."""
    at = time.gmtime(now_ms / 1000)
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
    return f"{at.tm_mday:02}/{MONTHS[at.tm_mon - 1]}/{at.tm_year}:{clock} +0000"
