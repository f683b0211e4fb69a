"""The worker: slices, fences, back-pressure, late chunks, poison."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.timelines.rig import BOUND_MS, Died, Rig
from tidings.domain.errors import RetryLater, Unavailable
from tidings.domain.position import floor
from tidings.services.fanout.jobs import PoisonJob

NAMES = [f"fan-{each:03d}" for each in range(120)]


@pytest.fixture
def crowd(rig: Rig) -> Rig:
    """ann has 120 followers and has just posted; the chunks are on the lane."""
    for name in NAMES:
        rig.graph.follow(name, "ann", floor(rig.clock.now()), rig.world.fence())
    rig.post("ann")
    rig.plan()
    return rig


def reached(rig: Rig) -> set[str]:
    """Who has the post."""
    return {name for name, feed in rig.timelines.feeds.items() if feed}


def at_write(rig: Rig, number: int, act: Callable[[], None]) -> None:
    """Run `act` before the `number`-th batch takes effect."""
    seen = 0

    def commit() -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            act()

    rig.commit = commit


def fail(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def test_everybody_gets_a_copy_and_progress_is_counted(crowd: Rig) -> None:
    crowd.clock.advance(1_234)
    crowd.work()
    assert reached(crowd) == {"ann", *NAMES}
    assert crowd.world.meter.counts["FanoutWritten"] == 121
    assert crowd.world.meter.counts["FanoutLagMs"] >= 1_234


def test_a_long_post_is_copied_as_an_excerpt(rig: Rig) -> None:
    rig.post("ann", "é" * 4_096)
    rig.settle()
    [entry] = rig.timelines.feeds["ann"].values()
    assert entry.truncated
    assert len(entry.text.encode()) <= 600


@pytest.mark.parametrize("error", [Unavailable("busy"), RetryLater("fence")])
def test_a_busy_table_puts_the_rest_back_with_a_delay(crowd: Rig, error: Exception) -> None:
    at_write(crowd, 3, fail(error))
    jobs = crowd.lanes.due()
    assert len(jobs) == 1
    crowd.do(jobs[0])
    assert len(reached(crowd)) == 50
    [put_off] = crowd.lanes.queued
    assert put_off.due == crowd.clock.now() + 1_000
    assert put_off.job["cursor"] == jobs[0]["recipients"][49]
    assert crowd.world.meter.counts["FanoutPutOff"] == 1
    crowd.settle()
    assert reached(crowd) == {"ann", *NAMES}
    assert crowd.world.meter.counts["FanoutWritten"] == 121


def test_the_delay_grows_while_nothing_can_be_done_and_nothing_is_ever_dropped(crowd: Rig) -> None:
    crowd.commit = fail(Unavailable("busy"))
    delays = []
    for _ in range(12):
        [queued] = crowd.lanes.queued
        crowd.clock.ms = queued.due
        crowd.work()
        delays.append(crowd.lanes.queued[0].due - crowd.clock.now())
    assert delays == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, *[60_000] * 6]
    crowd.commit = None
    crowd.settle()
    assert reached(crowd) == {"ann", *NAMES}


def test_a_large_audience_goes_back_on_its_own_lane(rig: Rig) -> None:
    for number in range(1_500):
        rig.graph.follow(f"fan-{number:05d}", "ann", floor(rig.clock.now()), rig.world.fence())
    rig.post("ann")
    rig.plan()
    rig.commit = fail(Unavailable("busy"))
    rig.work()
    assert {each.lane for each in rig.lanes.queued if each.job["kind"] != "task"} == {"large"}


def test_past_the_fence_the_post_is_read_again(crowd: Rig) -> None:
    reads = []
    crowd.hook = lambda name: reads.append(name) if name == "get" else None
    at_write(crowd, 2, lambda: crowd.clock.advance(15_001))
    crowd.work()
    assert len(reads) == 4  # two reads, each seen before and after the call
    assert reached(crowd) == {"ann", *NAMES}


def test_an_invocation_ends_in_time_and_leaves_the_rest(crowd: Rig) -> None:
    started = crowd.clock.now()
    crowd.commit = lambda: crowd.pass_time(7_000)
    crowd.work()
    assert crowd.clock.now() - started <= 33_000
    assert 0 < len(reached(crowd)) < 121
    crowd.settle()
    assert reached(crowd) == {"ann", *NAMES}


def test_chunks_of_one_post_in_one_batch_share_its_read(rig: Rig) -> None:
    for number in range(700):
        rig.graph.follow(f"fan-{number:05d}", "ann", floor(rig.clock.now()), rig.world.fence())
    rig.post("ann")
    rig.plan()
    reads = []
    rig.hook = lambda name: reads.append(name) if name == "get" else None
    assert 1 < rig.work(batch=10) <= 10
    assert len(reads) == 2


def test_a_tombstone_is_not_fanned_out(crowd: Rig) -> None:
    [post] = crowd.posts.posts.values()
    crowd.delete("ann", post.position)
    crowd.work()
    assert reached(crowd) == set()


def test_a_delete_beats_a_write_that_is_on_its_way(crowd: Rig) -> None:
    """The worker has read the post alive; the delete and its first sweep are done before the copies land."""
    [post] = crowd.posts.posts.values()

    def delete() -> None:
        crowd.commit = None
        crowd.delete("ann", post.position)
        crowd.plan()
        crowd.work()

    at_write(crowd, 1, delete)
    crowd.do(crowd.lanes.due()[0])
    assert reached(crowd) == {"ann", *NAMES}
    crowd.settle()
    assert reached(crowd) == set()


def test_a_worker_that_was_frozen_after_its_read_writes_nothing_with_it(crowd: Rig) -> None:
    """It read the post alive; when it goes on, the delete and both its sweeps are over."""
    [post] = crowd.posts.posts.values()
    [job] = crowd.lanes.due()

    def freeze(name: str) -> None:
        if name == "get":
            crowd.hook = None
            crowd.delete("ann", post.position)
            crowd.settle()

    crowd.hook = _after(freeze)
    crowd.do(job)
    crowd.settle()
    assert reached(crowd) == set()


def _after(act: Callable[[str], None]) -> Callable[[str], None]:
    """A hook sees each call before and after: run `act` after the first."""
    seen: list[str] = []

    def hook(name: str) -> None:
        if seen:
            act(name)
        seen.append(name)

    return hook


def test_a_chunk_done_long_after_its_plan_leaves_out_who_left(crowd: Rig) -> None:
    jobs = crowd.lanes.due()
    crowd.people(*NAMES)
    gone = [NAMES[0], NAMES[60], NAMES[119]]
    for name in gone:
        crowd.unfollow(name, "ann")
    crowd.settle()
    crowd.clock.advance(BOUND_MS + 1)
    for job in jobs:
        crowd.do(job)
    assert reached(crowd) == {"ann", *NAMES} - set(gone)


def test_a_death_at_any_call_loses_nobody_and_ends() -> None:
    number = 1
    while _died_at(number):
        number += 1
    assert number > 10


def _died_at(number: int) -> bool:
    """One post to a crowd, whose worker dies at a call.  Everybody has it afterwards; whether there was such a call."""
    crowd = Rig()
    for name in NAMES:
        crowd.graph.follow(name, "ann", floor(crowd.clock.now()), crowd.world.fence())
    crowd.post("ann")
    crowd.plan()
    seen = 0

    def hook(_name: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise Died

    crowd.hook = hook
    crowd.work()
    crowd.hook = None
    crowd.settle()
    assert reached(crowd) == {"ann", *NAMES}
    return seen >= number


def test_a_job_that_is_not_due_goes_back_until_it_is(rig: Rig) -> None:
    due = rig.clock.now() + 3_600_000
    job: dict[str, Any] = {"v": 1, "kind": "backfill", "user": "bob", "author": "ann", "position": "p", "due": due}
    rig.do(job)
    [queued] = rig.lanes.queued
    assert queued.job == job
    assert queued.due == rig.clock.now() + 900_000
    for _ in range(4):
        rig.clock.advance(900_000)
        rig.work()
    assert not rig.lanes.queued


@pytest.mark.parametrize("kind", ["message", "Post", ""])
def test_an_unknown_kind_is_poison(rig: Rig, kind: str) -> None:
    job = {"v": 1, "kind": kind, "owner": "a", "position": "p", "shard": 0, "planned_at": 0, "recipients": ["b"]}
    with pytest.raises(PoisonJob):
        rig.worker.begin().run(json.dumps(job))
