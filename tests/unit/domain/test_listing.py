"""The order of the conversation list: whatever moves while somebody pages down, what is quiet comes once, in order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.made import position
from tidings.domain.errors import InvalidRequest
from tidings.domain.listing import Below, below, page, plan, rank

NOW = 1_800_000_000_000
NAMES = [f"dm#a#u{number:02d}" for number in range(40)]


def at(number: int) -> str:
    return position(NOW + number)


class Home:
    """What the logs say (`ends`) and what the rows say (`hints`, never above)."""

    def __init__(self, ends: dict[str, int], behind: dict[str, int]) -> None:
        self.ends = {each: at(end) for each, end in ends.items()}
        self.hints = {each: at(max(0, end - behind.get(each, 0))) for each, end in ends.items()}
        self.looked_up = 0

    def active(self, name: str, number: int, *, seen: bool) -> None:
        """Something happens; with `seen` the reader's row tells of it, too, as a new row does."""
        self.ends[name] = at(number)
        if seen or name not in self.hints:
            self.hints[name] = at(number)

    def pages(self, limit: int, most: int, meanwhile: Callable[[], None] = lambda: None) -> list[list[str]]:
        found: list[list[str]] = []
        before: str | None = None
        while True:
            start = below(before)
            planned = plan(self.hints, start, most)
            self.looked_up = max(self.looked_up, len(planned.looked_up))
            keys = {each: max(self.hints[each], self.ends[each]) for each in planned.looked_up}
            keys |= {each: self.hints[each] for each in planned.others}
            chosen, more = page(keys, start, limit)
            found.append(chosen)
            if not more:
                return found
            last = chosen[-1]
            before = str(Below(rank(last, keys[last]), planned.line))
            assert len(before) <= 160
            meanwhile()


ends = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 10_000), max_size=30)
behind = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 10_000))


@settings(max_examples=200, deadline=None)
@given(ends=ends, behind=behind, limit=st.integers(1, 9))
def test_few_conversations_come_in_the_order_of_their_activity(
    ends: dict[str, int], behind: dict[str, int], limit: int
) -> None:
    home = Home(ends, behind)
    pages = home.pages(limit, most=40)
    seen = [each for part in pages for each in part]
    assert seen == sorted(ends, key=lambda each: rank(each, home.ends[each]), reverse=True)
    assert all(len(part) == limit for part in pages[:-1])


@settings(max_examples=300, deadline=None)
@given(ends=ends, behind=behind, limit=st.integers(1, 9), most=st.integers(1, 40), data=st.data())
def test_what_is_quiet_comes_once_and_in_order_whatever_moves(
    ends: dict[str, int], behind: dict[str, int], limit: int, most: int, data: st.DataObject
) -> None:
    """Others have news, are confirmed, and begin, between any two pages, however few are looked up."""
    home = Home(ends, behind)
    quiet = set(ends) - data.draw(st.sets(st.sampled_from(NAMES)))
    clock = iter(range(20_000, 10**6))

    def meanwhile() -> None:
        for name in data.draw(st.lists(st.sampled_from(NAMES), max_size=4)):
            if name not in quiet:
                home.active(name, next(clock), seen=data.draw(st.booleans()))

    first = plan(home.hints, None, most)
    keys = {each: max(home.hints[each], home.ends[each]) for each in first.looked_up}
    keys |= {each: home.hints[each] for each in first.others}
    seen = [each for part in home.pages(limit, most, meanwhile) for each in part]
    still = [each for each in seen if each in quiet]
    assert still == sorted(quiet, key=lambda each: rank(each, keys[each]), reverse=True)
    assert home.looked_up <= most


def test_those_beyond_the_line_stand_below_it() -> None:
    home = Home({name: 100 + number for number, name in enumerate(NAMES)}, {})
    planned = plan(home.hints, None, most=10)
    assert list(planned.looked_up) == NAMES[:-11:-1]
    assert planned.line == rank(NAMES[-10], home.hints[NAMES[-10]])
    assert list(planned.others) == NAMES[-11::-1]


def test_a_page_further_down_looks_only_at_what_may_stand_there() -> None:
    home = Home({name: 100 + number for number, name in enumerate(NAMES)}, {})
    first, *_ = home.pages(5, most=40)
    start = Below(rank(first[-1], home.ends[first[-1]]))
    assert len(plan(home.hints, start, 40).looked_up) == len(NAMES) - 4


@pytest.mark.parametrize(
    "before",
    ["", "x", "v1", f"v1.{at(1)}", f"v1.{at(1)}.aaaaaaa1", f"v1.{at(1)}.aaaaaaaa.x", f"v1.{at(1)}.aaaaaaaa.{at(1)}"],
)
def test_a_cursor_that_was_never_given_is_refused(before: str) -> None:
    with pytest.raises(InvalidRequest):
        below(before)


def test_a_cursor_comes_back_as_it_was() -> None:
    line = (at(7), "hgfedcba")
    for start in (Below((at(9), "abcdefgh")), Below((at(9), "abcdefgh"), line), Below(line, line, at(3))):
        assert below(str(start)) == start
        assert len(str(start)) <= 160
    assert below(None) is None
