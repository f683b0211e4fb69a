"""Many small reads at once: all are done, in order, a bounded number at a time."""

from __future__ import annotations

import threading

import pytest

from tidings.services.threads import Threads


@pytest.mark.parametrize("at_once", [1, 2, 16])
@pytest.mark.parametrize("items", [0, 1, 40])
def test_each_is_done_and_comes_in_order(at_once: int, items: int) -> None:
    assert Threads(at_once).each(lambda item: item * 2, range(items)) == [item * 2 for item in range(items)]


def test_they_run_together_and_are_used_again() -> None:
    threads, meeting = Threads(4), threading.Barrier(4, timeout=10)
    for _ in range(2):
        assert len(threads.each(lambda _: meeting.wait(), range(4))) == 4


@pytest.mark.parametrize("at_once", [1, 4])
def test_what_one_raises_is_raised(at_once: int) -> None:
    def do(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        return item

    with pytest.raises(ValueError, match="three"):
        Threads(at_once).each(do, range(6))
