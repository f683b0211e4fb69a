"""The safe cursor: writers commit up to T late, readers come and go, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.domain.cursor import SyncCursors, SyncStart, finish, start
from tidings.domain.errors import InvalidRequest, ResyncRequired
from tidings.domain.position import LAST, floor, make, ms_of
from tidings.domain.pulled import Place

T = 20
BEGIN = 1_000_000
KEPT_MS = 10**9
Finish = Callable[[SyncStart, str | None, bool, int], SyncCursors]


@dataclass(frozen=True)
class Write:
    """An event with its stamp and the moment when it can be read; `delay` is at most T."""

    stamp: int
    delay: int
    number: int

    @property
    def arrival(self) -> str:
        return str(make(BEGIN + self.stamp, "a" * 8, "b" * 8, self.number))

    @property
    def committed(self) -> int:
        return BEGIN + self.stamp + self.delay


@dataclass
class Reader:
    """A client: keeps the events it saw and the last cursor it was given."""

    writes: list[Write]
    finish: Finish = finish
    now: int = BEGIN
    cursor: str | None = None
    seen: set[str] = field(default_factory=set)

    def page(self, after: str, limit: int) -> tuple[list[str], bool]:
        """What a strong read finds at this moment."""
        there = sorted(each.arrival for each in self.writes if each.committed <= self.now and each.arrival > after)
        return there[:limit], len(there) > limit

    def sync(self, limit: int, pauses: list[int], stop_after: int) -> int:
        """One sync, a page at a time, cut off after `stop_after` pages.  How many pages it took."""
        following: str | None = None
        for number in range(stop_after):
            begin = start(self.cursor if following is None else None, following, self.now, KEPT_MS)
            self.now += pauses[number % len(pauses)]
            page, more = self.page(begin.after, limit)
            self.seen.update(page)
            answer = self.finish(begin, page[-1] if page else None, more, T)
            self.cursor, following = answer.cursor, answer.next
            if following is None:
                return number + 1
        return stop_after


writes = st.lists(st.tuples(st.integers(0, 80), st.integers(0, T)), max_size=25).map(
    lambda many: [Write(stamp, delay, number) for number, (stamp, delay) in enumerate(many)]
)
visits = st.lists(
    st.tuples(
        st.integers(0, 40), st.integers(1, 4), st.lists(st.integers(0, 7), min_size=1, max_size=4), st.integers(1, 5)
    ),
    max_size=12,
)


def run(reader: Reader, plan: list[tuple[int, int, list[int], int]]) -> Reader:
    """The visits of a plan, then a last sync when everything is there."""
    for wait, limit, pauses, stop_after in plan:
        reader.now += wait
        reader.sync(limit, pauses, stop_after)
    reader.now = max(reader.now, BEGIN + 200)
    reader.sync(3, [0], 1_000)
    return reader


@given(writes, visits)
def test_nothing_is_lost(many: list[Write], plan: list[tuple[int, int, list[int], int]]) -> None:
    reader = run(Reader(many), plan)
    assert reader.seen == {each.arrival for each in many}


@given(writes, st.integers(1, 4), st.lists(st.integers(0, 7), min_size=1, max_size=4), st.integers(0, 100))
def test_a_sync_ends(many: list[Write], limit: int, pauses: list[int], wait: int) -> None:
    """Even when all pages are younger than T, where one cursor for both purposes would go round for ever."""
    reader = Reader(many, now=BEGIN + wait)
    assert reader.sync(limit, pauses, 10_000) <= len(many) // limit + 1


@given(writes, visits)
def test_the_kept_cursor_never_goes_back_nor_passes_what_may_still_come(
    many: list[Write], plan: list[tuple[int, int, list[int], int]]
) -> None:
    reader, before = Reader(many), ("", "")
    for wait, limit, pauses, stop_after in plan:
        reader.now += wait
        clock = reader.now
        reader.sync(limit, pauses, stop_after)
        assert reader.cursor is not None
        again = start(reader.cursor, None, clock, KEPT_MS)
        assert (again.kept, again.logs) >= before
        assert again.logs <= again.kept <= floor(clock - T)
        before = (again.kept, again.logs)


def keep_last_seen(begin: SyncStart, last: str | None, more: bool, settle_ms: int) -> SyncCursors:
    """The plausible build: keep the arrival of the last event."""
    real = finish(begin, last, more, settle_ms)
    return SyncCursors(f"c1.{last or begin.kept}", real.next)


LATE = [Write(stamp=0, delay=15, number=0), Write(stamp=5, delay=0, number=1)]


def test_keeping_the_last_seen_event_loses_the_late_one() -> None:
    """The model can fail: an event that was on its way is stepped over."""
    plan = [(10, 4, [0], 5)]
    assert run(Reader(LATE, keep_last_seen), plan).seen == {LATE[1].arrival}
    assert run(Reader(LATE), plan).seen == {each.arrival for each in LATE}


def test_reading_the_clock_after_the_query_loses_the_late_one() -> None:
    """`start` must be given the clock as it was before the query: the same read with a later clock loses."""
    late = Write(stamp=0, delay=T, number=0)
    for clock, lost in ((BEGIN, False), (BEGIN + T + 1, True)):
        begin = start(None, None, clock, KEPT_MS)
        kept = finish(begin, None, False, T).cursor.removeprefix("c1.")
        assert (late.arrival <= kept) is lost


@given(writes, st.integers(1, 4))
def test_next_carries_the_first_clock(many: list[Write], limit: int) -> None:
    reader = Reader(many, now=BEGIN + 200)
    clock = reader.now
    begin = start(None, None, clock, KEPT_MS)
    page, more = reader.page(begin.after, limit)
    answer = finish(begin, page[-1] if page else None, more, T)
    assert (answer.next is not None) == more
    if answer.next is not None:
        again = start(None, answer.next, clock + 5_000, KEPT_MS)
        assert (again.clock, again.after) == (clock, page[-1])
        assert start(answer.cursor, None, clock, KEPT_MS).kept == again.kept


def test_a_cursor_older_than_retention_asks_for_a_new_start() -> None:
    kept = finish(start(None, None, BEGIN, KEPT_MS), None, False, T).cursor
    assert start(kept, None, BEGIN - T + KEPT_MS, KEPT_MS).after == floor(BEGIN - T)
    with pytest.raises(ResyncRequired):
        start(kept, None, BEGIN - T + KEPT_MS + 1, KEPT_MS)
    assert ms_of(start(None, None, BEGIN, KEPT_MS).after) == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c1.",
        "c1.12",
        "n1.0000000000000",
        "c2.0000000000000",
        "c1.0000000000000 ",
        "c1.0000000000000\n",
        "c1.0000000000000.",
        "n1.0000000000000.0000000000000.0000000000000",
        "n2.dm#a#b.0000000000000.0000000000000.0000000000000.0000000000000",
    ],
)
def test_a_cursor_that_was_never_given_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        start(text, None, BEGIN, KEPT_MS)
    with pytest.raises(InvalidRequest):
        start(None, text, BEGIN, KEPT_MS)


def test_a_next_of_a_process_whose_clock_is_ahead_goes_on_with_ours() -> None:
    """Two processes' clocks differ by milliseconds; and a clock that is made up moves no cursor past `now - T`."""
    ahead = f"n1.{floor(1)}.{BEGIN + 5_000:013d}.{floor(0)}.{floor(0)}"
    assert start(None, ahead, BEGIN + 5_000, KEPT_MS).clock == BEGIN + 5_000
    begin = start(None, ahead, BEGIN, KEPT_MS)
    assert (begin.clock, begin.after) == (BEGIN, floor(1))
    assert finish(begin, None, False, T).cursor == f"c1.{floor(BEGIN - T)}"


