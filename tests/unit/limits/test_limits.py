"""Who sends how much, and what counting costs: over any number of processes, races and stale reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeBuckets, FakeClock
from tests.fakes.watch import watched
from tidings.domain.errors import RateLimited
from tidings.domain.rate import Rate
from tidings.services.limits import FREE, LEASE, MINUTE_MS, Limits

RATE = Rate(10, 100)


class Process:
    """One process, and what it let through."""

    def __init__(self, buckets: FakeBuckets, clock: FakeClock, remembered: int = 10) -> None:
        self.limits = Limits(buckets, clock, RATE, remembered=remembered)

    def flood(self, count: int, user_id: str = "ann") -> int:
        """Send so many: how many went through before the first refusal."""
        for number in range(count):
            try:
                self.limits.spend(user_id)
            except RateLimited:
                return number
        return count

    def wait(self, user_id: str = "ann") -> int | None:
        """What a refusal says; this one must be refused."""
        with pytest.raises(RateLimited) as refused:
            self.limits.spend(user_id)
        assert refused.value.retryable
        return refused.value.retry_after_ms


def test_the_first_of_a_minute_cost_nothing() -> None:
    buckets, clock = FakeBuckets(), FakeClock()
    process = Process(buckets, clock)
    for _ in range(5):
        assert process.flood(FREE) == FREE
        clock.advance(MINUTE_MS)
    assert (buckets.writes, buckets.reads) == (0, 0)


def test_a_flood_gets_the_bucket_and_then_the_rate() -> None:
    buckets, clock = FakeBuckets(), FakeClock()
    process = Process(buckets, clock)
    assert process.flood(1_000) == FREE + RATE.burst
    assert process.wait() == LEASE * 1_000 // RATE.per_second
    clock.advance(process.wait() or 0)
    assert process.flood(1_000) == LEASE
    assert process.flood(1, "bob") == 1, "others are not held up"


def test_who_is_refused_again_and_again_costs_nothing() -> None:
    buckets, clock = FakeBuckets(), FakeClock()
    process = Process(buckets, clock)
    process.flood(1_000)
    before = buckets.writes, buckets.reads
    for _ in range(100):
        process.wait()
    assert (buckets.writes, buckets.reads) == before


def test_another_process_learns_that_the_bucket_is_empty() -> None:
    buckets, clock = FakeBuckets(), FakeClock()
    Process(buckets, clock).flood(1_000)
    other, writes = Process(buckets, clock), buckets.writes
    assert other.flood(1_000) == FREE
    assert buckets.writes == writes, "by reading"
    reads = buckets.reads
    other.wait()
    assert buckets.reads == reads, "once"


def test_a_stale_read_is_put_right_by_the_condition() -> None:
    buckets, clock = FakeBuckets(lag=3), FakeClock()
    one, other = Process(buckets, clock), Process(buckets, clock)
    assert one.flood(FREE + 3 * LEASE) + other.flood(1_000) == 2 * FREE + RATE.burst


def test_a_race_for_a_lease() -> None:
    """Another process takes tokens between the look and the write."""
    buckets, clock = FakeBuckets(), FakeClock()
    rival = Process(buckets, clock)

    def interfere(name: str) -> None:
        if name == "look":
            rival.flood(FREE + LEASE)

    limits = Limits(watched(buckets, after=interfere), clock, RATE)
    for _ in range(FREE + LEASE):
        limits.spend("ann")
    assert buckets.writes == 3
    assert buckets.full_at["ann"] == clock.now() + 2 * LEASE * 1_000 // RATE.per_second


def test_a_crowd_is_told_to_come_back() -> None:
    buckets, clock = FakeBuckets(), FakeClock()

    def interfere(name: str) -> None:
        if name == "swap":
            buckets.full_at["ann"] = buckets.full_at.get("ann", 0) + 1

    limits = Limits(watched(buckets, before=interfere), clock, RATE, free=0)
    with pytest.raises(RateLimited) as refused:
        limits.spend("ann")
    assert refused.value.retry_after_ms == 1_000


def test_a_process_forgets_users_beyond_its_bound() -> None:
    buckets, clock = FakeBuckets(), FakeClock()
    process = Process(buckets, clock, remembered=2)
    for name in ("ann", "bob", "cid"):
        assert process.flood(FREE, name) == FREE
    assert process.flood(FREE, "ann") == FREE
    assert buckets.writes == 0


@given(
    st.integers(1, 4),
    st.integers(0, 4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30_000), st.integers(1, 300)), min_size=1, max_size=40),
)
def test_counting_costs_a_tenth_of_a_unit_at_most(processes: int, lag: int, turns: list[tuple[int, int, int]]) -> None:
    """However a client that waits for its replies is spread over processes, and whenever they start."""
    buckets, clock = FakeBuckets(lag), FakeClock()
    pool = [Process(buckets, clock) for _ in range(processes)]
    sent, begin = 0, clock.now()
    for which, pause, count in turns:
        clock.advance(pause)
        sent += pool[which % processes].flood(count)
        if lag == 0:
            assert buckets.writes <= sent * 0.05
        assert buckets.writes <= sent * 0.1 + processes
    minutes = (clock.now() - begin) // MINUTE_MS + 1
    flowed = RATE.burst + (clock.now() - begin + 1) * RATE.per_second // 1_000
    assert sent <= flowed + processes * FREE * minutes
