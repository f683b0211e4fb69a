"""What is measured of an author, what asks for it, and each step of a crossing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.watch import Hook
from tests.unit.timelines.rig import Died, Rig
from tests.unit.timelines.test_pulling import SmallRig
from tidings.domain.authors import DAY_MS, REMEMBERED_MS, Author, PulledAuthor, ReadRate
from tidings.domain.errors import Unavailable
from tidings.domain.events import Path
from tidings.domain.policy import Policy
from tidings.services.authors import KEPT_MS, REMEMBERED, WEIGH, Paths
from tidings.services.fanout.pulling import DOWN, LOST_MS, UP

WAIT_MS = 30_000 + REMEMBERED_MS


def tasks(rig: Rig) -> list[str]:
    """The tasks on the lanes."""
    return [each.job["of"] for each in rig.lanes.queued if each.job["kind"] == "task"]


def author(rig: Rig) -> Author:
    return rig.world.authors.get("ann", strong=True)


@pytest.fixture
def small() -> Rig:
    """ann has three followers, and two are pushed to."""
    rig = SmallRig()
    rig.people("ann", "bob", "cid", "dan")
    for follower in ("bob", "cid", "dan"):
        rig.follow(follower, "ann")
    rig.settle()
    return rig


def test_a_post_has_its_author_weighed_once_in_a_while(small: Rig) -> None:
    small.post("ann")
    assert tasks(small) == [WEIGH]
    small.post("ann")
    assert tasks(small) == [WEIGH], "what a process remembers it does not ask again"
    small.post("bob")
    assert tasks(small) == [WEIGH], "bob has nobody"


def test_a_post_does_not_fail_for_what_it_asks_beside(small: Rig) -> None:
    def refuse(*_given: object, **_more: object) -> None:
        raise Unavailable("busy")

    small.lanes.send = refuse  # type: ignore[method-assign]
    small.build()
    assert small.post("ann")


class RateRig(Rig):
    """Between three followers and a thousand, rates decide."""

    policy = Policy(always_pull=1_000, never_pull=3)


def test_rates_alone_turn_an_author_up_and_back() -> None:
    rig = RateRig()
    rig.people("ann", "bob", "cid", "dan")
    for follower in ("bob", "cid", "dan"):
        rig.follow(follower, "ann")
    rig.settle()
    for _ in range(10):
        rig.clock.advance(DAY_MS // 10)
        rig.post("ann")
        rig.settle()
    assert author(rig).path is Path.PULL, "nobody reads what ann writes ten times a day"
    for day in range(12):
        for follower in ("bob", "cid", "dan"):
            rig.graph.rates[follower] = ReadRate(200 * (day + 1), rig.clock.now() - (day + 1) * DAY_MS)
        rig.clock.advance(DAY_MS)
        if day % 3 == 0:
            rig.post("ann")
        rig.settle()
    assert author(rig).path is Path.PUSH, "they look two hundred times for each post"
    assert author(rig).read_rate > 100 * author(rig).post_rate / 2


def test_who_is_pulled_and_posts_no_more_is_let_go_by_those_who_look() -> None:
    rig = RateRig()
    rig.people("ann", "bob", "cid", "dan")
    for follower in ("bob", "cid", "dan"):
        rig.follow(follower, "ann")
    rig.settle()
    for _ in range(10):
        rig.clock.advance(DAY_MS // 10)
        rig.post("ann")
        rig.settle()
    assert author(rig).path is Path.PULL
    asked = 0
    for _ in range(500):
        rig.clock.advance(DAY_MS // 10)
        for follower in ("bob", "cid", "dan"):
            rig.home(follower)
        asked += tasks(rig).count(WEIGH)
        rig.settle()
    assert author(rig).path is Path.PUSH
    assert 0 < asked <= 50, "once a day and author"
    assert not any(mark.open for mark in rig.graph.reader("bob").pulled)


def test_paths_are_remembered_for_seconds_and_for_not_too_many(small: Rig) -> None:
    paths = Paths(small.world.authors, small.lanes, small.clock, Policy())
    assert paths.of("ann") is Path.PUSH
    known = small.world.authors.all
    known["ann"] = replace(author(small), path=Path.PULL)
    small.clock.advance(KEPT_MS - 1)
    assert paths.of("ann") is Path.PUSH
    small.clock.advance(1)
    assert paths.of("ann") is Path.PULL
    known["ann"] = replace(known["ann"], path=Path.PUSH)
    for number in range(REMEMBERED):
        paths.of(f"u{number}")
    assert paths.of("ann") is Path.PUSH


def begin(rig: Rig) -> int:
    """A post, and what it asks for: ann is on her way up.  Since when."""
    rig.post("ann")
    rig.plan()
    rig.work()
    rig.work()
    return author(rig).pulled_from


def test_the_way_up_and_down_step_by_step(small: Rig) -> None:
    start = begin(small)
    assert (author(small).path, start) == (Path.PUSH, small.clock.now())
    small.clock.advance(WAIT_MS - 1)
    small.work()
    assert small.graph.reader("bob").pulled == ()
    small.clock.advance(1)
    small.work()
    for follower in ("bob", "cid", "dan"):
        assert small.graph.reader(follower).pulled == (PulledAuthor("ann", start),)
    assert (author(small).path, author(small).crossed) == (Path.PULL, small.clock.now())
    small.settle()
    small.unfollow("cid", "ann")
    small.unfollow("dan", "ann")
    small.settle()
    small.post("ann")
    small.plan()
    small.work()
    small.work()
    leaving = author(small).leaving
    assert (author(small).path, author(small).pulled_from) == (Path.PUSH, start)
    assert leaving > 0
    small.clock.advance(WAIT_MS)
    small.work()
    assert (author(small).pulled_from, author(small).leaving) == (0, 0)
    assert small.graph.reader("bob").pulled == (PulledAuthor("ann", start),), "one that is on its way may still come"
    small.clock.advance(WAIT_MS)
    small.work()
    assert small.graph.reader("bob").pulled == (PulledAuthor("ann", start, small.clock.now()),)


def test_who_was_measured_by_a_worker_that_died_is_begun_with_by_the_next(small: Rig) -> None:
    small.post("ann")
    small.hook = die_at("weigh")
    small.work()
    assert author(small).weighed_followers == 3
    assert author(small).pulled_from == 0
    small.settle()
    assert author(small).path is Path.PULL


def test_two_that_begin_at_once_make_one_crossing(small: Rig) -> None:
    small.post("ann")
    [weigh] = [each for each in small.lanes.due() if each.get("of") == WEIGH]
    small.do(weigh)
    small.clock.advance(1)
    small.do(weigh)
    assert sorted(tasks(small)) == [UP, UP]
    small.settle()
    assert author(small).path is Path.PULL
    assert len(small.graph.reader("bob").pulled) == 1
    small.do({"v": 1, "kind": "task", "of": DOWN, "owner": "ann", "position": "0000000000001", "cursor": "1"})
    small.do({"v": 1, "kind": "task", "of": UP, "owner": "ann", "position": "0000000000001"})
    small.settle()
    assert author(small).path is Path.PULL, "what is late of another crossing is nothing to this one"


def test_who_is_full_stays_in_the_residue_and_leaves_it_on_the_way_back(small: Rig) -> None:
    small.marks.open("cid", "eve", 1, 1, small.world.fence())
    start = begin(small)
    small.settle()
    assert [*small.residue.members("ann", None, dropped=False)] == [["cid"]]
    left = []
    small.residue.leave = lambda *given: left.append(given[:3])  # type: ignore[method-assign]
    small.build()
    for follower in ("bob", "dan"):
        small.unfollow(follower, "ann")
    small.settle()
    small.post("ann")
    small.settle()
    assert author(small).path is Path.PUSH
    assert left == [("ann", "cid", start)]


@pytest.mark.parametrize("back", [False, True])
def test_a_crossing_that_has_lost_its_job_is_gone_on_with(small: Rig, back: bool) -> None:
    begin(small)
    if back:
        small.settle()
        for follower in ("cid", "dan"):
            small.unfollow(follower, "ann")
        small.settle()
        begin(small)
        assert author(small).leaving
    small.lanes.queued.clear()
    small.clock.advance(LOST_MS - DAY_MS)
    small.post("ann")
    small.settle()
    assert author(small).crossing
    small.clock.advance(2 * DAY_MS)
    small.post("ann")
    small.settle()
    assert not author(small).crossing
    assert (author(small).path is Path.PUSH) is back
    assert [mark.open for mark in small.graph.reader("bob").pulled] == [not back]


def test_a_beginning_that_is_too_old_is_none(small: Rig) -> None:
    small.post("ann")
    small.work()
    small.clock.advance(15_001)
    small.work()
    assert author(small).pulled_from == 0
    small.clock.advance(60_000)
    small.post("ann")
    small.settle()
    assert author(small).path is Path.PULL


def test_a_long_walk_goes_on_where_it_was(small: Rig) -> None:
    begin(small)
    small.clock.advance(WAIT_MS)
    small.graph.page_size = 1
    small.marks.commit = lambda: small.clock.sleep(11_000)
    small.work()
    assert author(small).path is Path.PUSH
    marked = [name for name in ("bob", "cid", "dan") if small.graph.reader(name).pulled]
    assert marked == ["bob", "cid"]
    small.work()
    assert small.graph.reader("dan").pulled
    assert author(small).path is Path.PULL


def test_who_follows_after_a_pull_finds_what_was_pulled(small: Rig) -> None:
    begin(small)
    small.settle()
    first, last = small.post("ann"), small.post("ann")
    small.settle()
    for follower in ("cid", "dan"):
        small.unfollow(follower, "ann")
    small.settle()
    pushed = small.post("ann")
    small.settle()
    assert author(small).path is Path.PUSH
    small.people("eve")
    small.follow("eve", "ann")
    small.settle()
    [mark] = small.graph.reader("eve").pulled
    assert not mark.open
    assert mark.covers(first)
    assert mark.covers(last)
    assert small.home("eve")[:3] == [pushed, last, first]
    assert not {first, last} & set(small.feed("eve"))


def die_at(call: str) -> Hook:
    """Once, after a call of this name."""
    calls = iter((False, True))

    def hook(name: str) -> None:
        if name == call and next(calls, False):
            raise Died

    return hook
