"""What the streams of our tables show: the facts that a planner works from."""

from __future__ import annotations

from dataclasses import dataclass

from tidings.domain.events import LogEntry
from tidings.domain.groups import Group
from tidings.domain.posts import Post


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry of a conversation's log.

    `fresh`: it has just been written.  Otherwise it was changed: claimed late, edited, or replaced by its tombstone.
    """

    conversation_id: str
    entry: LogEntry
    fresh: bool


@dataclass(frozen=True, slots=True)
class TallyDue:
    """How far everybody in a group has got is to be worked out, at `due` (epoch ms)."""

    conversation_id: str
    due: int


Shown = Post | Logged | Group | TallyDue
"""What a record can show."""
