"""Stream records of our tables, as Lambda hands them over (`NEW_IMAGE`, in DynamoDB's own types)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidings.domain.events import Post
from tidings.storage import keys
from tidings.storage.posts import decode


class UnknownRecord(ValueError):
    """A record of a table that nobody here knows how to read, or an image that is not one of ours."""


def post_of(record: Mapping[str, Any]) -> Post | None:
    """The post, or its tombstone, that a record of `Posts` shows; None where an item was removed.

    Raises `UnknownRecord`.
    """
    try:
        change = record["dynamodb"]
        if set(change["Keys"]) != {keys.POSTS.partition, keys.POSTS.sort}:
            raise UnknownRecord("not a record of Posts")
        return decode(change["NewImage"]) if "NewImage" in change else None
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, UnknownRecord):
            raise
        raise UnknownRecord(f"not an item of Posts: {type(error).__name__}") from None
