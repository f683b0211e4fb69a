"""A merge of timelines: what one long timeline would show, page by page, whatever comes in above meanwhile."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.domain.merge import Merge
from tidings.domain.position import LAST, make
from tidings.domain.posts import TimelineEntry

HIDDEN = "hidden"
AUTHORS = ("ann", "bob", "cid", HIDDEN)
posts = st.builds(
    lambda ms, author: TimelineEntry(author, str(make(ms, "a" * 8, "b" * 8)), "x"),
    st.integers(1, 60),
    st.sampled_from(AUTHORS),
)
sources = st.dictionaries(st.sampled_from("pqrs"), st.sets(posts, max_size=25), min_size=1)
"""Some posts stand in several sources, some authors share a position."""


def hides(entry: TimelineEntry) -> bool:
    return entry.author == HIDDEN


def order(entry: TimelineEntry) -> tuple[str, str]:
    return entry.position, entry.author


def whole(there: Mapping[str, set[TimelineEntry]]) -> list[TimelineEntry]:
    """What one timeline of all of them would show."""
    return sorted({each for held in there.values() for each in held if not hides(each)}, key=order, reverse=True)


def read(held: set[TimelineEntry], before: str, batch: int) -> tuple[list[TimelineEntry], str | None]:
    """A query: up to `batch` newest, and all that share the last one's position (a sort key is there once)."""
    below = sorted((each for each in held if each.position < before), key=order, reverse=True)
    page = below[:batch]
    page += [each for each in below[batch:] if each.position == page[-1].position]
    return page, page[-1].position if len(below) > len(page) else None


def merged(
    there: Mapping[str, set[TimelineEntry]], before: str, limit: int, batch: int, rounds: int = 1_000
) -> tuple[list[TimelineEntry], str | None, dict[str, int]]:
    """One page, in at most so many rounds, and how often each source was read."""
    merge, reads = Merge(there, before, limit, hides), dict.fromkeys(there, 0)
    for _ in range(rounds):
        wanted = merge.wanted()
        if not wanted:
            break
        for name in wanted:
            reads[name] += 1
            merge.take(name, *read(there[name], merge.reached(name), batch))
    merge.wanted()
    return *merge.page(), reads


@given(sources, st.integers(1, 12), st.integers(1, 8), st.integers(1, 4))
def test_pages_are_the_one_timeline_without_gap_or_repeat(
    there: dict[str, set[TimelineEntry]], limit: int, batch: int, rounds: int
) -> None:
    """Also where a page may not read enough to be full: it comes short then, and goes on."""
    seen: list[TimelineEntry] = []
    before: str | None = LAST
    while before is not None:
        page, further, _ = merged(there, before, limit, batch, rounds)
        assert further is None or further < before, "each page goes on below the last"
        assert all(each.position == page[limit - 1].position for each in page[limit:])
        seen, before = seen + page, further
    assert seen == whole(there)


@given(sources, st.lists(st.tuples(st.sampled_from("pqrs"), posts), max_size=12), st.integers(1, 5), st.integers(1, 5))
def test_what_arrives_above_or_below_is_seen_once_or_above(
    there: dict[str, set[TimelineEntry]], arrivals: list[tuple[str, TimelineEntry]], limit: int, batch: int
) -> None:
    """What was there at the beginning is seen once, in order; what arrives is seen once if it is still below."""
    first, seen = whole(there), list[TimelineEntry]()
    coming, before = list(arrivals), LAST
    while True:
        page, further, _ = merged(there, before, limit, batch)
        seen += page
        if further is None:
            break
        before = further
        if coming:
            name, entry = coming.pop()
            there.setdefault(name, set()).add(entry)
    assert seen == sorted(set(seen), key=order, reverse=True)
    assert [each for each in seen if each in first] == first
    assert set(seen) <= set(whole(there))


@given(sources, st.integers(1, 12), st.integers(1, 8))
def test_a_page_is_full_unless_there_is_no_more(there: dict[str, set[TimelineEntry]], limit: int, batch: int) -> None:
    page, further, _ = merged(there, LAST, limit, batch)
    assert page[:limit] == whole(there)[:limit]
    if len(page) < limit:
        assert further is None


@given(sources, st.integers(1, 12), st.integers(1, 8))
def test_no_source_is_read_on_before_all_that_it_gave_is_used(
    there: dict[str, set[TimelineEntry]], limit: int, batch: int
) -> None:
    page, _, reads = merged(there, LAST, limit, batch)
    for name, times in reads.items():
        unused = [each for each in there[name] if hides(each)]
        used = [each for each in page if each in there[name]]
        assert times <= 1 + math.floor((len(used) + len(unused)) / batch)


def test_a_quiet_source_is_read_once_and_a_busy_one_as_often_as_it_is_needed() -> None:
    busy = {TimelineEntry("ann", str(make(100 + ms, "a" * 8, "b" * 8)), "x") for ms in range(30)}
    quiet = {TimelineEntry("bob", str(make(1 + ms, "a" * 8, "b" * 8)), "x") for ms in range(30)}
    page, _, reads = merged({"p": busy, "q": quiet}, LAST, 20, 7)
    assert {each.author for each in page} == {"ann"}
    assert reads == {"p": 3, "q": 1}


@pytest.mark.parametrize("limit", [1, 5])
def test_nothing_to_merge_is_an_empty_page(limit: int) -> None:
    merge = Merge([], LAST, limit, hides)
    assert (merge.wanted(), merge.page()) == ([], ([], None))
