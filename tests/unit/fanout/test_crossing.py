"""Crossings step by step: when who is marked, and when senders go over."""

import pytest

from tests.unit.fanout.rig import GROUP, Died
from tests.unit.fanout.town import MOST, Town
from tidings.domain.events import Path
from tidings.domain.groups import REMEMBERED_MS, Group
from tidings.domain.pulled import OPEN
from tidings.domain.stamp import Fence

NAMES = tuple(f"m-{number}" for number in range(12))
WAIT = 30_000 + REMEMBERED_MS


@pytest.fixture
def town() -> Town:
    return Town(*NAMES)


def grow(town: Town, number: int) -> None:
    """Members, in order, until there are so many."""
    for name in NAMES[:number]:
        town.enter(name)
        town.repair(name)


def pulls(town: Town, name: str) -> dict[int, int]:
    marks = town.mailboxes.marks.get(name, {}).get(GROUP)
    return dict(marks.pulls) if marks else {}


def run_due(town: Town) -> None:
    town.plan()
    while town.work():
        town.plan()


def pulled(town: Town, number: int = 6) -> int:
    """A group that has gone over.  From when on it is pulled."""
    grow(town, number)
    town.settle()
    assert town.group.path is Path.PULL
    return town.group.pulled_from


def test_up_to_the_threshold_everybody_is_pushed_to(town: Town) -> None:
    grow(town, MOST)
    town.settle()
    assert (town.group.path, town.group.pulled_from) == (Path.CHUNK, 0)
    assert all(not pulls(town, name) for name in NAMES)


def test_growing_past_it_marks_everybody_before_anybody_writes_for_it(town: Town) -> None:
    grow(town, MOST + 1)
    run_due(town)
    start = town.group.pulled_from
    assert start == town.clock.now()
    assert town.group.path is Path.CHUNK
    town.enter("m-9")
    assert pulls(town, "m-9") == {start: OPEN}, "who joins meanwhile marks themselves"
    assert all(not pulls(town, name) for name in NAMES[:5])
    town.clock.advance(WAIT - 2)
    run_due(town)
    assert town.group.path is Path.CHUNK
    town.clock.advance(1)
    run_due(town)
    assert (town.group.path, town.group.pulled_from) == (Path.PULL, start)
    assert all(pulls(town, name) == {start: OPEN} for name in (*NAMES[:5], "m-9"))
    assert town.world.meter.counts["CrossingMarked"] == 6


def test_who_left_before_is_not_marked_and_who_left_since_is(town: Town) -> None:
    grow(town, MOST + 3)
    town.exit("m-0")
    town.repair("m-0")
    town.clock.advance(60_000)
    run_due(town)
    town.exit("m-1")
    town.repair("m-1")
    town.settle()
    start = town.group.pulled_from
    assert pulls(town, "m-0") == {}
    assert pulls(town, "m-1") == {start: OPEN}


def test_it_does_not_flap(town: Town) -> None:
    start = pulled(town, MOST + 1)
    for name in NAMES[:2]:
        town.exit(name)
        town.settle()
    assert town.group.members == 3
    assert (town.group.path, town.group.pulled_from) == (Path.PULL, start), "3 of 4 are not below three quarters"


def test_shrinking_lets_senders_go_back_and_then_closes_all_marks(town: Town) -> None:
    start = pulled(town)
    for name in NAMES[:4]:
        town.exit(name)
        town.repair(name)
    run_due(town)
    turned = town.clock.now()
    assert (town.group.path, town.group.pulled_from) == (Path.CHUNK, 0)
    assert pulls(town, "m-5") == {start: OPEN}
    town.clock.advance(WAIT - 1)
    run_due(town)
    assert pulls(town, "m-5") == {start: OPEN}
    town.clock.advance(1)
    run_due(town)
    assert all(pulls(town, name) == {start: turned + WAIT} for name in NAMES[:6])
    assert not town.lanes.queued


def test_a_group_that_grows_again_before_it_went_back_stays_as_it_is(town: Town) -> None:
    start = pulled(town)
    for name in NAMES[:4]:
        town.exit(name)
    town.plan()
    jobs = town.lanes.due()
    grow(town, 6)
    for job in jobs:
        town.do(job)
    town.settle()
    assert (town.group.path, town.group.pulled_from) == (Path.PULL, start)


def test_up_down_and_up_again(town: Town) -> None:
    first = pulled(town)
    for name in NAMES[:4]:
        town.exit(name)
        town.repair(name)
    town.settle()
    second = pulled(town)
    assert second > first
    assert pulls(town, "m-5")[second] == OPEN
    assert pulls(town, "m-5")[first] != OPEN


def test_a_beginning_is_not_used_again(town: Town) -> None:
    """A job that was delivered twice comes back when its crossing is over, and the group has grown again."""
    grow(town, MOST + 1)
    town.plan()
    jobs = [each for each in town.lanes.due() if each.get("of") == "cross"]
    for job in jobs:
        town.do(job)
    again = [each.job for each in town.lanes.queued if each.job.get("position")]
    first = pulled(town)
    for name in NAMES[:4]:
        town.exit(name)
        town.repair(name)
    town.settle()
    for name in NAMES[:4]:
        town.enter(name)
        town.repair(name)
    for job in again:
        town.do(job)
    town.settle()
    assert town.group.path is Path.PULL
    assert town.group.pulled_from > first
    assert all(pulls(town, name)[town.group.pulled_from] == OPEN for name in NAMES[:6])


def test_a_long_walk_goes_on_as_another_job(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidings.services.fanout.crossing.PATIENCE_MS", 2)
    town.hook = lambda _name: town.pass_time(1)
    assert pulled(town, 12)
    assert all(pulls(town, name) for name in NAMES)
    assert town.world.meter.counts["CrossingMarked"] == 12


def test_a_death_at_any_call_ends_well() -> None:
    number = 1
    while _died_at(number):
        number += 1
    assert number > 40


def _died_at(number: int) -> bool:
    """Up and down, dying once.  Whether there was such a call."""
    town, seen = Town(*NAMES), 0

    def hook(_name: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise Died

    grow(town, 6)
    town.hook = hook
    town.settle()
    start = town.group.pulled_from
    assert town.group.path is Path.PULL
    assert all(pulls(town, name)[start] == OPEN for name in NAMES[:6])
    town.hook = None
    for name in NAMES[:4]:
        town.exit(name)
        town.repair(name)
    town.hook = hook
    town.settle()
    assert (town.group.path, town.group.pulled_from) == (Path.CHUNK, 0)
    assert all(pulls(town, name)[start] != OPEN for name in NAMES[:6])
    return seen >= number


def test_a_turn_whose_first_answer_was_lost_is_known_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client asks a second time, and then the condition does not hold any more."""
    turn = town.groups.turn

    def twice(group: Group, path: Path, pulled_from: int, fence: Fence) -> bool:
        turn(group, path, pulled_from, fence)
        town.pass_time(2_500)
        return turn(group, path, pulled_from, fence)

    monkeypatch.setattr(town.groups, "turn", twice)
    town.hook = lambda _name: town.pass_time(1)
    start = pulled(town, MOST + 1)
    for name in NAMES[:4]:
        town.exit(name)
        town.repair(name)
    town.settle()
    assert (town.group.path, town.group.pulled_from) == (Path.CHUNK, 0)
    assert all(pulls(town, name)[start] != OPEN for name in NAMES[: MOST + 1])
