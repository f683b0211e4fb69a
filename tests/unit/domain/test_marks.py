"""Marks of authors: joined ones cover what each of them covered, and no place twice."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tidings.domain.authors import OPEN, PulledAuthor, joined
from tidings.domain.position import make

marks = st.lists(
    st.builds(
        lambda author, start, length: PulledAuthor(author, start, OPEN if length == 0 else start + length),
        st.sampled_from("ab"),
        st.integers(1, 30),
        st.integers(0, 8),
    ),
    max_size=8,
)


@given(marks)
def test_joined_marks_cover_the_same(given_marks: list[PulledAuthor]) -> None:
    one = joined(given_marks)
    for author in "ab":
        for ms in range(45):
            position = str(make(ms, "a" * 8, "b" * 8))
            covering = [mark for mark in one if mark.author == author and mark.covers(position)]
            before = any(mark.author == author and mark.covers(position) for mark in given_marks)
            assert len(covering) == before


@given(marks)
def test_joined_marks_do_not_touch(given_marks: list[PulledAuthor]) -> None:
    for earlier, later in pairwise(joined(given_marks)):
        assert earlier.author < later.author or OPEN < earlier.until < later.start
