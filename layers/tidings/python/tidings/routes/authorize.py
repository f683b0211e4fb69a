"""`$connect`'s authorizer: from the gateway's request to its policy.

    no token, a bad or an expired one      401 (the gateway wants an exception that says "Unauthorized")
    a wrong Origin or device id, or none
    of our subprotocols offered            403 (a policy that denies)
    the issuer's keys cannot be had        500 (any other exception): not the client's fault, try again

Browsers cannot set headers on a WebSocket, but they can offer subprotocols: so the token travels as
`Sec-WebSocket-Protocol: tidings.v1, bearer.<jwt>`, never in the URL, where logs keep it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from tidings.domain.errors import Forbidden, TokenExpired
from tidings.domain.identity import Identity
from tidings.protocol.actions import BEARER_PREFIX, SUBPROTOCOL

DEFAULT_DEVICE: Final = "default"
DEVICE_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z", re.ASCII)
ANY: Final = "*"

Event = Mapping[str, Any]
Policy = dict[str, Any]


class Unauthorized(Exception):
    """Becomes a 401.  The gateway looks at the message, which must be exactly this word."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


class Log(Protocol):
    """What is needed of a logger."""

    def info(self, msg: str, /, **fields: Any) -> None:
        """One line."""


class Authorizer:
    """Answers the gateway's REQUEST authorizer.  `origins` are the browser origins allowed; `*` allows any."""

    def __init__(self, verify: Callable[[str, str], Identity], origins: frozenset[str], log: Log) -> None:
        self._verify = verify
        self._origins = origins
        self._log = log

    def resolve(self, event: Event) -> Policy:
        """The policy for one `$connect`.  Raises `Unauthorized` for a 401, `Unavailable` for a 500."""
        offered = [part.strip() for value in _header(event, "sec-websocket-protocol") for part in value.split(",")]
        device_id = (event.get("queryStringParameters") or {}).get("device", DEFAULT_DEVICE)
        if not self._origin_allowed(_header(event, "origin")):
            return self._deny(event, "origin")
        if SUBPROTOCOL not in offered:
            return self._deny(event, "subprotocol")
        if not isinstance(device_id, str) or DEVICE_ID.match(device_id) is None:
            return self._deny(event, "device")
        tokens = [part.removeprefix(BEARER_PREFIX) for part in offered if part.startswith(BEARER_PREFIX)]
        if len(tokens) != 1 or not tokens[0]:
            raise self._unauthorized(event, "No token, or several.")
        try:
            identity = self._verify(tokens[0], device_id)
        except (Forbidden, TokenExpired) as error:
            raise self._unauthorized(event, error.message) from None
        return _policy(event, "Allow", identity.user_id, context_of(identity))

    def _origin_allowed(self, origins: list[str]) -> bool:
        """Browsers always send an Origin, native clients none: an absent one is allowed."""
        return ANY in self._origins or all(normal_origin(origin) in self._origins for origin in origins)

    def _deny(self, event: Event, why: str) -> Policy:
        self._log.info("refused", why=why, connection=_connection(event))
        return _policy(event, "Deny", "nobody", {})

    def _unauthorized(self, event: Event, why: str) -> Unauthorized:
        self._log.info("unauthorized", why=why, connection=_connection(event))
        return Unauthorized()


def normal_origin(origin: str) -> str:
    """An Origin as it is compared: scheme and host are case-insensitive, and people type a slash at the end."""
    return origin.strip().rstrip("/").lower()


def context_of(identity: Identity) -> dict[str, str]:
    """What the gateway puts on every event of the connection; it takes strings only."""
    context = {
        "user_id": identity.user_id,
        "device_id": identity.device_id,
        "expires_at": str(identity.expires_at),
        "issued_at": str(identity.issued_at),
    }
    return context if identity.name is None else {**context, "name": identity.name}


def _header(event: Event, name: str) -> list[str]:
    """All values of a header, whose name comes in the case that the client chose."""
    several: Mapping[str, Any] = event.get("multiValueHeaders") or {}
    found = [value for key, values in several.items() if key.lower() == name for value in values]
    if found:
        return found
    single: Mapping[str, Any] = event.get("headers") or {}
    return [value for key, value in single.items() if key.lower() == name]


def _connection(event: Event) -> str:
    return str((event.get("requestContext") or {}).get("connectionId", ""))


def _policy(event: Event, effect: str, principal: str, context: Mapping[str, str]) -> Policy:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": dict(context),
    }