def test_a_sync_that_breaks_off_in_the_mailbox_has_read_no_log() -> None:
    """The next one goes on in the mailbox where this one broke off, and in the logs where this one began."""
    first = finish(start(None, None, BEGIN, KEPT_MS), None, False, T)
    later, arrival = BEGIN + 10 * T, str(make(BEGIN + 5, "a" * 8, "b" * 8, 0))
    broken = finish(start(first.cursor, None, later, KEPT_MS), arrival, True, T)
    again = start(broken.cursor, None, later, KEPT_MS)
    assert (again.after, again.kept, again.logs) == (arrival, arrival, floor(BEGIN - T))


def test_a_sync_that_breaks_off_in_the_logs_begins_there_again() -> None:
    chat, at = "g#aaaaaaaaaaaaaaaa", str(make(BEGIN + 5, "a" * 8, "b" * 8, 0))
    first = finish(start(None, None, BEGIN, KEPT_MS), None, False, T)
    later = BEGIN + 10 * T
    page = finish(start(first.cursor, None, later, KEPT_MS), None, False, T, Place(chat, at))
    assert page.next is not None
    assert len(page.next) <= 160
    begin = start(None, page.next, later + 5, KEPT_MS)
    assert (begin.place, begin.logs, begin.clock) == (Place(chat, at), floor(BEGIN - T), later)
    assert begin.after == LAST
    again = start(page.cursor, None, later, KEPT_MS)
    assert (again.kept, again.logs) == (floor(later - T), floor(BEGIN - T))
    assert finish(begin, None, False, T) == finish(start(first.cursor, None, later, KEPT_MS), None, False, T)


def test_logs_that_were_never_read_to_the_end_age_like_the_mailbox() -> None:
    cursor = f"c1.{floor(BEGIN)}.{floor(BEGIN - 1)}"
    assert start(cursor, None, BEGIN - 1 + KEPT_MS, KEPT_MS).logs == floor(BEGIN - 1)
    with pytest.raises(ResyncRequired):
        start(cursor, None, BEGIN + KEPT_MS, KEPT_MS)
