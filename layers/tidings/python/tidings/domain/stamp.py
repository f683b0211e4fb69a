"""Stamps and the fence: nothing commits later than `T` after the moment it claims to have been written.

A stamp is a moment that a writer writes with.  Before every write call the writer checks the stamp it is
writing with; past `stamp + F` it writes nothing with it, and one AWS call takes at most `C`.  So whatever
carries a stamp is committed before `stamp + T`, where `T >= F + C + clock skew both ways`, and a reader may
keep a cursor at `now - T` without losing an event that is still on its way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tidings.domain.errors import RetryLater


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds: `fence` (F), `call` (C, one AWS call with its retries) and `settle` (T)."""

    fence: int = 15_000
    call: int = 8_000
    settle: int = 30_000

    def __post_init__(self) -> None:
        if self.settle < self.fence + self.call:
            raise ValueError(f"settle ({self.settle} ms) must cover fence + call ({self.fence + self.call} ms)")


class Phase(Enum):
    """What a stamp is good for, whoever meets it."""

    WRITE = "write"
    """Within F: write with it, same keys, harmless twice."""
    WAIT = "wait"
    """Between F and T: a call may still commit, so neither write nor decide."""
    LOOK = "look"
    """Past T: a strong read tells for good whether it was written."""


def phase(stamp: int, now: int, times: Times) -> Phase:
    """The phase of `stamp` at `now` (both epoch ms)."""
    age = now - stamp
    if age <= times.fence:
        return Phase.WRITE
    return Phase.WAIT if age <= times.settle else Phase.LOOK


@dataclass(frozen=True, slots=True)
class Fence:
    """A writer's permission to write with one stamp.  Stores call `check` before each write call."""

    stamp: int
    times: Times
    now: Callable[[], int]

    def check(self) -> None:
        """Raise `RetryLater` when the stamp is too old to write with."""
        if self.expired():
            raise RetryLater("This request waited too long to be written safely. Send it again.")

    def expired(self) -> bool:
        """Whether the stamp may no longer be written with."""
        return phase(self.stamp, self.now(), self.times) is not Phase.WRITE
