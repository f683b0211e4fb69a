"""What the push platforms document about their formats, as strict models: ministack's SNS validates nothing.

`local.phones` holds every push of the development host against them, and tests hold our payloads against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

__all__ = ["Strict", "explained", "unique"]


class Strict(BaseModel):
    """No field that is not documented, no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


def explained(model: type[BaseModel], value: Any) -> str:
    """What is wrong with `value`, in one line; empty: nothing."""
    try:
        model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"{place}: {first['msg']}"
    return ""


def unique(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    """For `json.loads(object_pairs_hook=...)`: an object without duplicate keys.  Raises `ValueError`."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("duplicate keys")
    return made
