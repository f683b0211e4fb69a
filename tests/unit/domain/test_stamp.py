"""The fence: whatever carries a stamp is committed before the stamp plus T."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeClock
from tidings.domain.errors import RetryLater
from tidings.domain.stamp import Fence, Phase, Times, phase

ages = st.integers(-60_000, 200_000)


@st.composite
def times(draw: st.DrawFn) -> Times:
    fence, call, skew = (draw(st.integers(0, 30_000)) for _ in range(3))
    return Times(fence, call, fence + call + skew)


@given(times(), ages)
def test_each_age_has_one_phase(limits: Times, age: int) -> None:
    found = phase(1_000_000, 1_000_000 + age, limits)
    assert (found is Phase.WRITE) == (age <= limits.fence)
    assert (found is Phase.LOOK) == (age > limits.settle)


@given(times(), ages, st.integers(0, 100_000))
def test_phases_never_go_back(limits: Times, age: int, later: int) -> None:
    order = [Phase.WRITE, Phase.WAIT, Phase.LOOK]
    first, then = (phase(0, each, limits) for each in (age, age + later))
    assert order.index(first) <= order.index(then)


@given(times(), st.lists(st.tuples(st.integers(0, 20_000), st.floats(0, 1)), max_size=12))
def test_what_passes_the_fence_commits_before_anybody_looks(limits: Times, steps: list[tuple[int, float]]) -> None:
    """A writer that waits anyhow long between its calls, each of which takes up to C."""
    clock = FakeClock(1_000_000)
    fence = Fence(clock.now(), limits, clock.now)
    for wait, share in steps:
        clock.advance(wait)
        try:
            fence.check()
        except RetryLater:
            assert fence.expired()
            assert phase(fence.stamp, clock.now(), limits) is not Phase.WRITE
            break
        committed = clock.advance(int(share * limits.call))
        assert phase(fence.stamp, committed, limits) is not Phase.LOOK


def test_the_fence_holds_to_the_millisecond() -> None:
    clock, limits = FakeClock(1_000_000), Times()
    fence = Fence(clock.now(), limits, clock.now)
    clock.advance(limits.fence)
    fence.check()
    clock.advance(1)
    with pytest.raises(RetryLater) as caught:
        fence.check()
    assert caught.value.retryable


def test_times_that_do_not_cover_a_call_are_refused() -> None:
    with pytest.raises(ValueError, match="settle"):
        Times(fence=15_000, call=8_000, settle=22_999)
