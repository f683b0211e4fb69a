"""Event filter patterns, as Lambda reads them."""

from __future__ import annotations

from typing import Any

import pytest

from local.errors import HostError
from local.pumps.filters import check, matches, matches_any

EVENT: dict[str, Any] = {
    "eventName": "INSERT",
    "dynamodb": {"NewImage": {"kind": {"S": "post"}, "count": {"N": "5"}, "flag": {"BOOL": True}}},
    "size": 7,
    "none": None,
}


def image(**rules: Any) -> dict[str, Any]:
    """A pattern on string attributes of the new image."""
    return {"dynamodb": {"NewImage": {name: {"S": rule} for name, rule in rules.items()}}}


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"eventName": ["INSERT", "MODIFY"]},
        image(kind=["post"]),
        image(kind=[{"prefix": "po"}]),
        image(kind=[{"suffix": "st"}]),
        image(kind=[{"equals-ignore-case": "POST"}]),
        image(kind=[{"exists": True}]),
        image(gone=[{"exists": False}]),
        image(kind=[{"anything-but": ["reply"]}]),
        image(kind=[{"anything-but": {"prefix": "re"}}]),
        {"dynamodb": {"NewImage": {"flag": {"BOOL": [True]}}}},
        {"size": [{"numeric": [">", 5, "<=", 7]}]},
        {"size": [7]},
        {"none": [None]},
        {"$or": [{"eventName": ["REMOVE"]}, {"size": [7]}]},
    ],
)
def test_what_passes(pattern: dict[str, Any]) -> None:
    check(pattern)
    assert matches(pattern, EVENT)


@pytest.mark.parametrize(
    "pattern",
    [
        {"eventName": ["REMOVE"]},
        {"eventName": ["INSERT"], "size": [8]},
        image(kind=["reply"]),
        image(kind=[{"prefix": "re"}]),
        image(gone=[{"exists": True}]),
        image(gone=["x"]),
        image(gone=[{"anything-but": ["x"]}]),
        image(kind=[{"exists": False}]),
        image(kind=[{"anything-but": "post"}]),
        {"dynamodb": [{"exists": True}]},
        {"dynamodb": {"NewImage": {"flag": {"BOOL": [1]}}}},
        {"dynamodb": {"NewImage": {"count": {"N": [{"numeric": ["=", 5]}]}}}},
        {"size": ["7"]},
        {"$or": [{"eventName": ["REMOVE"]}, {"size": [8]}]},
        image(kind=[]),
    ],
)
def test_what_does_not(pattern: dict[str, Any]) -> None:
    assert not matches(pattern, EVENT)


def test_patterns_of_a_mapping_are_alternatives() -> None:
    assert matches_any([], EVENT)
    assert matches_any([{"eventName": ["REMOVE"]}, {"size": [7]}], EVENT)
    assert not matches_any([{"eventName": ["REMOVE"]}], EVENT)


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(HostError, match="wildcard"):
        check({"eventName": [{"wildcard": "IN*"}]})
