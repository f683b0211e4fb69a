"""`tidings ops redrive`: puts back what failed, once the reason is gone.

Two places keep failed work.  The dead-letter queues hold jobs whole: they go back on their lanes as they are.  The
failure bucket holds batches of stream records that a function gave up on: those of `Posts` and `Conversations` are
planned anew, by the rules of the stream's own planner, as jobs on the small lane.  Everything is replayable, so a
redrive that is interrupted is run again.

What nobody here can plan (a push that is long stale, a record nobody can read) stays in the bucket and is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from tidings.ports.streams import Shown
from tidings.ports.timelines import Chunks
from tidings.services.fanout.jobs import SMALL, Job, LiveJob, PlanJob, TaskJob, delay_of, encode
from tidings.services.fanout.kinds import Rule, Wanted


class DeadLetters(Protocol):
    """The dead-letter queue of one lane."""

    @property
    def lane(self) -> str:
        """The lane's name."""
        ...

    def put_back(self) -> int:
        """Move everything back on the lane.  How many jobs."""
        ...


class Failures(Protocol):
    """The failure bucket."""

    def keys(self) -> Iterator[str]:
        """The keys of everything that is kept."""
        ...

    def records(self, key: str) -> Sequence[Mapping[str, Any]] | None:
        """The stream records of one batch; None where the object is no such batch."""
        ...

    def forget(self, key: str) -> None:
        """Delete a batch that has been dealt with."""
        ...


@dataclass(slots=True)
class Redriven:
    """What was done: jobs put back, by lane, and records planned that ask for something.  `kept` are the keys of
    objects that stay in the bucket."""

    jobs: dict[str, int] = field(default_factory=dict)
    planned: int = 0
    kept: list[str] = field(default_factory=list)


class Redrive:
    """Puts back dead letters and plans failed stream records anew.

    `read` gives what a record shows, None where there is nothing to see; it raises `ValueError` for the records of
    other streams.  `rules` are the planner's own.
    """

    def __init__(
        self,
        dead_letters: Iterable[DeadLetters],
        failures: Failures | None,
        queue: Chunks,
        read: Callable[[Mapping[str, Any]], Shown | None],
        rules: Sequence[Rule],
        now: Callable[[], int],
        settle_ms: int,
    ) -> None:
        self._dead_letters = tuple(dead_letters)
        self._failures = failures
        self._queue = queue
        self._read = read
        self._rules = rules
        self._now = now
        self._settle = settle_ms

    def run(self) -> Redriven:
        """Everything once.  Raises what AWS raises; run again, it goes on."""
        done = Redriven()
        for each in self._dead_letters:
            done.jobs[each.lane] = each.put_back()
        if self._failures is not None:
            for key in self._failures.keys():  # noqa: SIM118 - not a mapping
                self._replan(key, self._failures, done)
        return done

    def _replan(self, key: str, failures: Failures, done: Redriven) -> None:
        """Enqueue what a batch asks for and then forget it, unless there is a record in it that nobody can plan."""
        facts, whole = self._facts(failures.records(key))
        for fact in facts:
            every = (each for rule in self._rules for each in rule(fact))
            wanted = [each for each in every if not isinstance(each.job, LiveJob)]  # Long stale.
            for job in [job for each in wanted for job in self._jobs(each)]:
                self._queue.send(SMALL, [encode(job)], delay_ms=delay_of(job, self._now()))
            done.planned += bool(wanted)
        if whole:
            failures.forget(key)
        else:
            done.kept.append(key)

    def _facts(self, records: Sequence[Mapping[str, Any]] | None) -> tuple[list[Shown], bool]:
        """What the records of a batch show, and whether that is all there is in it."""
        facts, whole = [], records is not None
        for record in records or ():
            try:
                shown = self._read(record)
            except ValueError:
                whole = False
                continue
            if shown is not None:
                facts.append(shown)
        return facts, whole

    def _jobs(self, wanted: Wanted) -> list[Job]:
        """As the planner announces it: at once, and where it says so once more when all has settled."""
        job = wanted.job
        if wanted.again and isinstance(job, PlanJob | TaskJob):
            return [job, replace(job, due=self._now() + self._settle)]
        return [job]
