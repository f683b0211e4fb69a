"""Which logs a sync reads, and what it takes from them."""

import pytest

from tidings.domain.events import LogEntry, Message, Path
from tidings.domain.groups import Stay
from tidings.domain.position import FIRST, LAST, floor, stamped
from tidings.domain.pulled import (
    BEGINNING,
    ENDING,
    NEVER,
    OPEN,
    Marks,
    Place,
    Window,
    following,
    outdated,
    runs_out,
    takes,
    windows,
)

T = 30_000
NOW = 1_800_000_000_000
HOUR = 3_600_000
CHAT, OTHER = "g#aaaaaaaaaaaaaaaa", "g#bbbbbbbbbbbbbbbb"


def at(ms: int) -> str:
    return str(stamped(ms, "ann", "phone", "frame"))


def entry(ms: int, path: Path = Path.PULL, *, withheld: bool = False) -> LogEntry:
    event = Message(CHAT, at(ms), "ann", "c", "hi")
    return LogEntry(at(ms), "ann", "c", path, event, withheld=withheld)


def spans(marks: Marks, after: str = FIRST, until: int = NOW) -> list[tuple[str, str]]:
    return [(each.after, each.before) for each in windows([marks], after, until, T)]


def test_a_pushed_conversation_is_read_for_the_first_moments_of_a_stay_only() -> None:
    marks = Marks(CHAT, {at(NOW - HOUR): OPEN})
    assert spans(marks) == [(floor(NOW - HOUR), floor(NOW - HOUR + T))]
    assert spans(marks, floor(NOW - HOUR + T)) == []
    assert spans(marks, floor(NOW - HOUR + 5)) == [(floor(NOW - HOUR + 5), floor(NOW - HOUR + T))]


def test_a_pulled_conversation_is_read_from_the_cursor_on() -> None:
    marks = Marks(CHAT, {at(NOW - 9 * HOUR): OPEN}, {NOW - 2 * HOUR: OPEN})
    assert spans(marks, floor(NOW - HOUR)) == [(floor(NOW - HOUR), floor(NOW))]
    assert spans(marks, floor(NOW - 5 * HOUR)) == [(floor(NOW - 2 * HOUR), floor(NOW))]


def test_a_joiner_of_a_pulled_conversation_reads_one_window() -> None:
    marks = Marks(CHAT, {at(NOW - HOUR): OPEN}, {NOW - 9 * HOUR: OPEN})
    assert spans(marks) == [(floor(NOW - HOUR), floor(NOW))]


@pytest.mark.parametrize("end", [BEGINNING, ENDING])
def test_what_is_in_doubt_is_looked_at(end: int) -> None:
    marks = Marks(CHAT, {at(NOW - HOUR): end}, {NOW - 9 * HOUR: OPEN})
    assert marks.doubtful
    assert spans(marks, floor(NOW - 5)) == [(floor(NOW - 5), floor(NOW))]


def test_ends_of_stays_and_of_pulls_end_the_reading() -> None:
    left = Marks(CHAT, {at(NOW - 9 * HOUR): NOW - HOUR}, {NOW - 5 * HOUR: OPEN})
    pushed = Marks(CHAT, {at(NOW - 9 * HOUR): OPEN}, {NOW - 5 * HOUR: NOW - HOUR})
    for marks in (left, pushed):
        assert spans(marks, floor(NOW - 2 * HOUR)) == [(floor(NOW - 2 * HOUR), floor(NOW - HOUR))]
        assert spans(marks, floor(NOW - HOUR)) == []


def test_conversations_are_read_in_order_and_gone_on_with_behind_a_place() -> None:
    marks = [Marks(each, {at(NOW - HOUR): OPEN}, {NOW - HOUR: OPEN}) for each in (OTHER, CHAT)]
    found = windows(marks, FIRST, NOW, T)
    assert [each.conversation_id for each in found] == [CHAT, OTHER]
    assert following(found, None) == found
    assert following(found, Place(CHAT, at(NOW - 5))) == [Window(CHAT, at(NOW - 5), floor(NOW)), found[1]]
    assert following(found, Place(CHAT, LAST)) == [found[1]]
    assert following(found, Place("g#zzzzzzzzzzzzzzzz", FIRST)) == []


