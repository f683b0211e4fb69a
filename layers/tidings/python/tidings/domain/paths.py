"""How what was written is delivered."""

from __future__ import annotations

from enum import StrEnum


class Path(StrEnum):
    """Who delivers: decided once, by the sender, and stored on the log item or post."""

    INLINE = "inline"
    CHUNK = "chunk"
    PULL = "pull"
    PUSH = "push"
    """Posts only: fanned out into timelines by the chunk workers."""
