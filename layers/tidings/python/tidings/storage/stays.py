"""A member's item: when they were in the group, in as few bytes as it takes, for a planner reads all of them.

`stays` is binary: 17 bytes for the position of a join, and 23 more where the stay has ended (when, and the position
of the event that ended it).  Only the last stay can be open, so the length says where each begins.

    17 bytes    ms (6), sender tag (5), frame tag (5), slot (1)
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from typing import Any, Final

from tidings.domain.groups import Member, Role, Stay
from tidings.domain.position import make, parse
from tidings.storage import keys
from tidings.storage.attributes import Item, Value, names, string, text_of, text_or_none

_MS: Final = 6
_TAG: Final = 5
_POSITION: Final = _MS + 2 * _TAG + 1
_ENDED: Final = _POSITION + _MS + _POSITION
_NOWHERE: Final = bytes(_POSITION)


def member(item: Item) -> Member:
    """A member, as stored."""
    return Member(
        text_of(item, "user_id"),
        unpack(item["stays"]["B"]),
        Role(text_or_none(item, "role") or Role.MEMBER),
        text_or_none(item, "role_at") or "",
        int(text_of(item, "shard").rpartition("#")[2]),
    )


def item(conversation_id: str, who: Member, shard: int) -> dict[str, Value]:
    """The item of a member in `shard`."""
    made = {**key(conversation_id, shard, who.user_id), "stays": {"B": pack(who.stays)}}
    if who.role is not Role.MEMBER:
        made["role"] = string(who.role)
    if who.role_at:
        made["role_at"] = string(who.role_at)
    return made


def unchanged(before: Member | None) -> dict[str, Any]:
    """The condition that the item still is `before` (None: not there), with its names and values."""
    if before is None:
        return {
            "ConditionExpression": "attribute_not_exists(#user_id)",
            "ExpressionAttributeNames": {"#user_id": "user_id"},
        }
    values: dict[str, Value] = {":stays": {"B": pack(before.stays)}}
    role = "attribute_not_exists(#role_at)"
    if before.role_at:
        role, values[":role_at"] = "#role_at = :role_at", string(before.role_at)
    return {
        "ConditionExpression": f"#stays = :stays AND {role}",
        "ExpressionAttributeNames": names("stays", "role_at"),
        "ExpressionAttributeValues": values,
    }


def key(conversation_id: str, shard: int, user_id: str) -> dict[str, Value]:
    """The key of a member's item."""
    return {"shard": string(keys.members(conversation_id, shard)), "user_id": string(user_id)}


def pack(stays: tuple[Stay, ...]) -> bytes:
    """Stays as bytes."""
    parts = []
    for stay in stays:
        parts.append(_packed(stay.joined))
        if stay.left is not None:
            parts += [stay.left.to_bytes(_MS, "big"), _packed(stay.left_at)]
    return b"".join(parts)


def unpack(packed: bytes) -> tuple[Stay, ...]:
    """Stays from bytes."""
    stays = []
    for start in range(0, len(packed), _ENDED):
        part = packed[start : start + _ENDED]
        joined, rest = _position(part[:_POSITION]), part[_POSITION:]
        if rest:
            stays.append(Stay(joined, int.from_bytes(rest[:_MS], "big"), _position(rest[_MS:])))
        else:
            stays.append(Stay(joined))
    return tuple(stays)


def _packed(position: str) -> bytes:
    if not position:
        return _NOWHERE
    ms, sender, frame, slot = parse(position)
    return ms.to_bytes(_MS, "big") + _tag(sender) + _tag(frame) + bytes((slot,))


def _position(packed: bytes) -> str:
    if packed == _NOWHERE:
        return ""
    sender, frame = packed[_MS : _MS + _TAG], packed[_MS + _TAG : -1]
    return str(make(int.from_bytes(packed[:_MS], "big"), _letters(sender), _letters(frame), packed[-1]))


def _tag(letters: str) -> bytes:
    return b32decode(letters.upper())


def _letters(packed: bytes) -> str:
    return b32encode(packed).decode().lower()
