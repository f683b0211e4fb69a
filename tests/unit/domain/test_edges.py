"""What wishes make of an edge, and when an author gets more shards."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tidings.domain.edges import FULL, MOST_SHARDS, Edge, Wish, grown, wished


@given(st.lists(st.sampled_from(Wish), max_size=12))
def test_an_edge_is_never_two_things_at_once(wishes: list[Wish]) -> None:
    edge: Edge | None = None
    for place, wish in enumerate(wishes):
        new = wished(edge, "ann", f"{place:03d}", wish)
        if new is None:
            assert wish in (Wish.ACCEPT, Wish.DECLINE)
            continue
        assert not (new.following and new.requested)
        if wish is Wish.ASK and edge is not None and edge.following:
            assert new.following, "who follows already goes on"
        if new.following and not (edge and edge.following):
            assert wish in (Wish.FOLLOW, Wish.ACCEPT)
        edge = new


@given(st.permutations(list(range(6))), st.lists(st.sampled_from([Wish.FOLLOW, Wish.END]), min_size=6, max_size=6))
def test_without_requests_the_last_wish_stands(order: list[int], wishes: list[Wish]) -> None:
    edge: Edge | None = None
    for place in order:
        edge = wished(edge, "ann", f"{place:03d}", wishes[place]) or edge
    assert edge == Edge("ann", "005", 0, wishes[5] is Wish.FOLLOW)


def test_nothing_below_or_at_what_stands() -> None:
    edge = Edge("ann", "5", 2, True)
    for wish in Wish:
        assert wished(edge, "ann", "5", wish) is None
        assert wished(edge, "ann", "4", wish) is None


def test_shards_grow_as_the_first_one_fills() -> None:
    assert [grown(1, first, pressed=False) for first in (0, FULL - 1, FULL)] == [1, 1, 4]
    assert [grown(4, first, pressed=False) for first in (FULL, 2 * FULL - 1, 2 * FULL)] == [4, 4, 16]
    assert grown(16, 3 * FULL, pressed=False) == MOST_SHARDS
    assert grown(MOST_SHARDS, 10**9, pressed=True) == MOST_SHARDS


def test_a_crowd_that_stands_in_its_own_way_gets_them_sooner() -> None:
    assert [grown(1, first, pressed=True) for first in (FULL // 10 - 1, FULL // 10)] == [1, 4]
    assert [grown(4, first, pressed=True) for first in (FULL // 10, FULL // 5)] == [4, 16]
