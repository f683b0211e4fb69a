"""Every frame that the protocol pages show is one that the AsyncAPI document describes, and no other is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import regex
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from tests.unit.transcripts import shortened, shown
from tidings.protocol.asyncapi.answers import ANSWERS, action_of
from tidings.protocol.asyncapi.document import document

DOCUMENT = document()
REPLIES = {action_of(request): reply.__name__ for request, reply in ANSWERS.items()}
REQUESTS = {action_of(request): request.__name__ for request in ANSWERS}
BLOCKS = shown()
NAMES = [f"{page}-{number}" for number, (page, _) in enumerate(BLOCKS)]


def whole(keyword: str) -> Any:
    """A keyword's check, of what is shown as a whole only."""
    usual = Draft7Validator.VALIDATORS[keyword]

    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if not shortened(instance):
            yield from usual(validator, value, instance, schema)

    return check


def pattern(validator: Any, value: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """As in JavaScript: with classes such as \\p{Z}, which Python's own `re` has not."""
    if isinstance(instance, str) and not shortened(instance) and not regex.search(value, instance):
        yield ValidationError(f"{instance!r} does not match {value!r}")


def known(validator: Any, properties: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Also no field that the document has no word of: the pages show none from a later version."""
    yield from Draft7Validator.VALIDATORS["properties"](validator, properties, instance, schema)
    if isinstance(instance, dict):
        for name in instance.keys() - properties.keys() - {"…"}:
            yield ValidationError(f"there is no field {name!r}")


CHECKS = {name: whole(name) for name in ("required", "minLength", "additionalProperties")}
Checker = extend(Draft7Validator, {**CHECKS, "pattern": pattern, "properties": known})


def problems(frame: dict[str, Any], name: str) -> list[str]:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return [f"{'.'.join(map(str, each.path))}: {each.message}" for each in Checker(schema).iter_errors(frame)]


def name_of(frame: dict[str, Any]) -> list[str]:
    """The schemas that a frame, or an event alone, may have."""
    if "action" in frame:
        return [REQUESTS[frame["action"]]]
    schemas = DOCUMENT["components"]["schemas"]
    field = "type" if "type" in frame else "kind"
    return [
        name for name, each in schemas.items() if each.get("properties", {}).get(field, {}).get("const") == frame[field]
    ]


@pytest.mark.parametrize(("page", "frames"), BLOCKS, ids=NAMES)
def test_every_frame_of_the_pages_is_described(page: str, frames: list[dict[str, Any]]) -> None:
    assert frames
    for frame in frames:
        found = {name: problems(frame, name) for name in name_of(frame)}
        assert [] in found.values(), (page, frame, found)


@pytest.mark.parametrize(("page", "frames"), BLOCKS, ids=NAMES)
def test_every_reply_of_the_pages_is_one_of_its_request(page: str, frames: list[dict[str, Any]]) -> None:
    asked = {}
    for frame in frames:
        if "action" in frame:
            asked[frame["id"]] = frame["action"]
        elif frame.get("id") in asked and frame["type"] != "error":
            assert not problems(frame, REPLIES[asked[frame["id"]]]), (page, frame)


def test_the_pages_show_most_actions() -> None:
    shown_actions = {frame["action"] for _, frames in BLOCKS for frame in frames if "action" in frame}
    pairs = [(a, b) for _, frames in BLOCKS for a, b in pairwise(frames) if "action" in a and a["id"] == b.get("id")]
    assert len(shown_actions) > 45
    assert len(pairs) > 40


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ({"action": "send", "id": "1", "client_id": "a", "to": "bob"}, "'text' is a required property"),
        ({"action": "send", "id": "1", "client_id": "a/b", "to": "bob", "text": "x"}, "client_id: "),
        ({"action": "react", "id": "1", "client_id": "a", "conversation": "g#a", "emoji": "a b"}, "emoji: "),
        ({"action": "whoami", "id": "1", "why": "x"}, "'why'"),
        ({"action": "whoami"}, "'id' is a required property"),
        ({"action": "history", "id": "1", "conversation": "g#a", "before": None}, "before: "),
        ({"action": "history", "id": "1", "conversation": "g#a", "limit": 101}, "limit: "),
        ({"action": "batch", "id": "1", "actions": []}, "actions: "),
        ({"action": "batch", "id": "1", "actions": [{"action": "sync", "id": "2"}]}, "actions.0: "),
    ],
)
def test_what_the_server_would_refuse_does_not_fit(frame: dict[str, Any], told: str) -> None:
    assert any(told in problem for problem in problems(frame, REQUESTS[frame["action"]]))
