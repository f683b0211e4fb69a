"""Who is written to, and what is missed: a reader never takes a gap for nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.domain.idle import ASK_AGAIN_MS, DAY_MS, UNSEEN, Idle, Seen, day_of

days = st.integers(2, 60)
moments = st.integers(100 * DAY_MS, 30_000 * DAY_MS)


@given(days, st.integers(1, 29_000), moments, moments)
def test_who_is_not_away_has_missed_nothing(idle_days: int, day: int, posted: int, looks: int) -> None:
    """A post left a half of `day` out: whoever looks then, or later, is away, and looks for that post."""
    idle = Idle(idle_days)
    if day < idle.awake_from(posted) and looks >= posted - DAY_MS:
        assert idle.away(day, looks), "also by a clock that is behind"
        assert idle.missed_from(day) <= posted - DAY_MS


@given(days, st.integers(1, 29_000), moments)
def test_halves_are_refreshed_before_they_are_left_out(idle_days: int, day: int, now: int) -> None:
    idle = Idle(idle_days)
    if idle.away(day, now):
        assert idle.stale(day, now)
    if not idle.stale(day, now):
        assert day >= idle.awake_from(now + DAY_MS)
    assert not idle.stale(day_of(now), now)


def test_less_than_two_days_is_refused() -> None:
    with pytest.raises(ValueError):
        Idle(1)


def test_a_return_is_asked_for_now_and_then() -> None:
    assert UNSEEN.may_ask(ASK_AGAIN_MS)
    assert not Seen(5, asked=1_000).may_ask(1_000 + ASK_AGAIN_MS - 1)
    assert Seen(5, asked=1_000).may_ask(1_000 + ASK_AGAIN_MS)
