"""Growing past what is pushed to and shrinking back, joining and leaving, in any interleaving: a reader who syncs now
and then loses nothing that is theirs, sees nothing that is not, and in the end has nothing more to come."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.fanout.rig import Died
from tests.unit.fanout.town import MOST, Town
from tidings.domain.errors import TidingsError
from tidings.domain.events import Path

seeds = st.integers(0, 2**32)
NAMES = tuple(f"m-{number}" for number in range(9))
PAUSES = (1, 50, 2_000, 9_000, 16_000, 31_000, 60_000)
T = 30_000


class Chaos:
    """`random` decides everything.  `deaths` and `nesting` are probabilities a call."""

    def __init__(self, random: Random, deaths: float = 0.02, nesting: float = 0.1) -> None:
        self.random = random
        self.town = Town(*NAMES)
        for name in NAMES[:3]:
            assert self.town.enter(name)
        self.town.settle()
        self.town.hook = lambda _name: self._at_a_call()
        self.town.commit = self._in_flight
        self._deaths = deaths
        self._nesting = nesting
        self._depth = 0
        self._growing = True

    def run(self, steps: int) -> None:
        """So many steps at the top."""
        for _ in range(steps):
            try:
                self.step()
            except (Died, TidingsError):
                continue

    def step(self) -> None:
        """One random thing happens."""
        steps: list[Callable[[], object]] = [
            *[self._say] * 4,
            *[self._come_or_go] * 3,
            *[self._read] * 4,
            *[self._pass_time] * 2,
            self._repair,
            self._plan,
            *[self._work] * 4,
        ]
        self.random.choice(steps)()

    def settle(self) -> None:
        """No more trouble: everything on its way arrives, and all readers sync."""
        town = self.town
        town.hook = town.commit = None
        for name in town.unsettled:
            town.repair(name)
        town.settle()
        for name in NAMES:
            town.read(name, 3)
        town.clock.advance(2 * T + 1)
        for name in NAMES:
            town.read(name, 3)
        town.clock.advance(2 * T + 1)

    def _say(self) -> None:
        self.town.say(self.random.choice(NAMES))

    def _come_or_go(self) -> None:
        """The group tends to grow for a while, and then to shrink."""
        if self.random.random() < 0.1:
            self._growing = not self._growing
        name = self.random.choice(NAMES)
        if self.random.random() < 0.1 or self._growing:
            self.town.enter(name)
        else:
            self.town.exit(name)

    def _read(self) -> None:
        self.town.read(
            self.random.choice(NAMES), self.random.choice((1, 2, 5)), pages=self.random.choice((1, 2, 1_000))
        )

    def _repair(self) -> None:
        if self.town.unsettled:
            self.town.repair(self.town.unsettled[self.random.randrange(len(self.town.unsettled))])

    def _pass_time(self) -> None:
        self.town.pass_time(self.random.choice(PAUSES))

    def _plan(self) -> None:
        """Everything that the streams show, some of it delivered twice."""
        records = self.town.log.stream
        self.town.log.stream = [record for record in records if self.random.random() < 0.1]
        for record in records:
            self.town.plan_record(record)

    def _work(self) -> None:
        """A few of the jobs that are due, in any order, sometimes delivered twice."""
        due = self.town.lanes.due()
        self.random.shuffle(due)
        taken, left = due[:3], due[3:]
        again = [job for job in taken if self.random.random() < 0.2]
        self.town.lanes.send("small", left)
        self.town.lanes.send("small", again, self.random.choice(PAUSES))
        for job in taken:
            self.town.do(job)

    def _at_a_call(self) -> None:
        """Before or after any call to a port."""
        if self.random.random() < self._deaths:
            raise Died
        self._others()

    def _in_flight(self) -> None:
        """A write has passed its fence and has not taken effect."""
        self._others()
        if self.random.random() < 0.2:
            self.town.pass_time(self.random.choice(PAUSES))
        if self.random.random() < self._deaths:
            raise Died

    def _others(self) -> None:
        """Now and then others get a whole series of things done meanwhile."""
        if self._depth < 2 and self.random.random() < self._nesting:
            self._depth += 1
            try:
                self.run(self.random.choice((1, 1, 2, 8)))
            finally:
                self._depth -= 1


def check(chaos: Chaos) -> None:
    """The promises."""
    town = chaos.town
    for name in NAMES:
        due = town.due_to(name)
        assert sorted(town.readers[name].seen) == due, name
        assert town.read(name, 100) == [], "nothing comes again and again"
    pulled = town.group.path is Path.PULL
    assert town.group.members <= MOST or pulled
    assert town.group.members >= MOST * 3 // 4 or not pulled
    assert (town.group.pulled_from > 0) is pulled


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_every_interleaving_converges(seed: int) -> None:
    chaos = Chaos(Random(seed))
    chaos.run(120)
    chaos.settle()
    check(chaos)


def test_the_chaos_crosses_both_ways() -> None:
    """Or the test above would show nothing."""
    paths: set[Path] = set()
    turns = 0
    for seed in range(12):
        chaos = Chaos(Random(seed))
        before = Path.CHUNK
        for _ in range(120):
            chaos.run(1)
            now = chaos.town.group.path
            turns += now is not before
            before = now
        paths |= {entry.path for entry in chaos.town.log.entries.values()}
    assert paths == {Path.CHUNK, Path.PULL}
    assert turns > 5
