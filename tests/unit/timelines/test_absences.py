"""Readers stay away for days and come back, while authors cross over, people follow and unfollow, and workers die."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.timelines.rig import RETENTION_MS, Died
from tests.unit.timelines.test_pulling import AUTHORS, READERS, Crossings, SmallRig
from tidings.domain.errors import TidingsError
from tidings.domain.idle import DAY_MS, Idle
from tidings.domain.policy import Policy
from tidings.domain.position import floor

seeds = st.integers(0, 2**32)
STEPS = 120


@pytest.fixture(autouse=True, scope="module")
def _long_backfills() -> Iterator[None]:
    """However much is posted, a return brings all of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tidings.services.fanout.edges.BACKFILL", 1_000)
        yield


class IdleRig(SmallRig):
    """Whoever has not looked for two days is not written to; four followers of five are pushed to."""

    policy = Policy(always_pull=4, never_pull=1_000)
    idle = Idle(2)


class Absences(Crossings):
    """Days pass now and then, and people look now and then."""

    make = IdleRig

    def step(self) -> None:
        """One random thing happens."""
        steps: list[Callable[[], None]] = [*[super().step] * 9, *[self._look] * 2, self._some_days]
        self.random.choice(steps)()

    def _look(self) -> None:
        with suppress(Died, TidingsError):
            self.rig.home(self.random.choice(READERS), limit=3)

    def _some_days(self) -> None:
        """In which what is under way arrives; some of it may have waited until then."""
        if self._depth:
            return
        hook, commit, self.rig.hook, self.rig.commit = self.rig.hook, self.rig.commit, None, None
        if self.random.random() < 0.8:
            self.rig.settle()
        self.rig.pass_time(self.random.choice([DAY_MS // 2, DAY_MS, 3 * DAY_MS]))
        self.rig.hook, self.rig.commit = hook, commit


def expected(chaos: Absences, user: str) -> list[str]:
    """The posts that are kept and not deleted, one's own and of those one follows."""
    rig = chaos.rig
    followed = {author for (who, author), edge in rig.graph.edges.items() if who == user and edge.following}
    kept = floor(rig.clock.now() - RETENTION_MS)
    alive = (post for post in rig.posts.posts.values() if post.text is not None and post.position > kept)
    return sorted((post.position for post in alive if post.author in {user, *followed}), reverse=True)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_every_home_is_whole_at_once_and_for_good(seed: int) -> None:
    chaos = Absences(Random(seed))
    chaos.run(STEPS)
    chaos.settle()
    for user in (*READERS, *AUTHORS):
        assert chaos.rig.home(user, limit=3) == expected(chaos, user), user
    chaos.rig.settle()
    chaos.rig.hook = lambda name: away.append(name) if name == "follows" else None
    for user in (*READERS, *AUTHORS):
        away: list[str] = []
        assert chaos.rig.home(user, limit=3) == expected(chaos, user), user
        assert away == [], "their feed is their home again"


def test_people_are_away_and_come_back() -> None:
    """Or the test above would show nothing."""
    back = refreshed = 0
    for seed in range(8):
        chaos = Absences(Random(seed))
        chaos.run(STEPS)
        counts = chaos.rig.world.meter.counts
        back += counts.get("ReadersBack", 0)
        refreshed += counts.get("ReadersRefreshed", 0)
    assert back > 20
    assert refreshed > 10
