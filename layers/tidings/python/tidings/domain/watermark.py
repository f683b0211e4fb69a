"""Watermarks: what a reader has received or read, as (position, taken_at).

One covers a message only if the message is not later than `position` *and* had arrived by `taken_at`: a message
that comes late, under an old position, was not seen by whoever confirmed that position before.  They only move
forward, in both parts: a mark that is newer in one part and older in the other comes from a device that knows less.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tidings.domain.position import ms_of


@dataclass(frozen=True, slots=True)
class Watermark:
    """`position` of the last event confirmed; `taken_at`, epoch ms, when the reader's view was taken."""

    position: str
    taken_at: int

    def covers(self, position: str, arrival: str) -> bool:
        """Whether the event at `position` that arrived at `arrival` is confirmed."""
        return position <= self.position and ms_of(arrival) <= self.taken_at


class Step(Enum):
    """What a new mark does to the one that stands."""

    FORWARD = "forward"
    SAME = "same"
    BEHIND = "behind"


def step(standing: Watermark | None, new: Watermark) -> Step:
    """How `new` relates to `standing`."""
    if standing is None:
        return Step.FORWARD
    if new == standing:
        return Step.SAME
    forward = new.position >= standing.position and new.taken_at >= standing.taken_at
    return Step.FORWARD if forward else Step.BEHIND


def covered(marks: tuple[Watermark | None, ...], position: str, arrival: str) -> bool:
    """Whether any of `marks` covers the event."""
    return any(mark is not None and mark.covers(position, arrival) for mark in marks)
