"""The worker of the lanes: applies a kind's effect to a chunk of its audience, slice by slice.

                      a job
                        |
    due later?  --yes-->  put back until then
                        |
    a live frame?  --yes-->  with all others of the batch, at its end
                        |
    plan / task / backfill / purge?  --yes-->  the planner / the task / the edges
                        |
    prepare: take a stamp, read the fact strongly  --nothing to do-->  done
                        |
    planned long ago, for members only?  --yes-->  only those who still are members
                        |
    write a slice under the stamp's fence  <--------.
        |           |                               |
        |      fence passed: prepare again ---------'
        |
    busy?  the rest goes back on its lane with a delay: back-pressure, nothing is dropped

Every step is harmless twice, so a worker may die anywhere: the lane delivers the job again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from tidings.domain.errors import RetryLater, TidingsError, Unavailable
from tidings.domain.position import ms_of
from tidings.domain.stamp import Fence, Times
from tidings.ports.timelines import Chunks
from tidings.ports.world import Clock, Meter
from tidings.services.fanout.edges import EdgeJobs
from tidings.services.fanout.jobs import (
    SMALL,
    ChunkJob,
    EdgeJob,
    LiveJob,
    NewsJob,
    PlanJob,
    PoisonJob,
    TaskJob,
    decode,
    delay_of,
    encode,
    lane_of,
)
from tidings.services.fanout.kinds import Apply, Effects, Kind, Kinds, Subject, Tasks
from tidings.services.fanout.plan import Allowance, Planner

SLICE: Final = 25
"""Recipients in one write: a DynamoDB batch."""
PATIENCE_MS: Final = 25_000
"""How long one invocation starts new writes.  With the fence and one call more it ends inside its 60 s."""
FIRST_PAUSE_MS: Final = 1_000
LONGEST_PAUSE_MS: Final = 60_000


class Frames(Protocol):
    """What is done with the jobs of live frames."""

    def post(self, jobs: Sequence[LiveJob | NewsJob]) -> None:
        """Do all of a batch at once.  Never raises for a dependency."""
        ...


@dataclass(frozen=True, slots=True)
class _Ready:
    """An effect that may be applied while its fence holds; `apply` is None when there is nothing to do."""

    fence: Fence
    apply: Apply | None


class Worker:
    """Does jobs.  One `Shift` an invocation."""

    def __init__(
        self,
        kinds: Kinds,
        effects: Effects,
        tasks: Tasks,
        planner: Planner,
        edges: EdgeJobs,
        frames: Frames,
        queue: Chunks,
        clock: Clock,
        meter: Meter,
        times: Times,
        bound_ms: int,
    ) -> None:
        self.kinds = kinds
        self.effects = effects
        self.tasks = tasks
        self.planner = planner
        self.edges = edges
        self.frames = frames
        self.queue = queue
        self.clock = clock
        self.meter = meter
        self.times = times
        self.bound_ms = bound_ms

    def begin(self) -> Shift:
        """The shift for one batch of messages."""
        return Shift(self)


class Shift:
    """One invocation: it shares strong reads among chunks of one subject, and knows when to stop."""

    def __init__(self, worker: Worker) -> None:
        self._of = worker
        self._ends = worker.clock.now() + PATIENCE_MS
        self._allowance = Allowance()
        self._live: list[LiveJob | NewsJob] = []
        self._ready: dict[tuple[str, Subject], _Ready] = {}

    def run(self, body: str) -> None:
        """Do the job in a message's body.  Raises `PoisonJob`, or what is not known to pass: then the lane delivers
        it again, and after some attempts it lands in the dead-letter queue."""
        job = decode(body)
        delay_ms = delay_of(job, self._of.clock.now())
        if delay_ms:
            self._of.queue.send(lane_of(job), [encode(job)], delay_ms=delay_ms)
            return
        if isinstance(job, LiveJob | NewsJob):
            self._live.append(job)
            return
        if isinstance(job, ChunkJob):
            self._chunk(job)
            return
        try:
            self._other(job)
        except (RetryLater, Unavailable) as error:
            self._put_off(job, error)

    def end(self) -> None:
        """What is done for all jobs of the batch at once."""
        if self._live:
            self._of.frames.post(self._live)

    def _other(self, job: PlanJob | TaskJob | EdgeJob) -> None:
        if isinstance(job, PlanJob):
            self._of.planner.plan(job, self._allowance)
            return
        rest = self._task(job) if isinstance(job, TaskJob) else self._of.edges.run(job)
        if rest is not None:
            self._of.queue.send(SMALL, [encode(rest)], delay_ms=delay_of(rest, self._of.clock.now()))

    def _task(self, job: TaskJob) -> TaskJob | None:
        if job.of not in self._of.tasks:
            raise PoisonJob("there is no such task")
        return self._of.tasks[job.of].run(job)

    def _chunk(self, job: ChunkJob) -> None:
        """All recipients after the job's cursor; what cannot be written now goes back on the lane."""
        if job.kind not in self._of.effects:
            raise PoisonJob("there is no such kind of fan-out")
        kind = self._of.kinds[job.kind]
        before = len(job.rest)
        try:
            for done in self._slices(kind, job):
                job = replace(job, cursor=done, tries=0)
        except (RetryLater, Unavailable) as error:
            self._of.meter.count("FanoutWritten", before - len(job.rest))
            self._put_off(job, error)
            return
        self._of.meter.count("FanoutWritten", before - len(job.rest))
        if kind.gives:
            self._of.meter.count("FanoutLagMs", max(0, self._of.clock.now() - ms_of(job.position)))

    def _slices(self, kind: Kind, job: ChunkJob) -> Iterator[str]:
        """Write slice after slice, giving the last recipient of each."""
        todo: Sequence[str] = job.rest
        while todo:
            self._check_patience()
            ready = self._prepared(job)
            if ready.apply is None:
                return
            if kind.members_only and ready.fence.stamp - job.planned_at > self._of.bound_ms:
                todo = still_members(kind, job, todo)
            while todo and not ready.fence.expired():
                self._check_patience()
                part = todo[:SLICE]
                ready.apply(part, ready.fence)
                todo = todo[SLICE:]
                yield part[-1]

    def _prepared(self, job: ChunkJob) -> _Ready:
        """The effect on the job's subject, read under a stamp that may still be written with."""
        subject = Subject(job.owner, job.position)
        key = (job.kind, subject)
        ready = self._ready.get(key)
        if ready is None or ready.fence.expired():
            stamp = self._of.clock.now()
            ready = _Ready(
                Fence(stamp, self._of.times, self._of.clock.now), self._of.effects[job.kind].prepare(subject)
            )
            self._ready[key] = ready
        return ready

    def _check_patience(self) -> None:
        if self._of.clock.now() > self._ends:
            raise RetryLater("This invocation has done its share.")

    def _put_off(self, job: ChunkJob | PlanJob | TaskJob | EdgeJob, error: TidingsError) -> None:
        """The rest of a job, again after a while: longer each time that nothing could be done, or when it is known to
        be possible."""
        self._of.meter.count("FanoutPutOff")
        delay = min(LONGEST_PAUSE_MS, max(FIRST_PAUSE_MS << min(job.tries, 16), error.retry_after_ms or 0))
        self._of.queue.send(lane_of(job), [encode(replace(job, tries=job.tries + 1))], delay_ms=delay)


def still_members(kind: Kind, job: ChunkJob, recipients: Sequence[str]) -> list[str]:
    """Those of `recipients` who belong to the audience now.

    Whoever left was purged a bounded time later; a copy given after that would stay for good.
    """
    subject = Subject(job.owner, job.position)
    always = kind.audience.first(subject)
    asked = [member for member in recipients if member not in always]
    found: set[str] = set()
    if asked:
        for shard, member in kind.audience.members(subject, job.shard, just_below(asked[0])):
            if shard != job.shard or member > asked[-1]:
                break
            found.add(member)
    return [member for member in recipients if member in always or member in found]


def just_below(member: str) -> str:
    """A string between `member` and every well-formed id that sorts before it (ids end with nothing above `~`)."""
    return member[:-1] + chr(ord(member[-1]) - 1) + "\x7f"
