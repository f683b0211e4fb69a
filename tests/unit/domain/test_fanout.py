"""Chunks: all members once, bounded, and cut where the members themselves say."""

from __future__ import annotations

from bisect import insort

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.domain.strategies import user_ids
from tidings.domain.fanout import MAX_CHUNK, MEAN_CHUNK, chunks, ends_chunk

numbered = st.integers(0, 6_000).map(lambda count: sorted(f"user-{number}" for number in range(count)))


@given(st.lists(user_ids, unique=True, max_size=300).map(sorted))
def test_every_member_is_in_one_chunk_in_order(members: list[str]) -> None:
    cut = list(chunks(members))
    assert [member for chunk in cut for member in chunk] == members
    assert all(1 <= len(chunk) <= MAX_CHUNK for chunk in cut)


@settings(max_examples=25)
@given(numbered)
def test_a_chunk_ends_where_its_member_says_or_at_its_largest(members: list[str]) -> None:
    cut = list(chunks(members))
    for chunk in cut[:-1]:
        assert ends_chunk(chunk[-1]) or len(chunk) == MAX_CHUNK
    for chunk in cut:
        assert not any(map(ends_chunk, chunk[:-1]))


@settings(max_examples=25)
@given(st.integers(50, 3_000), st.data())
def test_who_comes_or_goes_moves_nobody_else_far(count: int, data: st.DataObject) -> None:
    """A replayed plan puts everyone else into the job of their neighbours, up to the next natural end."""
    members = sorted(f"user-{number}" for number in range(count))
    changed = list(members)
    if data.draw(st.booleans()):
        moved = data.draw(st.sampled_from(members))
        changed.remove(moved)
    else:
        moved = data.draw(user_ids.filter(lambda each: each not in members))
        insort(changed, moved)
    before, after = (list(chunks(each)) for each in (members, changed))
    assert settled(before, moved) == settled(after, moved)
    end = next((each for each in members if each > moved and ends_chunk(each)), None)
    if end is not None:
        assert [chunk for chunk in before if chunk[0] > end] == [chunk for chunk in after if chunk[0] > end]


def settled(cut: list[list[str]], moved: str) -> list[list[str]]:
    """The chunks that were complete before `moved` was reached."""
    return [chunk for chunk in cut if chunk[-1] < moved and (ends_chunk(chunk[-1]) or len(chunk) == MAX_CHUNK)]


def test_removing_one_member_changes_at_most_two_chunks() -> None:
    members = sorted(f"user-{number}" for number in range(5_000))
    whole = {tuple(chunk) for chunk in chunks(members)}
    assert all(len(chunk) < MAX_CHUNK for chunk in whole)
    for gone in members[::97]:
        rest = {tuple(chunk) for chunk in chunks([member for member in members if member != gone])}
        assert len(whole - rest) <= 2
        assert len(rest - whole) <= 1


def test_chunks_are_about_as_large_as_meant() -> None:
    members = sorted(f"user-{number}" for number in range(40_000))
    cut = list(chunks(members))
    assert MEAN_CHUNK / 2 < len(members) / len(cut) < MEAN_CHUNK * 2
