"""Small pieces that all stores share: attribute values in the form of DynamoDB's wire, expiry, exclusive bounds.

Items are written and read by hand here and beside each store: boto3's own serializer costs more CPU than the rest of
a handler.  An item maps attribute names to `{"S": text}`, `{"N": digits}`, `{"M": map}`, `{"L": list}` or
`{"SS": texts}`.  Every name in an expression goes through `names`: half of our words (position, path, text, owner)
are reserved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Value = dict[str, Any]
"""One attribute value: a dict with one entry, whose key is the type."""
Item = Mapping[str, Any]
"""Attribute names to values."""


def string(value: str) -> Value:
    """A string."""
    return {"S": value}


def number(value: int) -> Value:
    """A whole number."""
    return {"N": str(value)}


def numbers(values: Iterable[int]) -> Value:
    """A list of whole numbers."""
    return {"L": [{"N": str(value)} for value in values]}


def text_of(item: Item, name: str) -> str:
    """A string attribute that must be there."""
    value: str = item[name]["S"]
    return value


def text_or_none(item: Item, name: str) -> str | None:
    """A string attribute, None when absent."""
    return text_of(item, name) if name in item else None


def texts_of(item: Item, name: str) -> frozenset[str]:
    """A set of strings, empty when absent."""
    return frozenset(item[name]["SS"]) if name in item else frozenset()


def int_of(item: Item, name: str) -> int:
    """A number attribute that must be there."""
    return int(item[name]["N"])


def ints_of(item: Item, name: str) -> tuple[int, ...]:
    """A list of numbers, empty when absent."""
    return tuple(int(value["N"]) for value in item[name]["L"]) if name in item else ()


def names(*attributes: str) -> dict[str, str]:
    """`ExpressionAttributeNames` that give each attribute the placeholder `#` + its name."""
    return {f"#{attribute}": attribute for attribute in attributes}


def expiry(ms: int) -> Value:
    """The TTL attribute's value for an item that must be kept until `ms` (epoch): whole seconds, rounded up."""
    return {"N": str(-(-ms // 1000))}


def above(key: str) -> str:
    """An inclusive lower bound that stands for "greater than `key`" (our keys hold nothing below a space)."""
    return key + " "


def below(key: str) -> str:
    """An inclusive upper bound that stands for "less than `key`" (our keys hold nothing above a tilde)."""
    return key[:-1] + chr(ord(key[-1]) - 1) + "~"
