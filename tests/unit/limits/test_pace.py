"""So many a window, in the memory of a process."""

from __future__ import annotations

from tests.fakes import FakeClock
from tidings.services.pace import WINDOW_MS, Pace


def test_so_many_a_window() -> None:
    clock = FakeClock()
    pace = Pace(clock, 3)
    assert [pace.wait("ann") for _ in range(3)] == [0, 0, 0]
    clock.advance(1_000)
    assert pace.wait("ann") == WINDOW_MS - 1_000
    assert pace.wait("bob") == 0
    clock.advance(pace.wait("ann"))
    assert [pace.wait("ann") for _ in range(3)] == [0, 0, 0]
    assert pace.wait("ann") == WINDOW_MS


def test_users_beyond_its_bound_are_forgotten() -> None:
    clock = FakeClock()
    pace = Pace(clock, 1, remembered=2)
    for user_id in ("ann", "bob", "cid"):
        assert pace.wait(user_id) == 0
    assert pace.wait("cid") > 0
    assert pace.wait("ann") == 0
