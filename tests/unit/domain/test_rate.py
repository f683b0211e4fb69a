"""A token bucket as one number: no interval ever sees more than it holds and what flows in."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tidings.domain.rate import Rate

RATES = st.builds(Rate, st.integers(1, 2_000), st.integers(20, 1_000))
TRIES = st.lists(st.tuples(st.integers(0, 3_000), st.integers(1, 20)), min_size=1, max_size=60)
NOW = 1_795_442_400_000


def test_a_new_bucket_is_full() -> None:
    rate = Rate(10, 100)
    full_at = rate.take(0, NOW, 100)
    assert full_at == NOW + 10_000
    assert rate.take(full_at, NOW, 1) is None
    assert rate.wait(full_at, NOW, 1) == 100
    assert rate.take(full_at, NOW + 99, 1) is None
    assert rate.take(full_at, NOW + 100, 1) == NOW + 10_100


def test_it_never_holds_more_than_its_burst() -> None:
    rate = Rate(10, 100)
    assert rate.take(1, NOW, 101) is None
    assert rate.take(NOW - 1_000_000, NOW, 101) is None


@given(RATES, TRIES)
def test_no_interval_sees_more_than_the_bucket_and_what_flows_in(rate: Rate, tries: list[tuple[int, int]]) -> None:
    now, full_at = NOW, 0
    taken: list[tuple[int, int]] = []
    for pause, count in tries:
        now += pause
        after = rate.take(full_at, now, count)
        if after is not None:
            assert after > full_at
            full_at = after
            taken.append((now, count))
    for first, (begin, _) in enumerate(taken):
        total = 0
        for end, count in taken[first:]:
            total += count
            # A millisecond more, for the number is whole milliseconds.
            assert total <= rate.burst + Fraction((end - begin + 1) * rate.per_second, 1_000)


@given(RATES, st.integers(0, 100_000), st.integers(1, 20))
def test_the_wait_is_just_long_enough(rate: Rate, ahead: int, count: int) -> None:
    full_at = NOW + ahead
    wait = rate.wait(full_at, NOW, count)
    assert rate.take(full_at, NOW + wait, count) is not None
    assert wait == 0 or rate.take(full_at, NOW + wait - 1, count) is None
    assert (wait == 0) == (rate.take(full_at, NOW, count) is not None)


@given(RATES, TRIES, st.integers(0, 60))
def test_whoever_remembers_an_older_number_sees_no_fewer_tokens(
    rate: Rate, tries: list[tuple[int, int]], age: int
) -> None:
    now, numbers = NOW, [0]
    for pause, count in tries:
        now += pause
        numbers.append(rate.take(numbers[-1], now, count) or numbers[-1])
    old = numbers[min(age, len(numbers) - 1)]
    assert rate.wait(old, now, 20) <= rate.wait(numbers[-1], now, 20)
