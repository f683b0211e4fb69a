"""How many bytes DynamoDB counts for an item.

The rules are AWS's ("DynamoDB item sizes and formats"): the UTF-8 length of names and strings; a number's significant
digits, two to a byte, and one more; one byte for true, false and null; three bytes for a list or map, and one for each
element. Values are in DynamoDB's typed form (`{"S": "x"}`) or plain Python, as boto3's resources take them.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_TYPES = frozenset(("S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"))
_CONTAINER = 3
_ELEMENT = 1


def item_bytes(item: Mapping[str, Any] | None) -> int:
    """Bytes of a whole item (or key, or expression values): its names and its values. 0 for none."""
    if not item:
        return 0
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(value: Any) -> int:
    """Bytes of one attribute value, typed or plain."""
    if isinstance(value, Mapping) and len(value) == 1:
        (kind,) = value
        if kind in _TYPES:
            return _typed(kind, value[kind])
    return _plain(value)


def number_bytes(text: str) -> int:
    """Bytes of a number: zeros at both ends do not count, a minus sign does."""
    sign = 0
    if not text.isdigit():  # the quick way is for what nearly all numbers are
        sign, digits, _ = Decimal(text).as_tuple()
        text = "".join(map(str, digits))
    return (len(text.strip("0")) + 1) // 2 + 1 + sign


def _typed(kind: str, value: Any) -> int:
    if kind == "S":
        return len(value.encode())
    if kind == "N":
        return number_bytes(value)
    if kind == "B":
        return _binary(value)
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "M":
        return _CONTAINER + item_bytes(value) + _ELEMENT * len(value)
    if kind == "L":
        return _CONTAINER + sum(value_bytes(each) + _ELEMENT for each in value)
    return sum(_typed(kind[0], each) for each in value)


def _binary(value: Any) -> int:
    """On the wire, binary is base64 text; in boto3 it is bytes or wraps them."""
    if isinstance(value, str):
        return len(base64.b64decode(value))
    return len(bytes(getattr(value, "value", value)))


def _plain(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, int | float | Decimal):
        return number_bytes(str(value))
    if isinstance(value, Mapping):
        return _CONTAINER + item_bytes(value) + _ELEMENT * len(value)
    if isinstance(value, set | frozenset):
        return sum(_plain(each) for each in value)
    if isinstance(value, list | tuple):
        return _CONTAINER + sum(value_bytes(each) + _ELEMENT for each in value)
    return _binary(value)
