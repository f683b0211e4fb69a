"""Whoever types a text that a field does not take is told in words what it takes, never by a pattern."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.unit.test_docs import REQUESTS
from tidings.protocol import groups, profiles
from tidings.protocol.frames import ClientId, PositionText, RequestId, UserId
from tidings.protocol.patterns import WORDS
from tidings.router import explain


def patterns(schema: Any) -> Iterator[str]:
    """Every pattern in a JSON schema."""
    for name, value in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if name == "pattern" and isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            yield from patterns(value)


@pytest.mark.parametrize("model", REQUESTS, ids=lambda model: model.__name__)
def test_every_pattern_of_a_request_has_words(model: Any) -> None:
    schema = json.loads(json.dumps(model.model_json_schema()))
    assert set(patterns(schema)) <= WORDS.keys()


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (RequestId, "a b", "printable ASCII"),
        (ClientId, "a/b", "letters, digits"),
        (UserId, "a#b", "a user id has"),
        (PositionText, "alice/1", "this is no position"),
        (profiles.Handle, "a-b", "underscores"),
        (profiles.Name, "a\nb", "line breaks"),
        (profiles.Picture, "http://x", "https:// address"),
        (groups.PictureUrl, "x", "https:// address"),
    ],
)
def test_what_does_not_fit_is_told_in_words(kind: Any, text: str, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(text)
    told = str(explain(refused.value))
    assert words in told
    assert "pattern" not in told
