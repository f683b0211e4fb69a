"""Conversation ids.  A 1:1 conversation's id is made from its two user ids, so a first message needs no set-up.

dm#<user>#<user>    the two ids sorted
g#<16 characters>   a group, from the position at which it was created
"""

from __future__ import annotations

import re
from base64 import b32encode
from hashlib import blake2b
from typing import Final

from tidings.domain.errors import Forbidden, InvalidRequest, NotFound

DIRECT: Final = "dm"
GROUP: Final = "g"
_GROUP_ID: Final = re.compile(r"g#[a-z2-7]{16}\Z", re.ASCII)
USER_ID: Final = re.compile(r"[!-\"$-~]{1,128}\Z", re.ASCII)
"""Printable ASCII without `#` (which separates the parts of keys) and without spaces, 1 to 128 characters."""


def check_user_id(user_id: str) -> str:
    """`user_id` if it is well formed.  Raises `InvalidRequest`."""
    if USER_ID.match(user_id) is None:
        raise InvalidRequest("A user id is 1 to 128 printable ASCII characters, without spaces and without '#'.")
    return user_id


def direct_id(one: str, other: str) -> str:
    """The id of the conversation of two users, the same from both sides.  Raises `InvalidRequest` for oneself."""
    if one == other:
        raise InvalidRequest("A conversation needs somebody else: this is your own user id.")
    first, second = sorted((check_user_id(one), check_user_id(other)))
    return f"{DIRECT}#{first}#{second}"


def group_id(creator: str, position: str) -> str:
    """The id of the group that `creator` made at `position`: 80 bits, the same for a resend."""
    digest = blake2b(f"{creator}\x00{position}".encode(), digest_size=10).digest()
    return f"{GROUP}#{b32encode(digest).decode().lower()}"


def is_group(conversation_id: str) -> bool:
    """Whether the id is a group's.  Raises `NotFound` where it is nobody's."""
    if _GROUP_ID.match(conversation_id):
        return True
    members(conversation_id)
    return False


def members(conversation_id: str) -> tuple[str, str]:
    """The two users of a 1:1 conversation.  Raises `NotFound` if the id is not one."""
    kind, _, rest = conversation_id.partition("#")
    first, _, second = rest.partition("#")
    if kind != DIRECT or not USER_ID.match(first) or not USER_ID.match(second) or first >= second:
        raise NotFound("There is no such conversation.")
    return first, second


def other(conversation_id: str, user_id: str) -> str:
    """Who `user_id` talks with in a 1:1 conversation.  Raises `Forbidden` if they are not in it."""
    first, second = members(conversation_id)
    if user_id not in (first, second):
        raise Forbidden("You are not in this conversation.")
    return second if user_id == first else first
