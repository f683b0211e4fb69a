"""Tasks, and rules of somebody else: the engine knows none of them."""

from collections.abc import Iterator

import pytest

from tests.unit.timelines.rig import Rig
from tidings.domain.errors import RetryLater
from tidings.ports.streams import Shown, TallyDue
from tidings.services.fanout.jobs import PoisonJob, TaskJob, encode
from tidings.services.fanout.kinds import Wanted
from tidings.services.fanout.plan import Planner
from tidings.services.fanout.stream import StreamPlanner


class Count:
    """A task that notes what it was given and does so much of it at a time."""

    def __init__(self, steps: int = 1) -> None:
        self.seen: list[TaskJob] = []
        self.steps = steps
        self.error: Exception | None = None

    def run(self, job: TaskJob) -> TaskJob | None:
        self.seen.append(job)
        if self.error is not None:
            raise self.error
        step = int(job.cursor or 0) + 1
        return TaskJob(job.of, job.owner, cursor=str(step)) if step < self.steps else None


def tally(shown: Shown) -> Iterator[Wanted]:
    if isinstance(shown, TallyDue):
        yield Wanted(TaskJob("count", shown.conversation_id, due=shown.due))


@pytest.fixture
def task(rig: Rig) -> Count:
    made = Count()
    rig.worker.tasks = {"count": made}
    return made


def test_a_rule_makes_a_task_that_is_done_when_it_is_due(rig: Rig, task: Count) -> None:
    planner = StreamPlanner(
        Planner({}, rig.lanes, rig.clock, rig.world.meter, 30_000),
        lambda _: TallyDue("g#1", rig.clock.now() + 3_000),
        [tally],
    )
    planner.begin().run({})
    rig.clock.advance(2_999)
    assert rig.work() == 0
    rig.clock.advance(1)
    rig.work()
    assert [job.owner for job in task.seen] == ["g#1"]
    assert not rig.lanes.queued


def test_a_task_goes_on_where_it_stopped(rig: Rig, task: Count) -> None:
    task.steps = 3
    rig.do(encode(TaskJob("count", "g#1")))
    rig.settle()
    assert [job.cursor for job in task.seen] == [None, "1", "2"]


def test_a_task_that_has_to_wait_is_put_off(rig: Rig, task: Count) -> None:
    task.error = RetryLater("not yet")
    rig.do(encode(TaskJob("count", "g#1")))
    [queued] = rig.lanes.queued
    assert (queued.due, queued.job["tries"]) == (rig.clock.now() + 1_000, 1)


def test_an_unknown_task_is_poison(rig: Rig) -> None:
    with pytest.raises(PoisonJob):
        rig.worker.begin().run('{"v":1,"kind":"task","of":"telegram","owner":"g#1"}')
