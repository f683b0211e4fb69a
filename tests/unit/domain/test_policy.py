"""Push or pull: the rate rule, its bounds, and that it does not flap."""

from __future__ import annotations

from dataclasses import replace
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.domain.authors import DAY_MS, NEVER, Author, ReadRate
from tidings.domain.edges import grown
from tidings.domain.events import Path
from tidings.domain.policy import (
    COPY_PRICE,
    PULL_PRICE,
    STAYS_MS,
    WEIGHED_AGAIN_MS,
    WEIGHED_EVERY_MS,
    Policy,
)

NOW = 1_800_000_000_000
POLICY = Policy(always_pull=20_000, never_pull=1_000)
BUSY = Author(
    "ann",
    followers=5_000,
    weighed=NOW,
    weighed_followers=5_000,
    weighed_first=5_000,
    post_rate=24_000,
    read_rate=10_000,
)


def pulled(author: Author, since: int = NOW - STAYS_MS) -> Author:
    return replace(author, path=Path.PULL, pulled_from=since, crossed=since)


def test_who_posts_more_than_is_read_is_pulled() -> None:
    assert POLICY.path(BUSY, NOW) is Path.PULL
    assert POLICY.path(replace(BUSY, read_rate=500_000), NOW) is Path.PUSH
    assert POLICY.path(replace(BUSY, post_rate=1_000, read_rate=10_000), NOW) is Path.PUSH


@pytest.mark.parametrize("reads", [0, 10_000, 10**9])
def test_a_crowd_is_always_pulled_and_a_few_are_always_pushed_to(reads: int) -> None:
    crowd, few = replace(BUSY, weighed_followers=20_001, read_rate=reads), replace(BUSY, weighed_followers=999)
    assert POLICY.path(crowd, NOW) is Path.PULL
    assert POLICY.path(few, NOW) is Path.PUSH
    assert POLICY.path(replace(crowd, crossed=NOW), NOW) is Path.PULL, "however lately they crossed"
    assert POLICY.path(replace(pulled(few, NOW), weighed_followers=749), NOW) is Path.PUSH


def test_what_was_passed_upwards_is_left_at_three_quarters() -> None:
    reading = replace(BUSY, read_rate=10**9)
    assert POLICY.path(pulled(replace(reading, weighed_followers=15_001)), NOW) is Path.PULL
    assert POLICY.path(pulled(replace(reading, weighed_followers=15_000)), NOW) is Path.PUSH
    assert POLICY.path(pulled(replace(BUSY, weighed_followers=750)), NOW) is Path.PULL
    assert POLICY.path(pulled(replace(BUSY, weighed_followers=749)), NOW) is Path.PUSH


def test_nobody_crosses_by_their_rates_for_a_week() -> None:
    quiet = replace(BUSY, post_rate=0)
    assert POLICY.path(pulled(quiet), NOW) is Path.PUSH
    assert POLICY.path(pulled(quiet, NOW - STAYS_MS + 1), NOW) is Path.PULL
    assert POLICY.path(replace(BUSY, crossed=NOW - 1), NOW) is Path.PUSH


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_no_rates_turn_an_author_back_and_forth(posts: int, reads: int) -> None:
    author = replace(BUSY, post_rate=posts, read_rate=reads)
    up, back = POLICY.path(author, NOW), POLICY.path(pulled(author), NOW)
    assert not (up is Path.PULL and back is Path.PUSH)
    if posts * COPY_PRICE > 2 * reads * PULL_PRICE:
        assert up is back is Path.PULL
    if 2 * posts * COPY_PRICE < reads * PULL_PRICE:
        assert up is back is Path.PUSH


def test_who_has_few_followers_is_never_weighed() -> None:
    few = Author("ann", followers=999)
    assert not POLICY.due(few, NOW)
    assert POLICY.due(replace(few, followers=1_000), NOW)
    assert POLICY.due(replace(few, followers=250, shards=4), NOW)
    assert Policy(always_pull=10).due(Author("ann", followers=11), NOW), "where a few are a crowd"


def test_once_a_day_is_enough_but_where_the_crowd_has_come_or_gone() -> None:
    assert not POLICY.due(BUSY, NOW + WEIGHED_EVERY_MS - 1)
    assert POLICY.due(BUSY, NOW + WEIGHED_EVERY_MS)
    grown = replace(BUSY, followers=20_001)
    assert not POLICY.due(grown, NOW + WEIGHED_AGAIN_MS - 1)
    assert POLICY.due(grown, NOW + WEIGHED_AGAIN_MS)
    assert not POLICY.due(replace(grown, pulled_from=NOW), NOW + WEIGHED_AGAIN_MS), "they are on their way"
    gone = pulled(replace(BUSY, followers=3_000))
    assert POLICY.due(gone, NOW + WEIGHED_AGAIN_MS)
    assert not POLICY.due(replace(gone, followers=3_750), NOW + WEIGHED_AGAIN_MS)


@pytest.mark.parametrize("each_minute", [1, 20, 400])
def test_more_shards_are_not_taken_for_more_followers(each_minute: int) -> None:
    """Somebody who posts every minute while their followers become as many as may just be pushed to."""
    followers, now, weighed, author = [1], NOW, 0, Author("ann")
    for number in range(POLICY.always_pull):
        if (shards := grown(len(followers), followers[0], pressed=False)) > len(followers):
            followers += [0] * (shards - len(followers))
        followers[crc32(str(number).encode()) % len(followers)] += 1
        if number % each_minute == 0:
            now += WEIGHED_AGAIN_MS
            author = replace(author, shards=len(followers), followers=followers[0])
            if POLICY.due(author, now):
                weighed += 1
                author = replace(author, weighed=now, weighed_followers=sum(followers), weighed_first=followers[0])
        if sum(followers) == POLICY.always_pull:
            break
    assert len(followers) == 16
    assert weighed <= 5 + (now - NOW) // WEIGHED_EVERY_MS
    lost = replace(author, path=Path.PULL, followers=followers[0] // 2)
    assert POLICY.due(lost, now + WEIGHED_AGAIN_MS), "and fewer are seen, too"


class TestReadRate:
    def test_nothing_was_counted(self) -> None:
        assert NEVER.per_day(NOW) == 0

    def test_reads_are_spread_over_the_time_since(self) -> None:
        rate = NEVER.counted(NOW, 32)
        assert rate == ReadRate(32, NOW)
        assert rate.per_day(NOW) == 32_000, "the first day counts as a whole one"
        assert rate.counted(NOW + 4 * DAY_MS, 32).per_day(NOW + 4 * DAY_MS) == 16_000
        assert rate.per_day(NOW + 64 * DAY_MS) == 500, "who does not come any more reads less and less"

    def test_what_is_old_counts_less(self) -> None:
        rate = ReadRate(1_400, NOW)
        later = NOW + 20 * DAY_MS
        counted = rate.counted(later, 32)
        assert counted.since == later - 7 * DAY_MS
        assert counted.reads == 1_400 * 7 // 20 + 32

    @given(st.floats(0.5, 50), st.integers(20, 200))
    def test_a_steady_reader_is_measured_well(self, a_day: float, days: int) -> None:
        rate, now = NEVER, NOW
        for _ in range(int(a_day * days)):
            now += int(DAY_MS / a_day)
            rate = rate.counted(now, 1)
        assert 0.8 * a_day <= rate.per_day(now) / 1_000 <= 1.5 * a_day + 1
