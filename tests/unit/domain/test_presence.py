"""Who counts as online, and until when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tidings.domain.presence import HIDDEN, ONLINE_MS, State, state

NOW = 1_795_442_400_000
TIMES = st.integers(NOW - 2 * ONLINE_MS, NOW)


def test_who_was_never_there() -> None:
    assert state([], 0, NOW) == HIDDEN == State()


def test_activity_counts_for_a_while() -> None:
    assert state([NOW], 0, NOW) == State(True, until=NOW + ONLINE_MS)
    assert state([NOW - ONLINE_MS + 1], 5, NOW) == State(True, until=NOW + 1)
    assert state([NOW - ONLINE_MS], 5, NOW) == State(last_seen=NOW - ONLINE_MS)


@given(st.lists(TIMES, max_size=5), st.one_of(st.just(0), TIMES))
def test_nobody_is_online_for_longer_than_they_were_heard_of(active: list[int], last_seen: int) -> None:
    found = state(active, last_seen, NOW)
    newest = max(active, default=0)
    assert found.online == (newest > NOW - ONLINE_MS)
    assert (found.until is not None) == found.online
    if found.until is not None:
        assert NOW < found.until == newest + ONLINE_MS
        assert found.last_seen is None
        assert not state(active, last_seen, found.until).online
    else:
        assert (found.last_seen or 0) == max(newest, last_seen)
