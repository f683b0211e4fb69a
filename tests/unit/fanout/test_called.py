"""Whom an event of a pulled group calls by name gets a copy in the mailbox: that is what sounds a phone."""

from __future__ import annotations

import pytest

from tests.unit.fanout.rig import GROUP, Died
from tests.unit.fanout.town import Town
from tidings.domain.events import Change, GroupChange, Path
from tidings.domain.position import ms_of

NAMES = tuple(f"m-{number}" for number in range(7))


@pytest.fixture
def town() -> Town:
    """A pulled group of six; m-6 is not in it."""
    made = Town(*NAMES)
    for name in NAMES[:6]:
        made.enter(name)
        made.repair(name)
    made.settle()
    assert made.group.path is Path.PULL
    made.mailboxes.boxes.clear()
    made.mailboxes.pushes.clear()
    return made


def call(town: Town, *named: str) -> str:
    return town.send("m-0", path=Path.PULL, mentions=named)


def test_the_mentioned_and_nobody_else_get_a_copy_that_pushes(town: Town) -> None:
    at = call(town, "m-1", "m-2")
    town.settle()
    assert {name: list(box) for name, box in town.mailboxes.boxes.items()} == {"m-1": [at], "m-2": [at]}
    assert [owner for owner, _ in town.mailboxes.pushes] == ["m-1", "m-2"]


def test_a_reader_sees_it_once_all_the_same(town: Town) -> None:
    at = call(town, "m-1")
    town.settle()
    assert set(town.read("m-1", 10)) >= {at}
    town.clock.advance(60_001)
    town.read("m-1", 10)
    town.clock.advance(60_001)
    assert town.read("m-1", 10) == []


def test_whoever_is_not_in_the_group_is_not_called(town: Town) -> None:
    call(town, "m-6", "nobody")
    town.settle()
    assert town.mailboxes.boxes == {}


def test_whoever_left_before_is_not_called(town: Town) -> None:
    town.exit("m-1")
    town.clock.advance(8_001)
    call(town, "m-1")
    town.settle()
    assert town.mailboxes.boxes == {}


def test_the_sender_is_not_called_by_themselves(town: Town) -> None:
    call(town, "m-0")
    town.settle()
    assert town.mailboxes.boxes == {}


def test_who_is_added_to_a_pulled_group_is_told(town: Town) -> None:
    town.enter("m-6")
    town.settle()
    assert [event.users for event in town.mailboxes.boxes.get("m-6", {}).values()] == []
    group, added = town.group, town.place("m-0")
    told = GroupChange(GROUP, added, "m-0", "c-added", Change.ADDED, ("m-6",))
    town.log.append(told, group.path, town.world.fence())
    town.settle()
    assert list(town.mailboxes.boxes["m-6"]) == [added]


def test_a_tombstone_calls_nobody(town: Town) -> None:
    at = call(town, "m-1")
    town.plan()
    town.bury(at)
    town.settle()
    assert town.mailboxes.boxes == {}


def test_past_settling_it_comes_under_an_arrival_of_its_own(town: Town) -> None:
    at = call(town, "m-1")
    town.clock.advance(30_001)
    town.settle()
    [event] = town.mailboxes.boxes["m-1"].values()
    assert event.position == at
    assert ms_of(event.arrival) > ms_of(at) + 30_000


def test_it_goes_live_to_watchers_only(town: Town) -> None:
    town.online("m-1")
    call(town, "m-1")
    town.settle()
    assert town.world.sockets.posted == []


def test_a_worker_that_dies_calls_once_in_the_end(town: Town) -> None:
    number = 1
    while _died_at(town, number):
        number += 1
    assert number > 4


def _died_at(town: Town, number: int) -> bool:
    """One call whose worker dies at a call of its own.  Whether there was such a one."""
    seen = 0

    def hook(_name: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise Died

    at = call(town, "m-1")
    town.hook = hook
    town.settle()
    town.hook = None
    assert [event.position for event in town.mailboxes.boxes.pop("m-1").values()] == [at]
    return seen >= number
