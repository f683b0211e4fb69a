"""Followers who do not look are not written to; when they come back their home is whole, at once and for good."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.timelines.rig import BOUND_MS, IDLE, Died, Rig
from tidings.domain.errors import RetryLater
from tidings.domain.idle import ASK_AGAIN_MS, DAY_MS, NEVER, Seen, day_of
from tidings.domain.position import floor
from tidings.domain.timeline import keep
from tidings.services.fanout.edges import BACKFILL
from tidings.services.returning import AUTHORS, FOLLOWS

SETTLE_MS = 30_000
FAR_MS = (IDLE.days + 2) * DAY_MS


@pytest.fixture
def followed(rig: Rig) -> Rig:
    """cid follows ann and bob, has looked, and has one post of ann's."""
    for author in ("ann", "bob"):
        rig.follow("cid", author)
    rig.post("ann", "old")
    rig.settle()
    rig.home("cid")
    return rig


def today(rig: Rig) -> int:
    return day_of(rig.clock.now())


def asked(rig: Rig) -> int:
    """Jobs of returns that are waiting."""
    return sum(each.job.get("of") == "return" for each in rig.lanes.queued)


def test_who_looks_for_the_first_time_is_noted_once(followed: Rig) -> None:
    assert followed.graph.seen == {"cid": Seen(today(followed))}
    writes: list[str] = []
    followed.hook = lambda name: writes.append(name) if name in ("note", "ask", "send") else None
    followed.home("cid")
    assert (writes, asked(followed)) == ([], 0)


def test_who_follows_nobody_is_noted_as_of_today(rig: Rig) -> None:
    rig.home("bob")
    assert rig.graph.seen["bob"] == Seen(today(rig))


def test_who_first_looks_long_after_a_follow_is_back_from_there(rig: Rig) -> None:
    rig.follow("cid", "ann")
    rig.settle()
    rig.clock.advance(FAR_MS)
    missed = rig.post("ann")
    rig.settle()
    assert rig.feed("cid") == []
    assert rig.home("cid") == [missed]
    rig.settle()
    assert rig.feed("cid") == [missed]


@pytest.mark.parametrize(("follows", "back"), [(FOLLOWS, False), (FOLLOWS + 1, True)])
def test_a_first_look_with_very_many_follows_is_a_return(rig: Rig, follows: int, back: bool) -> None:
    for number in range(follows):
        rig.graph.follow("cid", f"u{number:04}", floor(rig.clock.now()), rig.world.fence())
    rig.home("cid")
    assert (rig.graph.seen["cid"].day, asked(rig)) == ((NEVER, 1) if back else (today(rig), 0))


def test_who_looks_now_and_then_is_written_to_and_refreshed_seldom(followed: Rig) -> None:
    """One job each half of the time; no post is ever missed, nor merged from elsewhere."""
    posts, jobs = [], 0
    for _ in range(60):
        followed.clock.advance(DAY_MS)
        posts.append(followed.post("ann"))
        followed.plan()
        followed.work()
        assert posts[-1] in followed.feed("cid")
        followed.home("cid", limit=2)
        jobs += asked(followed)
        followed.settle()
    assert jobs == 60 // (IDLE.days // 2)
    assert followed.world.meter.counts["ReadersRefreshed"] == jobs
    assert "ReadersBack" not in followed.world.meter.counts


def test_who_does_not_look_is_not_written_to(followed: Rig) -> None:
    followed.clock.advance(IDLE.days * DAY_MS)
    kept = followed.post("ann")
    followed.settle()
    followed.clock.advance(DAY_MS)
    lost = followed.post("ann")
    followed.settle()
    assert followed.feed("cid")[0] == kept
    assert lost not in followed.feed("cid")
    assert lost in followed.feed("ann")


def test_who_is_back_sees_everything_at_once_and_has_it_soon_after(followed: Rig) -> None:
    followed.clock.advance(FAR_MS)
    missed = [followed.post(author) for author in ("ann", "bob", "ann")]
    followed.settle()
    assert followed.home("cid", limit=2)[:3] == missed[::-1]
    assert asked(followed) == 1
    followed.settle()
    assert followed.feed("cid")[:3] == missed[::-1]
    assert followed.graph.seen["cid"].day == today(followed)
    assert followed.world.meter.counts["ReadersBack"] == 1
    reads: list[str] = []
    followed.hook = lambda name: reads.append(name) if name in ("page", "follows") else None
    assert followed.home("cid")[:3] == missed[::-1]
    assert reads == ["page", "page"], "the feed alone"
    followed.hook = None
    new = followed.post("bob")
    followed.settle()
    assert followed.feed("cid")[0] == new


def test_a_delete_reaches_who_is_away(followed: Rig) -> None:
    followed.clock.advance((IDLE.days - 1) * DAY_MS)
    position = followed.post("ann")
    followed.settle()
    followed.clock.advance(FAR_MS)
    followed.delete("ann", position)
    followed.settle()
    assert position not in followed.feed("cid")
    assert position not in followed.home("cid")


def test_the_cursor_to_keep_waits_for_what_was_missed(followed: Rig) -> None:
    """Whoever refreshes with it sees also what came into the feed only when it was rebuilt."""
    for number in range(AUTHORS + 20):
        followed.people(f"u{number:03}")
        followed.follow("cid", f"u{number:03}")
    followed.settle()
    followed.clock.advance(FAR_MS)
    first, last = followed.post("ann"), followed.post(f"u{AUTHORS + 19:03}")
    followed.settle()
    page = followed.reader.home(followed.caller("cid"), None, None, 5)
    assert [entry.position for entry in page.entries][:1] == [first], "of the last in order nothing is read yet"
    followed.settle()
    again = followed.reader.home(followed.caller("cid"), None, page.since, 5)
    assert [entry.position for entry in again.entries][:2] == [last, first]
    assert again.since == keep(followed.clock.now(), BOUND_MS)


