"""A follow, from the follower's side: a register by position, and what each wish makes of it.

    nothing  --follow-->  following        of somebody whom all may follow
    nothing  --ask----->  requested  --accept-->  following
                                     --decline->  nothing
    anything --end----->  nothing          an unfollow, a request taken back, a block

A later position that stands already makes every wish void, and so does a request that is not there any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

FULL: Final = 1_000
"""Followers in the first shard, from which on an author's followers get more shards."""
MOST_SHARDS: Final = 64
_GROWTH: Final = 4
_PRESSED: Final = 10


@dataclass(frozen=True, slots=True)
class Edge:
    """The follower's side of a follow.  `shard` is where the author's half lies, while `following`."""

    author: str
    position: str
    shard: int
    following: bool
    requested: bool = False


class Wish(Enum):
    """What somebody wants of an edge; the last two are the author's."""

    FOLLOW = auto()
    ASK = auto()
    END = auto()
    ACCEPT = auto()
    DECLINE = auto()


def wished(old: Edge | None, author: str, position: str, wish: Wish) -> Edge | None:
    """The edge that `wish` at `position` makes of `old`, in the same shard; None where nothing changes."""
    if old is not None and old.position >= position:
        return None
    following = old is not None and old.following
    requested = old is not None and old.requested
    if wish in (Wish.ACCEPT, Wish.DECLINE) and not requested:
        return None
    shard = 0 if old is None else old.shard
    match wish:
        case Wish.FOLLOW | Wish.ACCEPT:
            return Edge(author, position, shard, following=True)
        case Wish.ASK:
            return Edge(author, position, shard, following=following, requested=not following)
        case Wish.END | Wish.DECLINE:
            return Edge(author, position, shard, following=False)


def grown(shards: int, first: int, *, pressed: bool, full: int = FULL) -> int:
    """How many shards an author's followers should have who has `shards`, with `first` followers in the first one.

    Four times as many whenever each of them holds about `full`: with n shards, whoever came before the last growth is
    in the first shard besides its own share.  `pressed`, where changes stand in each other's way, a tenth of that.
    """
    step = shards.bit_length() // 2 + 1
    enough = full * step // (_PRESSED if pressed else 1)
    return min(shards * _GROWTH, MOST_SHARDS) if first >= enough else shards
