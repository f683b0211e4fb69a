"""Watermarks: forward in both parts, and silent about what had not arrived."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tidings.domain.position import make
from tidings.domain.watermark import Step, Watermark, covered, step


def at(ms: int) -> str:
    return str(make(ms, "a" * 8, "b" * 8))


marks = st.builds(Watermark, st.integers(0, 8).map(at), st.integers(0, 8))


@given(marks, marks)
def test_a_step_is_forward_same_or_behind(standing: Watermark, new: Watermark) -> None:
    forward = new.position >= standing.position and new.taken_at >= standing.taken_at
    expected = Step.SAME if new == standing else Step.FORWARD if forward else Step.BEHIND
    assert step(standing, new) is expected
    assert step(None, new) is Step.FORWARD


@given(marks, marks, st.integers(0, 8), st.integers(0, 8))
def test_a_step_forward_covers_all_that_was_covered(standing: Watermark, new: Watermark, sent: int, came: int) -> None:
    if step(standing, new) is Step.FORWARD and standing.covers(at(sent), at(came)):
        assert new.covers(at(sent), at(came))


@given(st.lists(marks, min_size=1, max_size=10))
def test_a_mark_that_takes_forward_steps_only_never_goes_back(many: list[Watermark]) -> None:
    standing = None
    for new in many:
        before = standing
        standing = new if step(standing, new) is Step.FORWARD else standing
        assert standing is not None
        if before is not None:
            assert standing.position >= before.position
            assert standing.taken_at >= before.taken_at


@given(marks, st.integers(0, 8), st.integers(0, 8))
def test_a_late_arrival_under_an_old_position_is_not_covered(mark: Watermark, sent: int, came: int) -> None:
    assert mark.covers(at(sent), at(came)) == (at(sent) <= mark.position and came <= mark.taken_at)


@given(st.lists(st.one_of(st.none(), marks), max_size=4), st.integers(0, 8), st.integers(0, 8))
def test_any_mark_may_cover(many: list[Watermark | None], sent: int, came: int) -> None:
    expected = any(mark.covers(at(sent), at(came)) for mark in many if mark is not None)
    assert covered(tuple(many), at(sent), at(came)) == expected
