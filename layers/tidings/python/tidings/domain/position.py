"""Positions: the order of a conversation's events and of an author's posts, and arrivals: the order of a mailbox.

A position is a fixed-width string, so that string order (DynamoDB's sort key order) is the order itself:

    mmmmmmmmmmmmm-ssssssss-ffffffff-ii
    |             |        |        `- slot: index of the action in its frame (batch), 2 digits
    |             |        `- tag of the frame: two frames of one device in one millisecond stay apart
    |             `- tag of the sender: (user, device), so two senders in one millisecond stay apart
    `- `requestTimeEpoch` of the gateway, ms, 13 digits

The frame tag is made from the gateway's own message id, never from an id the client chose: clients number
their frames "1", "2", "3".  The stamp comes from the gateway too, so Lambdas that finish out of order cannot
reorder a conversation.
"""

from __future__ import annotations

import re
from base64 import b32encode
from hashlib import blake2b
from typing import Final, NamedTuple

from tidings.domain.errors import InvalidRequest

MS_DIGITS: Final = 13
TAG_LENGTH: Final = 8
MAX_INDEX: Final = 99
_MAX_MS: Final = 10**MS_DIGITS - 1
_FORM: Final = re.compile(r"(\d{13})-([a-z2-7]{8})-([a-z2-7]{8})-(\d{2})\Z", re.ASCII)

LENGTH: Final = MS_DIGITS + 2 * (TAG_LENGTH + 1) + 3
FIRST: Final = "0" * MS_DIGITS
"""Sorts before every position."""
LAST: Final = "9" * MS_DIGITS + "~"
"""Sorts after every position."""


class Position(NamedTuple):
    """The parts of a position; `str()` gives the sortable form."""

    ms: int
    sender: str
    frame: str
    slot: int

    def __str__(self) -> str:
        return f"{self.ms:013d}-{self.sender}-{self.frame}-{self.slot:02d}"

    def at(self, ms: int) -> Position:
        """The same event under another stamp."""
        return make(ms, self.sender, self.frame, self.slot)


def tag(*parts: str) -> str:
    """Eight characters of `a-z2-7` (40 bits) that stand for `parts`; the same parts give the same tag."""
    digest = blake2b("\x00".join(parts).encode(), digest_size=5).digest()
    return b32encode(digest).decode().lower()


def make(ms: int, sender: str, frame: str, index: int = 0) -> Position:
    """A position from its parts.  Raises `ValueError` if a part does not fit its width or alphabet."""
    if not 0 <= ms <= _MAX_MS or not 0 <= index <= MAX_INDEX:
        raise ValueError("ms or index does not fit a position")
    position = Position(ms, sender, frame, index)
    if _FORM.match(str(position)) is None:
        raise ValueError("a tag is eight characters of a-z2-7")
    return position


def stamped(ms: int, user_id: str, device_id: str, frame_id: str, index: int = 0) -> Position:
    """The position of an action: the gateway's stamp and message id, the identity the connection proved."""
    return make(ms, tag(user_id, device_id), tag(frame_id), index)


def parse(text: str) -> Position:
    """The parts of a sortable position.  Raises `InvalidRequest` for anything else."""
    match = _FORM.match(text)
    if match is None:
        raise InvalidRequest("A position is the string that the server gave with the message or post.")
    ms, sender, frame, slot = match.groups()
    return Position(int(ms), sender, frame, int(slot))


def ms_of(text: str) -> int:
    """The milliseconds of a position or of a floor."""
    return int(text[:MS_DIGITS])


def floor(ms: int) -> str:
    """A string that sorts before every position of `ms` and after every earlier one."""
    return f"{max(0, ms):013d}"