def test_a_return_is_asked_for_once_and_again_where_it_is_lost(followed: Rig) -> None:
    followed.clock.advance(FAR_MS)
    followed.home("cid")
    followed.home("cid")
    assert asked(followed) == 1
    followed.lanes.queued.clear()
    followed.clock.advance(ASK_AGAIN_MS)
    followed.home("cid")
    assert asked(followed) == 1


def test_what_falls_between_a_plan_and_the_refresh_comes_with_the_second_walk(followed: Rig) -> None:
    """The planner has read the old half, then the walk refreshes it and reads the posts before it sees this one."""
    followed.clock.advance(FAR_MS)
    followed.home("cid")
    followed.work()
    between = followed.post("ann")
    followed.posts.stream.clear()
    assert between not in followed.feed("cid")
    followed.settle()
    assert between in followed.feed("cid")


def test_an_unfollow_meanwhile_is_respected(followed: Rig) -> None:
    followed.clock.advance(FAR_MS)
    followed.post("ann")
    followed.settle()
    followed.home("cid")
    followed.unfollow("cid", "ann")
    followed.settle()
    assert followed.home("cid") == []
    assert followed.graph.halves["ann", 0] == set()


def test_a_return_brings_no_more_than_a_follow_would(followed: Rig) -> None:
    followed.clock.advance(FAR_MS)
    posts = [followed.post("ann") for _ in range(BACKFILL + 5)]
    followed.settle()
    followed.home("cid")
    followed.settle()
    assert followed.feed("cid")[:BACKFILL] == posts[::-1][:BACKFILL]


def test_a_walk_that_lasts_longer_than_a_day_begins_anew(followed: Rig) -> None:
    followed.clock.advance((IDLE.days - 1) * DAY_MS)
    followed.home("cid")
    job = {"v": 1, "kind": "task", "of": "return", "owner": "cid", "cursor": f"{today(followed)}#refresh#ann"}
    followed.lanes.queued.clear()
    followed.clock.advance(5 * DAY_MS)
    missed = followed.post("ann")
    followed.settle()
    followed.lanes.send("small", [job])
    followed.settle()
    assert followed.feed("cid")[0] == missed
    assert followed.graph.seen["cid"].day == today(followed)


def test_a_walk_goes_on_where_its_time_was_up(followed: Rig) -> None:
    for number in range(8):
        followed.people(f"u{number}")
        followed.follow("cid", f"u{number}")
    followed.settle()
    followed.clock.advance(FAR_MS)
    posts = [followed.post(f"u{number}") for number in range(8)]
    followed.settle()
    followed.home("cid")
    followed.hook = lambda name: followed.clock.advance(2_500) if name == "refresh" else None
    runs = 0
    while asked(followed):
        runs += followed.work() > 0
        followed.clock.advance(SETTLE_MS)
    assert runs >= 3
    followed.hook = None
    assert followed.feed("cid")[:8] == posts[::-1]


randoms = st.integers(0, 2**32).map(Random)


@settings(max_examples=60, deadline=None)
@given(randoms, st.integers(1, 6))
def test_whoever_comes_and_goes_ends_up_with_every_post(random: Random, limit: int) -> None:
    """Days pass, plans and jobs are late, workers die; at every look everything that is old enough is there."""
    rig = Rig()
    rig.people("ann", "bob", "cid")
    for author in ("ann", "bob"):
        rig.follow("cid", author)
    posts: list[str] = []
    for _ in range(random.randrange(10, 40)):
        match random.randrange(6):
            case 0:
                rig.clock.advance(random.choice([DAY_MS // 3, 2 * DAY_MS, (IDLE.days - 1) * DAY_MS // 2, 16 * DAY_MS]))
            case 1 | 2:
                posts.append(rig.post(random.choice(["ann", "bob"])))
            case 3:
                _die(rig, random)
                rig.plan()
                rig.work()
                rig.hook = None
            case 4:
                rig.settle()
            case _:
                rig.settle()
                _look(rig, posts, limit)
    rig.settle()
    _look(rig, posts, limit)
    rig.settle()
    kept = [at for at in posts if int(at[:13]) > rig.clock.now() - 20 * DAY_MS]
    assert rig.feed("cid")[: len(kept)] == kept[::-1]


def _look(rig: Rig, posts: list[str], limit: int) -> None:
    """Whoever looks sees all that was posted within retention."""
    kept = [at for at in posts if int(at[:13]) > rig.clock.now() - 20 * DAY_MS]
    assert rig.home("cid", limit)[: len(kept)] == kept[::-1]


def _die(rig: Rig, random: Random) -> None:
    left = random.randrange(12)

    def hook(_name: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Died

    rig.hook = hook


def test_a_busy_table_puts_a_return_off(followed: Rig) -> None:
    followed.clock.advance(FAR_MS)
    missed = followed.post("ann")
    followed.settle()
    followed.home("cid")
    failures: list[Any] = [RetryLater("busy"), RetryLater("busy")]

    def hook(name: str) -> None:
        if name == "refresh" and failures:
            raise failures.pop()

    followed.hook = hook
    followed.settle()
    assert failures == []
    assert followed.feed("cid")[0] == missed
    assert json.dumps([each.job for each in followed.lanes.queued]) == "[]"
