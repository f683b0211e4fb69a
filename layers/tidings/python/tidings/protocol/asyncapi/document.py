"""The AsyncAPI 3.0 document: the server's side of one channel, with an operation for every action."""

from __future__ import annotations

import inspect
import json
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel

from tidings.protocol.actions import BEARER_PREFIX, SUBPROTOCOL
from tidings.protocol.asyncapi.answers import ANSWERS, action_of
from tidings.protocol.asyncapi.schemas import ref, schemas
from tidings.protocol.events import EventsFrame
from tidings.protocol.frames import ErrorReply, Request
from tidings.protocol.patterns import DEVICE_ID

Part = dict[str, Any]

CHANNEL: Final = "tidings"
FAILURE: Final = "GatewayFailure"
OFFERED: Final = f"{SUBPROTOCOL}, {BEARER_PREFIX}<JWT>"

ABOUT: Final = f"""\
JSON text frames over one WebSocket. The operations are the server's: what it *receives* is what a client sends.

A request has `action` and `id`; it gets exactly one reply, which echoes the `id`: the one named here, or an error.
Events come at any time. What changes something has a `client_id`: send the same frame with the same `client_id` again
until it is answered, and it is done once. Absent values are left out, never null. Unknown fields of a request are
refused; ignore those of what the server sends. Times are epoch milliseconds, but for `expires_at` (seconds). A frame
is at most 32 KB of text. How a client syncs, orders and drops repeats: docs/protocol.md.

Connect with `Sec-WebSocket-Protocol: {OFFERED}`; the server answers `{SUBPROTOCOL}`."""

TOKEN: Final = f"""\
A JWT of the issuer that the deployment trusts, offered as a second subprotocol because browsers cannot set headers.
The whole value is `{OFFERED}`. No token, a bad or an expired one: 401. A wrong `Origin` or device id, or no
`{SUBPROTOCOL}` among the offered: 403."""

REPLIES: Final[tuple[type[BaseModel], ...]] = (*dict.fromkeys(ANSWERS.values()), ErrorReply)
FRAMES: Final[tuple[type[BaseModel], ...]] = (*ANSWERS, *REPLIES, EventsFrame)


def text(server: str | None = None) -> str:
    """The document as JSON; the same for the same models, whoever makes it."""
    return json.dumps(document(server), indent=1, ensure_ascii=False) + "\n"


def document(server: str | None = None) -> Part:
    """The document, for the deployment at `server` (`wss://host/stage`) or, without, for any."""
    names = [each.__name__ for each in FRAMES]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Tidings", "version": SUBPROTOCOL.rpartition(".v")[2], "description": ABOUT},
        "defaultContentType": "application/json",
        "servers": {"tidings": _server(server)},
        "channels": {CHANNEL: _channel(server, [*names, FAILURE])},
        "operations": _operations(),
        "components": {
            "messages": _messages(),
            "schemas": schemas(),
            "securitySchemes": {
                "token": {
                    "type": "httpApiKey",
                    "in": "header",
                    "name": "Sec-WebSocket-Protocol",
                    "description": TOKEN,
                }
            },
            "correlationIds": {"id": {"location": "$message.payload#/id", "description": "The reply echoes it."}},
        },
    }


def _server(server: str | None) -> Part:
    security = [{"$ref": "#/components/securitySchemes/token"}]
    if server is not None:
        url = urlsplit(server)
        return {"host": url.netloc, "protocol": url.scheme, "security": security}
    return {
        "host": "{api}.execute-api.{region}.amazonaws.com",
        "protocol": "wss",
        "variables": {
            "api": {"description": "The id of the deployed WebSocket API."},
            "region": {"description": "The AWS region.", "default": "us-east-1"},
        },
        "security": security,
    }


def _channel(server: str | None, names: list[str]) -> Part:
    device = {
        "type": "string",
        "minLength": 1,
        "maxLength": 64,
        "pattern": DEVICE_ID,
        "default": "default",
        "description": "Names the device: one live connection each, the later one wins.",
    }
    offered = {"type": "string", "description": TOKEN}
    stage = {"parameters": {"stage": {"description": "The deployed stage.", "default": "dev"}}}
    return {
        "address": "/{stage}" if server is None else urlsplit(server).path or "/",
        "description": "The one WebSocket.",
        "servers": [{"$ref": "#/servers/tidings"}],
        **(stage if server is None else {}),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {"type": "object", "properties": {"device": device}},
                "headers": {
                    "type": "object",
                    "properties": {"Sec-WebSocket-Protocol": offered},
                    "required": ["Sec-WebSocket-Protocol"],
                },
                "bindingVersion": "0.1.0",
            }
        },
    }


def _operations() -> Part:
    found: Part = {
        action_of(request): {
            "action": "receive",
            **_common(_says(request), request.__name__),
            "tags": [{"name": request.__module__.rpartition(".")[2]}],
            "reply": {"channel": _to_channel(), "messages": [_to(reply.__name__), _to(ErrorReply.__name__)]},
        }
        for request, reply in ANSWERS.items()
    }
    found["events"] = {"action": "send", **_common(_says(EventsFrame), EventsFrame.__name__)}
    refused = "A frame that has no `id` that could be read is answered by an error without one."
    found["refused"] = {"action": "send", **_common(refused, ErrorReply.__name__)}
    found["failed"] = {"action": "send", **_common("A function has died: API Gateway says so.", FAILURE)}
    return found


def _common(text: str, message: str) -> Part:
    return {"channel": _to_channel(), "summary": text, "messages": [_to(message)]}


def _to_channel() -> Part:
    return {"$ref": f"#/channels/{CHANNEL}"}


def _to(message: str) -> Part:
    return {"$ref": f"#/channels/{CHANNEL}/messages/{message}"}


def _messages() -> Part:
    found: Part = {each.__name__: _message(each) for each in FRAMES}
    found[FAILURE] = {"name": FAILURE, "title": "failure", "payload": ref(FAILURE)}
    return found


def _message(model: type[BaseModel]) -> Part:
    fields = model.model_fields
    echoed = {"correlationId": {"$ref": "#/components/correlationIds/id"}} if "id" in fields else {}
    title = fields["action" if issubclass(model, Request) else "type"].default
    return {"name": model.__name__, "title": title, "payload": ref(model.__name__), **echoed}


def _says(model: type[BaseModel]) -> str:
    """The first paragraph of what a model says of itself."""
    return " ".join((inspect.getdoc(model) or "").partition("\n\n")[0].split())