def test_the_path_says_what_is_taken_but_for_the_first_moments() -> None:
    stays = [Stay(at(NOW), NOW + HOUR)]
    assert takes(stays, entry(NOW + 2 * T), "bob", T)
    assert not takes(stays, entry(NOW + 2 * T, Path.CHUNK), "bob", T)
    assert takes(stays, entry(NOW + T - 1, Path.CHUNK), "bob", T)
    assert takes(stays, entry(NOW + T - 1, Path.INLINE), "bob", T)
    assert not takes(stays, entry(NOW + T, Path.CHUNK), "bob", T)


def test_only_what_a_stay_covers_is_taken() -> None:
    stays = [Stay(at(NOW), NOW + HOUR)]
    assert takes(stays, entry(NOW), "bob", T)
    assert not takes(stays, entry(NOW - 1), "bob", T)
    assert takes(stays, entry(NOW + HOUR - 1), "bob", T)
    assert not takes(stays, entry(NOW + HOUR), "bob", T)
    assert not takes([], entry(NOW), "bob", T)


def test_tombstones_and_what_is_withheld_from_the_reader_are_not_taken() -> None:
    stays = [Stay(at(NOW))]
    assert not takes(stays, LogEntry(at(NOW), "ann", "c", Path.PULL, None), "bob", T)
    assert not takes(stays, entry(NOW, withheld=True), "bob", T)
    assert takes(stays, entry(NOW, withheld=True), "ann", T)


def test_what_is_over_is_outdated_and_an_open_stay_only_where_nothing_is_pulled() -> None:
    old, new = at(NOW - 9 * HOUR), at(NOW)
    before = NOW - HOUR
    assert outdated(Marks(CHAT, {old: NOW - 2 * HOUR, new: OPEN}), before, T) == ([old], [])
    assert outdated(Marks(CHAT, {old: OPEN}), before, T) == ([old], [])
    assert outdated(Marks(CHAT, {old: OPEN}, {NOW - 8 * HOUR: OPEN}), before, T) == ([], [])
    ended = Marks(CHAT, {old: OPEN}, {NOW - 8 * HOUR: NOW - 2 * HOUR})
    assert outdated(ended, before, T) == ([old], [NOW - 8 * HOUR])
    young = Marks(CHAT, {old: OPEN}, {NOW - 8 * HOUR: NOW - 1})
    assert outdated(young, before, T) == ([], [])


def test_what_never_began_is_outdated_and_pulls_go_with_the_last_stay() -> None:
    old, before = at(NOW - 9 * HOUR), NOW - HOUR
    pulls = {NOW - 8 * HOUR: OPEN}
    assert outdated(Marks(CHAT, {old: BEGINNING}, pulls), before, T) == ([old], [NOW - 8 * HOUR])
    assert outdated(Marks(CHAT, {old: NOW - 2 * HOUR}, pulls), before, T) == ([old], [NOW - 8 * HOUR])
    assert outdated(Marks(CHAT, {old: ENDING}, pulls), before, T) == ([], [])
    assert outdated(Marks(CHAT, {old: NOW - 2 * HOUR}, {NOW: OPEN}), before, T) == ([old], [])


def test_when_the_first_note_runs_out() -> None:
    old, joined, pulled = at(NOW - 9 * HOUR), NOW - 9 * HOUR, {NOW - 8 * HOUR: OPEN}
    for marks, when in (
        (Marks(CHAT, {old: OPEN}), joined + T),
        (Marks(CHAT, {old: ENDING}), joined + T),
        (Marks(CHAT, {old: joined + 5}), joined + 5),
        (Marks(CHAT, {old: BEGINNING}, pulled), joined + T),
        (Marks(CHAT, {old: NOW, at(NOW): OPEN}, pulled), NOW),
        (Marks(CHAT, {old: OPEN}, {NOW - 8 * HOUR: NOW - HOUR}), NOW - HOUR),
        (Marks(CHAT, {}, pulled), NOW - 8 * HOUR),
    ):
        assert runs_out(marks, T) == when
        assert outdated(marks, when, T) == ([], [])
        assert outdated(marks, when + 1, T) != ([], [])
    for end in (OPEN, ENDING):
        assert runs_out(Marks(CHAT, {old: end}, pulled), T) == NEVER
