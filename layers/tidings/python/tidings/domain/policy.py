"""Push or pull, author by author.

The rate rule is that of Silberstein, Terrace, Cooper and Ramakrishnan, "Feeding Frenzy: Selectively Materializing
Users' Event Feeds" (SIGMOD 2010): copies cost posts x readers x the price of a write, fetching costs the readers' reads
x the price of a read, and whichever is less is done.  Readers stand on both sides, so what decides is how often an
author posts for each time that an average follower looks.

Beyond it there are two bounds.  An author whose fan-out would outlast its time is always pulled; one with few followers
is always pushed: there is nothing to be saved that would be worth a place among those whom a reader pulls.

A crossing costs a write for each follower, twice.  So an author stays what they are for a week, and crosses only where
the other way is cheaper by half: rates are measured, and a measure trembles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tidings.domain.authors import DAY_MS, Author
from tidings.domain.events import Path

COPY_PRICE: Final = 625
"""A write unit of up to 1 KB, in thousandths of a millionth of a dollar."""
PULL_PRICE: Final = 80
"""One more query of a home page, likewise: half a read unit, and what the call costs the function (docs/adr/0036)."""
HYSTERESIS: Final = 1.5
STAYS_MS: Final = 7 * DAY_MS
WEIGHED_EVERY_MS: Final = DAY_MS
WEIGHED_AGAIN_MS: Final = 60_000
"""Not more often than that, even where the count of followers asks for it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Followers from which on an author is always pulled, and below which always pushed."""

    always_pull: int = 20_000
    never_pull: int = 1_000

    def due(self, author: Author, now: int) -> bool:
        """Whether an author who posts now (epoch ms) is to be weighed.  Goes by what a post reads anyway."""
        age = now - author.weighed
        seen = max(author.about, author.weighed_followers)
        pushed = author.path is Path.PUSH and not author.crossing
        if pushed and seen < self.never_pull and seen <= self.always_pull:
            return False
        if age >= WEIGHED_EVERY_MS:
            return True
        grown = pushed and seen > self.always_pull
        shrunk = author.path is Path.PULL and author.about < _less(author.weighed_followers)
        return age >= WEIGHED_AGAIN_MS and (grown or shrunk)

    def path(self, author: Author, now: int) -> Path:
        """How the posts of an author who has just been weighed are to be delivered."""
        pulled, followers = author.path is Path.PULL, author.weighed_followers
        if followers > (_less(self.always_pull) if pulled else self.always_pull):
            return Path.PULL
        if followers < (_less(self.never_pull) if pulled else self.never_pull):
            return Path.PUSH
        if now - author.crossed < STAYS_MS:
            return author.path
        copying, fetching = author.post_rate * COPY_PRICE, author.read_rate * PULL_PRICE
        if pulled:
            return Path.PUSH if copying * HYSTERESIS < fetching else Path.PULL
        return Path.PULL if copying > fetching * HYSTERESIS else Path.PUSH


def _less(followers: int) -> int:
    """So few that a number of followers that was passed upwards has been left for good."""
    return followers * 3 // 4
