"""Who is pushed to and who is pulled: the policies, priced on the same day.  `python -m benchmarks.policies`.

The day is that of `benchmarks.day_of_posts`, the prices are those of `benchmarks.ledger`.  A policy says of each author
whether readers pull; a reader pulls at most so many, and who is full stays in a residue that is pushed to.  What a
crossing costs is left out: an author's followers are marked once.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks import ledger
from benchmarks.day_of_posts import CORRELATED, RETURNING, SORTS, Author, day
from benchmarks.ledger import Units
from benchmarks.options import options
from tidings.domain.policy import Policy as Rule

THROUGHPUT: Final = 4_000
"""Writes a second of a table that has not grown yet."""
BOUND_S: Final = 5.0
"""For how long a fan-out may last: 20,000 followers."""
MOST_PUSHED: Final = Rule().always_pull
CAP: Final = 50
"""Authors whom one reader pulls, at most."""
NOTICED_DAYS: Final = 15
"""How often a user's being there is told to the authors."""
STALE_S: Final = 2.0
WARM: Final = 10
"""Processes that each remember the first pages of hot authors for `STALE_S`."""
DAY_S: Final = 86_400

NEVER_PULL: Final = Rule().never_pull

Pulls = Callable[[Author], bool]


@dataclass(frozen=True, slots=True)
class Policy:
    """`active`: those who were not there for a month are not written to.  `cached`: hot first pages are remembered."""

    name: str
    pulls: Pulls
    active: bool = True
    cap: int | None = CAP
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Priced:
    """A day's bill; the longest fan-out in seconds; queries for pulled authors a home page, on average and for those
    who read all day; and how many authors are pulled."""

    units: Units
    longest_s: float
    queries: float
    queries_most: float
    pulled: float


def by_rate(author: Author) -> bool:
    """Pull where pushing costs more ("Feeding Frenzy", SIGMOD 2010), and where it would last too long."""
    pushing = author.posts * author.active * ledger.copy().dollars
    return author.active > MOST_PUSHED or pushing > author.pages * ledger.pull().dollars


def as_built(author: Author) -> bool:
    """As `tidings.domain.policy` has it: besides, who has few followers is pushed."""
    return author.followers >= NEVER_PULL and by_rate(author)


POLICIES: Final = (
    Policy("push all", lambda _: False, active=False),
    Policy("push active", lambda _: False),
    Policy("pull all", lambda _: True, cap=None),
    Policy("threshold", lambda author: author.active > MOST_PUSHED),
    Policy("rate rule, from 1,000 followers", as_built),
    Policy("the same, hot pages cached", as_built, cached=True),
    Policy("rate rule for all", by_rate),
    Policy("rate rule for all, without a cap", by_rate, cap=None),
)


def price(policy: Policy, authors: Sequence[Author]) -> Priced:
    """What a day costs under a policy."""
    pulled = [author for author in authors if policy.pulls(author)]
    pulls = _pulled_by_each(pulled)
    residue = tuple(_residue(each, policy.cap) for each in pulls)
    units, longest, queries = Units(), 0.0, 0.0
    for author in authors:
        audience, reads = author.active if policy.active else author.followers, 0.0
        listed = author.followers
        if policy.pulls(author):
            left = [users * share for users, share in zip(author.of, residue, strict=True)]
            audience = sum(users for users, sort in zip(left, SORTS, strict=True) if sort.active or not policy.active)
            listed = sum(left)
            reads = author.pages - sum(users * sort.pages for users, sort in zip(left, SORTS, strict=True))
            queries += author.number * reads
            if policy.cached:
                reads = min(reads, WARM * DAY_S / STALE_S)
        units += (ledger.post(listed, audience) * author.posts + ledger.pull() * reads) * author.number
        longest = max(longest, audience / THROUGHPUT)
    pages = sum(sort.users * sort.pages for sort in SORTS)
    units += ledger.home() * pages
    if policy.active and any(not policy.pulls(author) for author in authors):
        units += _idle()
    most = pulls[0] * (1 - residue[0])
    return Priced(units, longest, queries / pages, most, sum(author.number for author in pulled))


def _pulled_by_each(pulled: Sequence[Author]) -> list[float]:
    """How many pulled authors a user of each sort follows, on average."""
    return [sum(author.number * author.of[place] for author in pulled) / sort.users for place, sort in enumerate(SORTS)]


def _residue(mean: float, cap: int | None) -> float:
    """The share of what a reader would pull that is pushed to them since they are full: how many authors each would
    pull is Poisson distributed."""
    if cap is None or mean == 0:
        return 0.0
    taken, chance, below = 0.0, math.exp(-mean), 0.0
    for number in range(cap):
        taken, below = taken + number * chance, below + chance
        chance *= mean / (number + 1)
    return max(0.0, 1 - (taken + cap * (1 - below)) / mean)


def _idle() -> Units:
    """What it costs to know who is there, and that some come back."""
    noticed = sum(
        (ledger.noticing(sort.follows, NOTICED_DAYS) * sort.users for sort in SORTS if sort.active), start=Units()
    )
    away = next(sort for sort in SORTS if not sort.active)
    return noticed + ledger.returning(away.follows) * RETURNING


HEAD: Final = ("policy", "writes M", "reads M", "$ a day", "longest fan-out s", "queries a page", "all day", "pulled")


def main() -> int:
    """Print a table for each day, as Markdown."""
    for title, correlation in (("Rates go with followers", CORRELATED), ("Rates and followers apart", 0.0)):
        authors = day(correlation)
        print(f"### {title}\n\n| {' | '.join(HEAD)} |\n|{' --- |' * len(HEAD)}")
        for policy in POLICIES:
            got = price(policy, authors)
            row = (
                policy.name,
                f"{got.units.writes / 1e6:,.1f}",
                f"{got.units.reads / 1e6:,.1f}",
                f"{got.units.dollars:,.2f}",
                f"{got.longest_s:,.1f}",
                f"{got.queries:,.1f}",
                f"{got.queries_most:,.1f}",
                f"{got.pulled:,.0f}",
            )
            print(f"| {' | '.join(row)} |")
        print()
    return 0


if __name__ == "__main__":
    options("policies", __doc__).parse_args()
    sys.exit(main())
