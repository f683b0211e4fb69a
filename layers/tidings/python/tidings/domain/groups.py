"""Groups: what one is, who is in it, and who may do what.

A member keeps *stays*: a rejoin must not erase the first stay, for its messages were received.  A join takes the
position of its event; a leave takes its issue time plus `C`, because DynamoDB does not stamp at commit: whoever sends
after that time is sure to see that the member has gone, and whoever sends before it delivers to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tidings.domain.events import LogEvent, Path, tells_of
from tidings.domain.position import ms_of


class Role(StrEnum):
    """What a member may do.  A group has one owner."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class Who(StrEnum):
    """Who may post, or add members."""

    MEMBERS = "members"
    ADMINS = "admins"


class Seen(StrEnum):
    """How far back a new member sees: from the join on, or everything."""

    JOIN = "join"
    ALL = "all"


REMEMBERED_MS: Final = 10_000
"""How long somebody may go by an older `meta`, at most: what a process remembers, and a reading that lags behind."""
INLINE_MAILBOXES: Final = 25
"""The sender's own included: one BatchWriteItem."""

STAYS: Final = 100
"""Stays of one member, all told: whoever has come and gone so often is not added again.  Each makes the member's item
longer, which every message of the group reads."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group as it stands.  `members` is how many there are, `shards` how many partitions hold them.

    `path` is how its events are delivered now: `CHUNK` (the sender writes the mailboxes itself, `INLINE`, while they
    are few) or `PULL`.
    """

    conversation_id: str
    created: str
    title: str
    picture: str = ""
    description: str = ""
    who_posts: Who = Who.MEMBERS
    who_adds: Who = Who.ADMINS
    history: Seen = Seen.JOIN
    members: int = 0
    shards: int = 1
    path: Path = Path.CHUNK
    pulled_from: int = 0
    """Epoch ms from which on members are marked to pull: who joins marks themselves.  0: nobody is."""

    def outgrown(self, most: int) -> bool:
        """Whether it has more members than are pushed to, and nobody has begun to change that."""
        return self.path is Path.CHUNK and not self.pulled_from and self.members > most

    def shrunk(self, most: int) -> bool:
        """Whether it is pulled although it has become so small that pushing will do for a while."""
        return self.path is Path.PULL and self.members < most * 3 // 4


@dataclass(frozen=True, slots=True)
class Stay:
    """From the join event's position on, until `left` (epoch ms, exclusive; None: still there)."""

    joined: str
    left: int | None = None
    left_at: str = ""
    """The position of the event that ended it."""

    def covers(self, position: str) -> bool:
        """`joined <= position < left`."""
        return self.joined <= position and (self.left is None or ms_of(position) < self.left)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is or was in a group."""

    user_id: str
    stays: tuple[Stay, ...]
    role: Role = Role.MEMBER
    role_at: str = field(default="", compare=False)
    """The position that gave the role: a register."""
    shard: int = field(default=0, compare=False)
    """Where the member was found: they stay there."""

    @property
    def present(self) -> bool:
        """Whether nobody has ended the last stay.  What one may *do* depends on this."""
        return bool(self.stays) and self.stays[-1].left is None

    def received(self, position: str) -> bool:
        """Whether the event at `position` is theirs to receive and to read."""
        return any(stay.covers(position) for stay in self.stays)

    def sees(self, position: str, history: Seen) -> bool:
        """Whether they may read the event at `position` in the log, by the group's setting."""
        if history is Seen.JOIN:
            return self.received(position)
        last = self.stays[-1].left if self.stays else 0
        return last is None or ms_of(position) < last

    def gets(self, event: LogEvent, history: Seen) -> bool:
        """Whether an event is theirs to receive: not what was written of something that they may not see."""
        other = tells_of(event)
        return self.received(event.position) and (other is None or self.sees(other, history))


@dataclass(frozen=True, slots=True)
class Move:
    """A member of a group before a change (None: never in it) and after it."""

    before: Member | None
    after: Member


def deserts(moves: Sequence[Move]) -> bool:
    """Whether the owner goes and nobody takes over: then nobody may be left behind."""
    goes = any(move.before and move.before.role is Role.OWNER and not move.after.present for move in moves)
    return goes and all(move.after.role is not Role.OWNER for move in moves)


MOVES: Final = 96
"""Members of one change: a transaction has 100 items, of which the log, the count and the shards need three."""
