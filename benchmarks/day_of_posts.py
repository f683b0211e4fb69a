"""The simulated day of a million users: who follows whom, who posts and who reads.  All of it is arithmetic, without a
die: fractions of authors where a simulation would draw them.

Authors are a million, their followers Zipf distributed from 10,000,000 down.  How often one posts is log-normal, with
a mean of one post a day; in the correlated day it goes with how many follow (a Gaussian copula of 0.7), in the other it
does not.  Followers are of five sorts, from those who look at their timeline forty times a day to those who have not
come for a month: a million of them come that day.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

AUTHORS: Final = 1_000_000
CELEBRITY: Final = 10_000_000
"""Followers of the first of the authors."""
CELEBRITY_POSTS: Final = 10.0
SPREAD: Final = 1.2
"""Standard deviation of the logarithm of posts a day."""
MOST_POSTS: Final = 200.0
CORRELATED: Final = 0.7
SINGLE: Final = 200
"""Authors who are looked at by themselves; the others in groups of 1 % of their rank."""
LEVELS: Final = 20
"""Rates of posting that the authors of a group are spread over."""


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of user: how many, home pages a day, whom they follow, and whether they came within the month."""

    name: str
    users: float
    pages: float
    follows: float
    active: bool = True


SORTS: Final = (
    Sort("all day", 50_000, 40, 150),
    Sort("daily", 250_000, 10, 80),
    Sort("that day", 700_000, 2, 40),
    Sort("that month", 2_000_000, 0, 20),
    Sort("away", 9_000_000, 0, 5.5, active=False),
)
RETURNING: Final = 10_000
"""Users a day who come back after more than a month."""


@dataclass(frozen=True, slots=True)
class Author:
    """`number` authors, each of whom posts `posts` times that day to followers of which there are `of` each sort.

    `followers` is how many those are together, `active` how many of them came within the month, `pages` how many home
    pages they look at.
    """

    number: float
    posts: float
    of: tuple[float, ...]
    followers: float
    active: float
    pages: float


def author(number: float, posts: float, of: tuple[float, ...]) -> Author:
    """So many authors, with what follows from who their followers are."""
    active = sum(users for users, sort in zip(of, SORTS, strict=True) if sort.active)
    return Author(
        number, posts, of, sum(of), active, sum(users * sort.pages for users, sort in zip(of, SORTS, strict=True))
    )


def day(correlation: float) -> list[Author]:
    """The authors of a day."""
    exponent = _exponent(sum(sort.users * sort.follows for sort in SORTS))
    return [each for group in _groups(exponent) for each in _spread(*group, correlation)]


def _exponent(edges: float) -> float:
    """The Zipf exponent with which the authors have `edges` followers together."""
    low, high = 0.5, 2.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if _total(middle) > edges else (low, middle)
    return low


def _total(exponent: float) -> float:
    return CELEBRITY * sum(_sum(first, last, exponent) for first, last in _ranks())


def _ranks() -> Iterator[tuple[int, int]]:
    """Ranks from first to last, the first ones alone."""
    first = 1
    while first <= AUTHORS:
        last = first if first <= SINGLE else min(AUTHORS, first + first // 100)
        yield first, last
        first = last + 1


def _sum(first: int, last: int, exponent: float) -> float:
    """Rank to the minus `exponent`, added up; for a group by the middle of each rank's strip."""
    if first == last:
        return float(first**-exponent)
    below, above = first - 0.5, last + 0.5
    if abs(exponent - 1) < 1e-12:
        return math.log(above / below)
    return float((above ** (1 - exponent) - below ** (1 - exponent)) / (1 - exponent))


def _groups(exponent: float) -> Iterator[tuple[int, int, tuple[float, ...]]]:
    """First and last rank, and the followers of each of them by sort."""
    for first, last in _ranks():
        yield first, last, _followers(CELEBRITY * _sum(first, last, exponent) / (last - first + 1))


def _followers(number: float) -> tuple[float, ...]:
    """So many followers by sort: whoever follows more is more likely among them, and nobody is twice."""
    low, high = 0.0, 10.0
    while high - low > 1e-12 * high:
        pull = (low + high) / 2
        drawn = sum(sort.users * -math.expm1(-pull * sort.follows) for sort in SORTS)
        low, high = (pull, high) if drawn < number else (low, pull)
    return tuple(sort.users * -math.expm1(-low * sort.follows) for sort in SORTS)


def _spread(first: int, last: int, of: tuple[float, ...], correlation: float) -> Iterator[Author]:
    """The authors of a group by how often they post."""
    if first == 1:
        yield author(1, CELEBRITY_POSTS, of)
        return
    normal, number = NormalDist(), last - first + 1
    standing = normal.inv_cdf(1 - ((first + last) / 2 - 0.5) / AUTHORS)
    free = SPREAD * math.sqrt(1 - correlation**2)
    middle = math.exp(SPREAD * correlation * standing - SPREAD**2 / 2 + free**2 / 2)
    cuts = [normal.inv_cdf(level / LEVELS) for level in range(1, LEVELS)]
    below = [0.0, *(normal.cdf(cut - free) for cut in cuts), 1.0]
    for level in range(LEVELS):
        # The mean of the log-normal between two quantiles, so that few levels lose nothing of its tail.
        posts = min(MOST_POSTS, middle * (below[level + 1] - below[level]) * LEVELS)
        yield author(number / LEVELS, posts, of)
