"""The JSON Schemas of all frames, as they are on the wire.

pydantic's own are of the models: there what is absent is `None`.  On the wire it is left out, so no schema here takes
`null`.  What a client sends is closed (unknown fields are refused); what the server sends is open, so that a client
made from this document survives a field that comes later.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from tidings.domain import errors
from tidings.domain.errors import TidingsError
from tidings.protocol.asyncapi.answers import ANSWERS
from tidings.protocol.events import EventsFrame
from tidings.protocol.frames import (
    ClientId,
    ConversationId,
    CursorText,
    ErrorReply,
    PositionText,
    RequestId,
    UserId,
)

Schema = dict[str, Any]

PREFIX: Final = "#/components/schemas/"

NAMED: Final[dict[str, tuple[Any, str]]] = {
    "RequestId": (RequestId, "Chosen by the client, echoed in the reply; need not be unique."),
    "ClientId": (
        ClientId,
        "Chosen by the client, unique among the user's requests (a UUID). The same request sent again keeps it.",
    ),
    "UserId": (UserId, "Who somebody is: the subject of their tokens."),
    "ConversationId": (ConversationId, "As it stands in an ack or event; of two people `dm#` and both ids, in order."),
    "Position": (
        PositionText,
        "A place in the order of a conversation or of an author's posts, as it stands in an ack or event.",
    ),
    "Cursor": (CursorText, "Where a page goes on: give it back as it came."),
}
"""What many requests have in common."""


class _Plain(GenerateJsonSchema):
    """Without a title for each field: it would only be the field's name again."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def ref(name: str) -> Schema:
    """A reference to a schema of the document."""
    return {"$ref": PREFIX + name}


def schemas() -> dict[str, Schema]:
    """Every schema of the document, by name."""
    found = {name: _tidy(each, "sent") for name, each in _made([*_sent()], "serialization").items()}
    found |= {name: _tidy(each, "received") for name, each in _made([*ANSWERS], "validation").items()}
    found |= {name: {**_bare(kind), "description": text} for name, (kind, text) in NAMED.items()}
    found["ErrorReply"]["properties"]["code"] = ref("ErrorCode")
    found["ErrorReply"]["required"].remove("id")
    found["ErrorCode"] = _codes()
    found["GatewayFailure"] = _failure()
    return dict(sorted(found.items()))


def _sent() -> list[type[BaseModel]]:
    return [*dict.fromkeys(ANSWERS.values()), ErrorReply, EventsFrame]


def _made(models: list[Any], mode: Literal["validation", "serialization"]) -> dict[str, Schema]:
    pairs = [(model, mode) for model in models]
    _, made = models_json_schema(pairs, ref_template=PREFIX + "{model}", schema_generator=_Plain)
    defs: dict[str, Schema] = made["$defs"]
    return defs


def _bare(kind: Any) -> Schema:
    return TypeAdapter(kind).json_schema()


def _tidy(model: Schema, way: Literal["sent", "received"]) -> Schema:
    """A model's schema as its frame is on the wire."""
    tidy = dict(model)
    given = model.get("properties", {})
    if way == "sent":  # Whatever is not None is written, defaults too.
        tidy.pop("additionalProperties", None)
        tidy["properties"] = {name: _without(_wire(each), "default") for name, each in given.items()}
        tidy["required"] = [name for name, each in given.items() if name == "id" or not _nullable(each)]
    else:
        tidy["properties"] = {name: _wire(each) for name, each in given.items()}
        tidy["required"] = [name for name in given if name in {*model["required"], "action"}]
    return tidy


def _without(schema: Schema, *names: str) -> Schema:
    return {name: each for name, each in schema.items() if name not in names}


def _nullable(schema: Schema) -> bool:
    return {"type": "null"} in schema.get("anyOf", ())


def _wire(schema: Schema) -> Schema:
    """The schema of a field: never null, what is shared by name, no default for what can have one value only."""
    if _nullable(schema):
        rest = [each for each in schema["anyOf"] if each != {"type": "null"}]
        outer = _without(schema, "anyOf", "default")
        return _wire({**outer, **rest[0]} if len(rest) == 1 else {**outer, "anyOf": rest})
    for name, (kind, _) in NAMED.items():
        if schema == _bare(kind):
            return ref(name)
    # AsyncAPI's discriminator is a name only, and the constants of `action`, `type` and `kind` already tell them apart.
    wire = _without(schema, "discriminator", *(["default"] if "const" in schema else []))
    for name in ("items", "additionalProperties"):
        if isinstance(wire.get(name), dict):
            wire[name] = _wire(wire[name])
    return wire


def _codes() -> Schema:
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, TidingsError)]
    meaning = {kind.code: kind for kind in kinds if kind is not TidingsError}
    lines = [f"- `{code}`: {_says(kind)}{' May be sent again.' * kind.retryable}" for code, kind in meaning.items()]
    return {
        "type": "string",
        "description": "What an error is, for programs: all codes there are, never renamed.\n\n" + "\n".join(lines),
        "enum": list(meaning),
        "x-codes": {code: {"meaning": _says(kind), "retryable": kind.retryable} for code, kind in meaning.items()},
    }


def _says(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split())


def _failure() -> Schema:
    """API Gateway's own frame, which no model of ours makes."""
    text = {"type": "string"}
    return {
        "type": "object",
        "title": "GatewayFailure",
        "description": "API Gateway's own frame when a function has died. Treat it as the error `internal`.",
        "properties": {"message": text, "connectionId": text, "requestId": text},
        "required": ["message"],
    }
