"""A random world: members come and go and speak, planners and workers run into each other, die at any call, and are
delivered again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random

from tests.unit.fanout.rig import Died, Rig
from tidings.domain.errors import TidingsError

NAMES = tuple(f"m-{number:02d}" for number in range(8))
PAUSES = (1, 50, 2_000, 9_000, 16_000, 31_000, 60_000, 120_000)


class Chaos:
    """`random` decides everything.  `deaths` and `nesting` are probabilities a call."""

    def __init__(self, random: Random, deaths: float = 0.03, nesting: float = 0.08) -> None:
        self.random = random
        self.rig = Rig()
        # Whoever joins while a message is on its way to the log pulls it, which is not played here.
        self.rig.log.at_once = True
        self.rig.join(*NAMES)
        self.rig.hook = lambda _name: self._at_a_call()
        self.rig.commit = self._in_flight
        self._deaths = deaths
        self._nesting = nesting
        self._depth = 0

    def run(self, steps: int) -> None:
        """So many steps at the top."""
        for _ in range(steps):
            try:
                self.step()
            except (Died, TidingsError):
                continue  # a sender's function; nothing was acked

    def step(self) -> None:
        """One random thing happens."""
        steps: list[Callable[[], None]] = [
            *[self._send] * 2,
            self._come_or_go,
            *[self._pass_time] * 2,
            *[self._plan] * 3,
            *[self._work] * 6,
        ]
        self.random.choice(steps)()

    def settle(self) -> None:
        """No more trouble: everything on its way arrives."""
        self.rig.hook = self.rig.commit = None
        self.rig.settle()

    def _send(self) -> None:
        """Somebody speaks, or dies before anything is written."""
        with suppress(Died):
            self.rig.send(self.random.choice(NAMES))

    def _come_or_go(self) -> None:
        name = self.random.choice(NAMES)
        if self.rig.crowd.all[name].present:
            self.rig.leave(name)
        else:
            self.rig.join(name)

    def _pass_time(self) -> None:
        self.rig.pass_time(self.random.choice(PAUSES))

    def _plan(self) -> None:
        """Any record of the stream, sometimes delivered twice."""
        stream = self.rig.log.stream
        if stream:
            record = stream.pop(self.random.randrange(len(stream)))
            if self.random.random() < 0.2:
                stream.append(record)
            self.rig.plan_record(record)

    def _work(self) -> None:
        """A few of the jobs that are due, in any order, sometimes delivered twice."""
        due = self.rig.lanes.due()
        self.random.shuffle(due)
        taken, left = due[:3], due[3:]
        again = [job for job in taken if self.random.random() < 0.2]
        self.rig.lanes.send("small", left)
        self.rig.lanes.send("small", again, self.random.choice(PAUSES))
        shift = self.rig.worker.begin()
        for job in taken:
            self.rig.do(job, shift)

    def _at_a_call(self) -> None:
        """Before or after any call to a port."""
        if self.random.random() < self._deaths:
            raise Died
        self._others()

    def _in_flight(self) -> None:
        """A write has passed its fence and has not taken effect."""
        self._others()
        if self.random.random() < 0.2:
            self.rig.pass_time(self.random.choice(PAUSES))
        if self.random.random() < self._deaths:
            raise Died

    def _others(self) -> None:
        """Now and then others get a whole series of things done meanwhile."""
        if self._depth < 2 and self.random.random() < self._nesting:
            self._depth += 1
            try:
                for _ in range(self.random.choice((1, 1, 2, 8))):
                    self.step()
            except (TidingsError, Died):
                pass  # theirs, not ours
            finally:
                self._depth -= 1
