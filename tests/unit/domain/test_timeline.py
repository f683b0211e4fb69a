"""Home timelines: a refresh loses no late copy, paging fills the gap, and an excerpt is whole characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.strategies import positions
from tidings.domain.errors import InvalidRequest
from tidings.domain.position import FIRST, LAST, Position, floor, make
from tidings.domain.posts import TimelineEntry
from tidings.domain.timeline import Window, excerpt, keep, page_down, window
from tidings.ports.timelines import ReaderState

BOUND = 20
BEGIN = 1_000_000
copies = st.lists(st.tuples(st.integers(0, 80), st.integers(0, BOUND)), max_size=25).map(
    lambda many: [
        (str(make(BEGIN + stamp, "a" * 8, "b" * 8, number)), BEGIN + stamp + delay)
        for number, (stamp, delay) in enumerate(many)
    ]
)
"""(position, when its copy can be read)."""


class Reader:
    """A client that refreshes now and then, and each time pages down to where the last refresh began."""

    def __init__(self, written: list[tuple[str, int]]) -> None:
        self.written = written
        self.now = BEGIN
        self.since: str | None = None
        self.seen: set[str] = set()
        self.pages = 0

    def page(self, looked_at: Window, limit: int) -> tuple[list[str], str | None]:
        there = sorted(
            (at for at, readable in self.written if readable <= self.now and looked_at.after < at < looked_at.before),
            reverse=True,
        )
        return there[:limit], there[limit - 1] if len(there) > limit else None

    def refresh(self, limit: int, pause: int) -> None:
        looked_at, kept = window(None, self.since), keep(self.now, BOUND)
        while True:
            self.now += pause
            page, last = self.page(looked_at, limit)
            self.pages += 1
            self.seen.update(page)
            before = page_down(looked_at, last)
            if before is None:
                break
            looked_at = window(before, None)
        self.since = kept


@given(copies, st.lists(st.tuples(st.integers(0, 40), st.integers(1, 4), st.integers(0, 5)), max_size=10))
def test_refreshing_and_paging_down_sees_every_copy(
    written: list[tuple[str, int]], visits: list[tuple[int, int, int]]
) -> None:
    reader = Reader(written)
    for wait, limit, pause in visits:
        reader.now += wait
        reader.refresh(limit, pause)
    reader.now = BEGIN + 500
    reader.refresh(3, 0)
    assert reader.seen == {at for at, _ in written}


@given(copies, st.integers(1, 4))
def test_paging_down_ends(written: list[tuple[str, int]], limit: int) -> None:
    reader = Reader(written)
    reader.now = BEGIN + 500
    reader.refresh(limit, 0)
    assert reader.pages <= len(written) // limit + 1


@given(positions, st.integers(0, 10**12))
def test_cursors_are_read_back(position: Position, clock: int) -> None:
    whole = Window()
    down = page_down(whole, str(position))
    assert window(down, None) == Window(FIRST, str(position))
    fresh = window(None, keep(clock, BOUND))
    assert fresh == Window(floor(clock - BOUND), LAST)
    deeper = page_down(fresh, str(position))
    assert window(deeper, None) == Window(fresh.after, str(position))
    assert page_down(fresh, None) is None
    assert window(None, None) == whole


@pytest.mark.parametrize(
    "text", ["", "s1.1", "b1.x", "c1.0000000000000", "s1.0000000000000 ", "b1.0000000000000.0000000000000"]
)
def test_a_cursor_that_was_never_given_is_refused(text: str) -> None:
    for before, since in ((text, None), (None, text)):
        with pytest.raises(InvalidRequest):
            window(before, since)


def test_paging_and_refreshing_at_once_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        window(f"b1.{make(1, 'a' * 8, 'b' * 8)}.{floor(0)}", keep(5, 0))


@given(st.text(max_size=60), st.integers(0, 100))
def test_an_excerpt_is_a_beginning_of_whole_characters(text: str, limit: int) -> None:
    short, cut = excerpt(text, limit)
    assert text.startswith(short)
    assert len(short.encode()) <= limit
    assert cut == (short != text)
    if cut:
        longer = text[: len(short) + 1]
        assert len(longer.encode()) > limit


@given(st.lists(st.sampled_from("abcd"), max_size=20), st.sets(st.sampled_from("abcd")))
def test_removed_authors_are_hidden(authors: list[str], removed: set[str]) -> None:
    reader = ReaderState(removed=frozenset(removed))
    for author in authors:
        assert reader.hides(TimelineEntry(author, "1", "")) == (author in removed)
