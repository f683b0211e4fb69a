"""What people do with a post: like it, repost it, answer it; and how that is counted.

Each like and each repost is a register of its user's, by position; what it changes in the counts is written in the
same transaction, so that the counts are exact.  They begin as one item and become several when many come at once, or
when there have been many: a user's part is counted in the shard that their register remembers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from zlib import crc32

SHARDS: Final = 16
"""Counters of a post that many engage with: with one partition each, 16 times what one item can take."""
MANY: Final = 1_000
"""What one counter holds in all before the post gets more of them."""


class Engagement(StrEnum):
    """What a user's register is about."""

    LIKE = "like"
    REPOST = "repost"


@dataclass(frozen=True, slots=True)
class Engaged:
    """A register: since `position` the user has (`on`) or has not liked or reposted.

    `shard` is where it was counted.  `post` is the position of the repost in its user's own posts ("" for a like).
    """

    position: str
    on: bool
    shard: int = 0
    post: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How often a post was liked, reposted and answered; and whether by the user who asks."""

    likes: int = 0
    reposts: int = 0
    replies: int = 0
    liked: bool = False
    reposted: bool = False


def shard_of(user_id: str, shards: int) -> int:
    """The counter of a post with so many of them in which something that `user_id` does now is counted."""
    return crc32(user_id.encode()) % shards
