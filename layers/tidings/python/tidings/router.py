"""From a gateway event to a use case and back: the one place where an error becomes a wire code.

Powertools has no resolver for WebSocket APIs; this one mirrors the interface proposed there (`on_connect`,
`on_disconnect`, `on_default`, `route`), so that moving over is a matter of an import.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from tidings.domain.errors import BadJson, Internal, InvalidRequest, TidingsError, TokenExpired, UnknownAction
from tidings.domain.identity import Caller, Connection, Identity
from tidings.domain.where import where
from tidings.ports.world import Clock
from tidings.protocol.actions import SUBPROTOCOL
from tidings.protocol.frames import Request, encode, error_reply
from tidings.protocol.patterns import WORDS


@dataclass(frozen=True, slots=True)
class Farewell:
    """The last reply on a connection, which ends with it.

    A route's response goes out when the function has ended, and then nobody is left to close the socket.  So
    `say(text)` posts the reply and closes, and the route itself answers nothing.
    """

    reply: BaseModel
    say: Callable[[str], None]


GatewayEvent = Mapping[str, Any]
Response = dict[str, Any]
Model = TypeVar("Model", bound=Request)


class Log(Protocol):
    """What the router needs of a logger (Powertools' fits)."""

    def info(self, msg: object, /, **fields: Any) -> None:
        """One line."""

    def error(self, msg: object, /, **fields: Any) -> None:
        """One line."""


def caller_of(context: Mapping[str, Any]) -> Caller:
    """The caller of an event, from its `requestContext`.  Identity is what the authorizer put there."""
    proven = context["authorizer"]
    identity = Identity(
        proven["user_id"],
        proven["device_id"],
        int(proven["expires_at"]),
        proven.get("name"),
        int(proven.get("issued_at", 0)),
    )
    connection = Connection(
        identity.device_id, context["connectionId"], int(context["connectedAt"]), expires_at=identity.expires_at
    )
    frame_id = context.get("messageId") or context["requestId"]
    return Caller(identity, connection, int(context["requestTimeEpoch"]), frame_id)


def explain(error: ValidationError) -> InvalidRequest:
    """The first problem as a sentence that names the field and repeats nothing of the frame."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "the frame"
    if first["type"] == "extra_forbidden":
        return InvalidRequest(f"`{field}`: there is no such field.")
    if first["type"] == "missing":
        return InvalidRequest(f"`{field}`: this field is required.")
    if first["type"] == "string_pattern_mismatch":
        return InvalidRequest(f"`{field}`: {WORDS[first['ctx']['pattern']]}.")
    return InvalidRequest(f"`{field}`: {first['msg']}.")


class Router:
    """The routes of one function.  Use cases are given as callables, so that nothing is built before it is needed."""

    def __init__(self, clock: Clock, log: Log) -> None:
        self._clock = clock
        self._log = log
        self._routes: dict[str, tuple[type[Request], Callable[[Caller, Any], BaseModel | Farewell]]] = {}
        self._spends: dict[str, Callable[[str], None]] = {}
        self._on_connect: Callable[[Caller], None] | None = None
        self._on_disconnect: Callable[[Caller], None] | None = None
        self._actions: frozenset[str] = frozenset()

    def on_connect(self, handle: Callable[[Caller], None]) -> None:
        """What to do on `$connect`."""
        self._on_connect = handle

    def on_disconnect(self, handle: Callable[[Caller], None]) -> None:
        """What to do on `$disconnect`."""
        self._on_disconnect = handle

    def on_default(self, actions: frozenset[str]) -> None:
        """Answer `$default` with errors; `actions` are all that exist."""
        self._actions = actions

    def route(self, model: type[Model], handle: Callable[[Caller, Model], BaseModel | Farewell]) -> None:
        """Answer the action that `model` fixes."""
        self._routes[model.model_fields["action"].default] = (model, handle)

    def count(self, actions: Iterable[str], spend: Callable[[str], None]) -> None:
        """Before each of `actions` call `spend(user_id)`, which raises `RateLimited` when it is too much."""
        self._spends |= dict.fromkeys(actions, spend)

    def resolve(self, event: GatewayEvent) -> Response:
        """Answer one gateway event.  Never raises: a failure is an `error` frame, or a 5xx on `$connect`."""
        context = event["requestContext"]
        key = context["routeKey"]
        if key in ("$connect", "$disconnect"):
            return self._lifecycle(key, context)
        body = event.get("body") or ""
        try:
            return self._reply(self._action(key, context, body))
        except TidingsError as error:
            return self._refuse(key, body, error)
        except Exception as error:
            self._log.error("unhandled", route=key, error=type(error).__name__, where=where(error))
            return self._refuse(key, body, Internal("Something went wrong on our side. Send the same frame again."))

    def _action(self, key: str, context: Mapping[str, Any], body: str) -> BaseModel | Farewell:
        caller = caller_of(context)
        if caller.identity.expires_at * 1_000 <= self._clock.now():
            raise TokenExpired("The token of this connection has expired. Connect again with a fresh one.")
        if key not in self._routes:
            raise self._unroutable(body)
        model, handle = self._routes[key]
        request = _request(model, body)
        if key in self._spends:
            self._spends[key](caller.user_id)
        return handle(caller, request)

    def _unroutable(self, body: str) -> TidingsError:
        frame = _parse(body)
        if frame is None:
            return BadJson("A frame is one JSON object with `action` and `id`.")
        action = frame.get("action")
        if not isinstance(action, str):
            return InvalidRequest("`action`: this field is required, and is a string.")
        known = ", ".join(sorted(self._actions))
        return UnknownAction(f"There is no such action. Known are: {known}.")

    def _lifecycle(self, key: str, context: Mapping[str, Any]) -> Response:
        handle = self._on_connect if key == "$connect" else self._on_disconnect
        try:
            if handle is not None:
                handle(caller_of(context))
        except TokenExpired:
            self._log.info("unauthorized", route=key, connection=context["connectionId"])
            return {"statusCode": 401}
        except Exception as error:
            self._log.error("unhandled", route=key, error=type(error).__name__, where=where(error))
            return {"statusCode": 500}
        if key == "$connect":
            return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": SUBPROTOCOL}}
        return {"statusCode": 200}

    def _reply(self, reply: BaseModel | Farewell) -> Response:
        if isinstance(reply, Farewell):
            reply.say(encode(reply.reply))
            return {"statusCode": 200}
        return {"statusCode": 200, "body": encode(reply)}

    def _refuse(self, key: str, body: str, error: TidingsError) -> Response:
        self._log.info("refused", route=key, code=error.code)
        return {"statusCode": 200, "body": encode(error_reply(_request_id(body), error))}


def _request(model: type[Model], body: str) -> Model:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise explain(error) from None


def _parse(body: str) -> dict[str, Any] | None:
    try:
        frame = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return frame if isinstance(frame, dict) else None


def _request_id(body: str) -> str | None:
    """The `id` to echo, None for what is none.  Half a character (a lone surrogate) could not even be written."""
    found = (_parse(body) or {}).get("id")
    return found if isinstance(found, str) and len(found) <= 64 and found.isprintable() else None
