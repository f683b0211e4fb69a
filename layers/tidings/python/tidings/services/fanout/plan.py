"""The planner: reads an audience, cuts it into chunks by member key and puts them on the lanes.

It only reads keys and enqueues, so that a stream is never held up by the writes.  One invocation reads a bounded
number of members; what is beyond goes on as a `plan` job, from the last cut: a plan that is replayed, or that was
interrupted anywhere, makes the same chunks again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Final

from tidings.domain.fanout import SMALL_AUDIENCE, chunks
from tidings.ports.timelines import Chunks
from tidings.ports.world import Clock, Meter
from tidings.services.fanout.jobs import (
    LARGE,
    SMALL,
    ChunkJob,
    Job,
    PlanJob,
    PoisonJob,
    TaskJob,
    delay_of,
    encode,
    lane_of,
)
from tidings.services.fanout.kinds import Kind, Kinds, Subject, Wanted

MEMBERS_PER_RUN: Final = 20_000
"""About 100 chunks, 10 SQS calls and 100 read units: a second or two, far inside the timeouts."""
FLUSH: Final = 10
"""Chunks of a large audience held back before they are sent: one SQS batch."""


@dataclass(slots=True)
class Allowance:
    """How many members one invocation may still read."""

    left: int = MEMBERS_PER_RUN


@dataclass(slots=True)
class _Outgoing:
    """Chunks on their way to a lane.  An audience is small until it is known to be large."""

    queue: Chunks
    large: bool
    held: list[ChunkJob]
    members: int = 0
    jobs: int = 0

    def add(self, job: ChunkJob) -> None:
        self.held.append(job)
        self.members += len(job.recipients)
        self.jobs += 1
        self.large = self.large or self.members > SMALL_AUDIENCE
        if self.large and len(self.held) >= FLUSH:
            self.flush()

    def flush(self) -> None:
        if self.held:
            jobs = [encode(replace(job, large=self.large)) for job in self.held]
            self.queue.send(LARGE if self.large else SMALL, jobs)
            self.held = []


class Planner:
    """Makes chunks of every registered kind."""

    def __init__(self, kinds: Kinds, queue: Chunks, clock: Clock, meter: Meter, settle_ms: int) -> None:
        self._kinds = kinds
        self._queue = queue
        self._clock = clock
        self._meter = meter
        self._settle = settle_ms

    def announce(self, wanted: Wanted, allowance: Allowance) -> None:
        """See to what a fact asks for: plan at once what can be, enqueue the rest."""
        job = wanted.job
        if wanted.again and isinstance(job, PlanJob | TaskJob):
            self._queue_up(replace(job, due=self._clock.now() + self._settle))
        if isinstance(job, PlanJob) and job.due <= self._clock.now():
            self.plan(job, allowance)
        else:
            self._queue_up(job)

    def plan(self, job: PlanJob, allowance: Allowance) -> None:
        """Enqueue the chunks of `job`, and what `allowance` leaves over as a job of its own."""
        kind = self._kind(job.of)
        if allowance.left <= 0:
            self._go_on(job)
            return
        planned_at = self._clock.now()
        outgoing = _Outgoing(self._queue, job.large, [])
        for shard, recipients in self._cut(kind, job):
            outgoing.add(ChunkJob(job.of, job.owner, job.position, shard, planned_at, tuple(recipients)))
            allowance.left -= len(recipients)
            if outgoing.large and allowance.left <= 0:
                outgoing.flush()
                self._go_on(replace(job, shard=shard, cursor=recipients[-1], large=True, tries=0))
                break
        outgoing.flush()
        self._meter.count("FanoutPlanned", outgoing.jobs)

    def _cut(self, kind: Kind, job: PlanJob) -> Iterator[tuple[int, list[str]]]:
        """The chunks of the audience with their shards, from the job's cursor on."""
        subject = Subject(job.owner, job.position)
        first = list(kind.audience.first(subject)) if job.shard == 0 and job.cursor is None else []
        members = kind.audience.members(subject, job.shard, job.cursor)
        for shard, group in groupby(members, key=itemgetter(0)):
            for chunk in chunks((member for _, member in group), kind.mean):
                yield shard, first + chunk
                first = []
        if first:
            yield 0, first

    def _go_on(self, job: PlanJob) -> None:
        self._queue.send(lane_of(job), [encode(job)])

    def _queue_up(self, job: Job) -> None:
        """Onto its lane, to be seen when it is due (or when SQS can hold it back no longer)."""
        self._queue.send(lane_of(job), [encode(job)], delay_ms=delay_of(job, self._clock.now()))

    def _kind(self, name: str) -> Kind:
        if name not in self._kinds:
            raise PoisonJob("there is no such kind of fan-out")
        return self._kinds[name]
