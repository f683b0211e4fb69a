"""Stream records of our tables, as Lambda hands them over (`NEW_IMAGE`, in DynamoDB's own types)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tidings.ports.streams import Logged, Shown, TallyDue
from tidings.storage import groups, keys
from tidings.storage.attributes import Item, int_of, text_of
from tidings.storage.log import entry
from tidings.storage.posts import decode

Record = Mapping[str, Any]

_POSTS: Final = {keys.POSTS.partition, keys.POSTS.sort}
_CONVERSATIONS: Final = {keys.CONVERSATIONS.partition, keys.CONVERSATIONS.sort}


class UnknownRecord(ValueError):
    """A record of a table that nobody here knows how to read, or an image that is not one of ours."""


def shown_by(record: Record) -> Shown | None:
    """What a record of `Posts` or `Conversations` shows; None where an item was removed, or concerns no planner.

    Raises `UnknownRecord`.
    """
    try:
        change = record["dynamodb"]
        names, image = set(change["Keys"]), change.get("NewImage")
        if names not in (_POSTS, _CONVERSATIONS):
            raise UnknownRecord("not a record of Posts or Conversations")
        if image is None:
            return None
        return decode(image) if names == _POSTS else _of_conversation(image, record["eventName"] == "INSERT")
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, UnknownRecord):
            raise
        raise UnknownRecord(f"not an item of ours: {type(error).__name__}") from None


def _of_conversation(image: Item, fresh: bool) -> Shown | None:
    item = text_of(image, "item")
    if item.startswith(keys.LOG_PREFIX):
        return Logged(text_of(image, "conversation_id"), entry(image), fresh)
    if item == keys.META:
        return groups.decode(image)
    if item == keys.TALLY and "due" in image:
        return TallyDue(text_of(image, "conversation_id"), int_of(image, "due"))
    return None
