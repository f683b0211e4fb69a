"""What the system measures of itself: how often authors post, and how often their followers look."""

from __future__ import annotations

from tests.unit.timelines.rig import IDLE, Rig
from tidings.domain.authors import DAY_MS, ReadRate
from tidings.domain.position import floor
from tidings.services.rates import ONE_IN, SAMPLE, Rates


def test_posts_a_day_are_those_of_the_last_few(rig: Rig) -> None:
    rates = Rates(rig.posts, rig.graph, rig.world.rates, IDLE)
    assert rates.posts("ann", rig.clock.now()) == 0
    rig.post("ann")
    rig.clock.advance(2 * DAY_MS)
    assert rates.posts("ann", rig.clock.now()) == 500
    for _ in range(40):
        rig.clock.advance(DAY_MS // 10 - 1)
        rig.post("ann")
    assert 10_000 <= rates.posts("ann", rig.clock.now()) <= 11_000


def test_reads_are_those_of_some_followers_who_are_written_to(rig: Rig) -> None:
    rates, now = Rates(rig.posts, rig.graph, rig.world.rates, IDLE), rig.clock.now()
    assert rates.reads(rig.world.authors.get("ann", strong=True), now) == 0
    for number in range(3 * SAMPLE):
        rig.graph.follow(f"fan-{number:03}", "ann", floor(now), rig.world.fence())
        rig.world.rates.put(f"fan-{number:03}", ReadRate(30, now - 10 * DAY_MS), rig.world.fence())
    assert rates.reads(rig.world.authors.get("ann", strong=True), now) == 3_000
    seen = []
    rig.world.rates.get = lambda readers: seen.extend(readers) or {}  # type: ignore[method-assign]
    assert rates.reads(rig.world.authors.get("ann", strong=True), now) == 0
    assert len(seen) == len(set(seen)) == SAMPLE
    assert rates.reads(rig.world.authors.get("ann", strong=True), now + 60 * DAY_MS) == 0
    assert len(seen) == SAMPLE, "nobody is left who is written to"


def test_one_home_read_in_many_writes_for_all(rig: Rig) -> None:
    for _ in range(20 * ONE_IN):
        rig.clock.advance(1_000)
        rig.home("bob")
    rate = rig.graph.reader("bob").rate
    assert 8 * ONE_IN <= rate.reads <= 36 * ONE_IN
    assert rate.reads % ONE_IN == 0
