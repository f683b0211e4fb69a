"""Positions: a string whose order is the order, and nothing else passes for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.strategies import MAX_MS, TAG_LETTERS, near, parts, positions, stamps, tags
from tidings.domain.errors import InvalidRequest
from tidings.domain.position import FIRST, LAST, LENGTH, Position, floor, make, ms_of, parse, stamped, tag

texts = st.text(max_size=30)


@given(st.lists(st.one_of(near, positions), max_size=20))
def test_string_order_is_the_order_of_the_parts(many: list[Position]) -> None:
    """Python compares strings by code point, DynamoDB by UTF-8 bytes: the same, for ASCII."""
    by_parts = sorted(many, key=lambda each: (each.ms, str(each)))
    assert sorted(map(str, many)) == [str(each) for each in by_parts]
    assert sorted(map(str, many)) == sorted(map(str, many), key=str.encode)


@given(st.one_of(near, positions), st.one_of(near, positions))
def test_an_earlier_stamp_or_index_sorts_first(one: Position, other: Position) -> None:
    if one.ms < other.ms:
        assert str(one) < str(other)
    if one[:3] == other[:3] and one.slot < other.slot:
        assert str(one) < str(other)
    assert (str(one) == str(other)) == (parts(one) == parts(other))


@given(positions)
def test_a_position_is_read_back(position: Position) -> None:
    text = str(position)
    assert parse(text) == position
    assert len(text) == LENGTH
    assert ms_of(text) == position.ms
    assert FIRST < text < LAST


@given(positions, stamps)
def test_the_same_event_under_another_stamp(position: Position, ms: int) -> None:
    moved = position.at(ms)
    assert moved.ms == ms
    assert moved[1:] == position[1:]


@given(positions, stamps)
def test_a_floor_lies_between_the_milliseconds(position: Position, ms: int) -> None:
    assert (floor(ms) < str(position)) == (position.ms >= ms)
    assert ms_of(floor(ms)) == ms


def test_the_largest_position_is_before_the_last() -> None:
    assert FIRST < str(make(MAX_MS, "z" * 8, "z" * 8, 99)) < LAST


def test_there_is_no_floor_below_the_first() -> None:
    assert floor(-5) == floor(0) == FIRST


@given(st.lists(texts, min_size=1, max_size=3))
def test_a_tag_is_short_plain_and_always_the_same(given_parts: list[str]) -> None:
    made = tag(*given_parts)
    assert len(made) == 8
    assert set(made) <= set(TAG_LETTERS)
    assert tag(*given_parts) == made


@given(st.sampled_from(["ann", "bob"]), st.sampled_from(["p", "q"]), st.sampled_from(["f1", "f2"]), st.integers(0, 3))
def test_senders_devices_frames_and_indexes_stay_apart(user: str, device: str, frame: str, index: int) -> None:
    mine, theirs = stamped(5, "ann", "p", "f1", 0), stamped(5, user, device, frame, index)
    assert (str(mine) == str(theirs)) == ((user, device, frame, index) == ("ann", "p", "f1", 0))


def test_a_users_device_is_not_anothers() -> None:
    assert tag("ab", "c") != tag("a", "bc")


@pytest.mark.parametrize(
    ("ms", "sender", "frame", "index"),
    [
        (-1, "a" * 8, "a" * 8, 0),
        (MAX_MS + 1, "a" * 8, "a" * 8, 0),
        (1, "a" * 8, "a" * 8, 100),
        (1, "a" * 8, "a" * 8, -1),
        (1, "a" * 7, "a" * 8, 0),
        (1, "a" * 8, "A" * 8, 0),
        (1, "a" * 8, "a1aaaaaa", 0),
    ],
)
def test_parts_that_do_not_fit_are_refused(ms: int, sender: str, frame: str, index: int) -> None:
    with pytest.raises(ValueError, match=r"position|tag"):
        make(ms, sender, frame, index)


@given(tags, st.sampled_from(["", "x", "\n", " ", "-00", "é"]))
def test_nothing_else_passes_for_a_position(sender: str, more: str) -> None:
    good = f"0000000000001-{sender}-{sender}-00"
    assert parse(good).sender == sender
    for bad in (
        good + (more or "0"),
        more + good[1:],
        good.replace("-", "_"),
        good.upper() + more,
        "",
        "١" * 13 + good[13:],
    ):
        if bad != good:
            with pytest.raises(InvalidRequest):
                parse(bad)
