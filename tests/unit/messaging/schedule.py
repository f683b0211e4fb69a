"""Workers that run one port call at a time, in any order that a test chooses.

Each worker is a thread, but only one runs at a time: it stops before every call to a port and, in a write, once more
between the look at the fence and the commit.  There the test may let it go on, let time pass, kill it, or let the
call fail, with or without having been committed.  A call that is in flight commits within `C`: time that would pass
its deadline commits it first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

from tests.fakes import FakeClock
from tests.unit.messaging.rig import Crash
from tidings.domain.errors import TidingsError, Unavailable
from tidings.domain.stamp import Fence, Times

T = TypeVar("T")
Verdict = Literal["go", "die", "fail", "fail_after"]


class Worker(threading.Thread):
    """One invocation.  `result` or `error` is there once it is `over`; a killed one has neither."""

    def __init__(self, job: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._job = job
        self._go = threading.Semaphore(0)
        self._stopped = threading.Semaphore(0)
        self._verdict: Verdict = "go"
        self.deadline: int | None = None
        self.over = False
        self.result: Any = None
        self.error: TidingsError | None = None
        self.bug: Exception | None = None
        self.start()
        self._stopped.acquire()

    def run(self) -> None:
        """Stop once at the start, then do the job, stopping at each call."""
        try:
            self.pause()
            self.result = self._job()
        except Crash:
            pass
        except TidingsError as error:
            self.error = error
        except Exception as bug:
            self.bug = bug
        self.over = True
        self._stopped.release()

    def pause(self, deadline: int | None = None) -> Verdict:
        """Called by the worker itself: wait for the test's verdict."""
        self.deadline = deadline
        self._stopped.release()
        self._go.acquire()
        if self._verdict == "die":
            raise Crash
        if self._verdict == "fail":
            raise Unavailable("The call failed.")
        return self._verdict

    def step(self, verdict: Verdict = "go") -> None:
        """Called by the test: on to the next stop."""
        if not self.over:
            self._verdict = verdict
            self._go.release()
            self._stopped.acquire()
        if self.bug is not None:
            raise self.bug

    def finish(self) -> None:
        """On to the end."""
        while not self.over:
            self.step()


class Stage:
    """The clock and the workers on it."""

    def __init__(self, clock: FakeClock, times: Times) -> None:
        self.clock = clock
        self.times = times
        self.workers: list[Worker] = []

    def start(self, job: Callable[[], Any]) -> Worker:
        """A worker that has not made a call yet."""
        worker = Worker(job)
        self.workers.append(worker)
        return worker

    def running(self) -> list[Worker]:
        """The workers that are not over."""
        return [worker for worker in self.workers if not worker.over]

    def wait(self, ms: int) -> None:
        """Let time pass; calls in flight whose deadline would pass are committed first."""
        for worker in self.running():
            while not worker.over and worker.deadline is not None and worker.deadline < self.clock.now() + ms:
                worker.step()
        self.clock.advance(ms)

    def staged(self, target: T) -> T:
        """`target` with stops in the calls that workers make."""
        return cast(T, _Staged(target, self))

    def close(self) -> None:
        """Let no thread wait for ever."""
        for worker in self.running():
            while not worker.over:
                worker.step("die")


class _Staged:
    def __init__(self, target: object, stage: Stage) -> None:
        self._target = target
        self._stage = stage

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)
        if not callable(method):
            return method

        def call(*arguments: Any, **named: Any) -> Any:
            worker = threading.current_thread()
            if not isinstance(worker, Worker):
                return method(*arguments, **named)
            fence = arguments[-1] if arguments and isinstance(arguments[-1], Fence) else None
            worker.pause()
            if fence is None:
                return method(*arguments, **named)
            fence.check()
            return self._commit(worker, name, method, arguments, named)

        return call

    def _commit(
        self,
        worker: Worker,
        name: str,
        method: Callable[..., Any],
        arguments: tuple[Any, ...],
        named: dict[str, Any],
    ) -> Any:
        """The fence was looked at; the write itself comes up to `C` later, a batch of puts item by item."""
        *given, fence = arguments
        opened = Fence(fence.stamp, fence.times, lambda: fence.stamp)
        deadline = self._stage.clock.now() + self._stage.times.call
        parts = [([item],) for item in given[0]] if name == "put" else [tuple(given)]
        answer = None
        for part in parts:
            verdict = worker.pause(deadline)
            answer = method(*part, opened, **named)
            if verdict == "fail_after":
                raise Unavailable("The answer was lost.")
        worker.deadline = None
        return answer
