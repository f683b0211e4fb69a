"""Who looks, and who has not looked for so long that nothing is written for them any more.

The author's half of a follow says on which day its follower was last known to look.  A post is not written to the
halves that are older than the post by more than `days`: that goes by its position, so a plan that is made late, or
again, leaves out nobody whom an earlier one would have taken.  The reader's own note says down to which day all of
their halves are fresh: it is never ahead of any of them, for they are refreshed before it is, and a follow is fresh.

There is a day to spare: a reader takes it that posts are missing a day before any are, and looks for them from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DAY_MS: Final = 86_400_000
ASK_AGAIN_MS: Final = 900_000
"""After so long a return that was asked for is asked for again: its job may be in the dead-letter queue."""
NEVER: Final = 1
"""A day before all others, of whom nothing is known."""


def day_of(ms: int) -> int:
    """The number of the day, in UTC, since the epoch."""
    return ms // DAY_MS


@dataclass(frozen=True, slots=True)
class Seen:
    """A reader's note: all their halves are fresh as of `day` (0: not noted yet), and when somebody `asked` last for a
    return (epoch ms)."""

    day: int = 0
    asked: int = 0

    def may_ask(self, now: int) -> bool:
        """Whether nobody has asked lately."""
        return now - self.asked >= ASK_AGAIN_MS


UNSEEN: Final = Seen()
"""There is no note."""


@dataclass(frozen=True, slots=True)
class Idle:
    """For how many `days` after their last look people are written to (at least 2)."""

    days: int

    def __post_init__(self) -> None:
        if self.days < 2:
            raise ValueError("idle days must be at least 2: there is a day to spare on both sides")

    def awake_from(self, posted: int) -> int:
        """The oldest day of halves that a post of that time (epoch ms) is written to."""
        return day_of(posted) - self.days

    def stale(self, day: int, now: int) -> bool:
        """Whether halves of `day` are to be refreshed."""
        return day_of(now) - day >= self.days // 2

    def away(self, day: int, now: int) -> bool:
        """Whether posts may not have been written to halves of `day`, or will not before they are refreshed."""
        return day_of(now) - day >= self.days

    def missed_from(self, day: int) -> int:
        """From when on (epoch ms) posts may be missing, where halves were fresh on `day`."""
        return (day + self.days) * DAY_MS


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody is back: posts of `authors`, whom they follow, may be missing in their feed from `since` (epoch ms)."""

    authors: tuple[str, ...]
    since: int
