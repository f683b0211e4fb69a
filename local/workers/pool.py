"""The workers of one function: as many as its bound, one invocation each, the rest in a queue up to a limit."""

from __future__ import annotations

import asyncio
import json
import math
import time
import uuid
from collections.abc import Callable
from typing import Any

from local.deployment import FunctionSpec
from local.workers import wire
from local.workers.process import Frame, WorkerGone, WorkerProcess
from local.workers.results import EXITED, THROTTLED, TIMED_OUT, CallRecord, FunctionError, InvokeResult
from local.workers.spawning import Nursery

PauseListener = Callable[[WorkerProcess, str, int], None]


class WorkerPool:
    """Idle workers are taken last in, first out, so that a quiet function keeps few of them warm."""

    def __init__(self, spec: FunctionSpec, nursery: Nursery, queue_limit: int, on_pause: PauseListener) -> None:
        self.spec = spec
        self._nursery = nursery
        self._on_pause = on_pause
        self._queue_limit = queue_limit
        self._slots = asyncio.Semaphore(spec.max_concurrency)
        self._idle: list[WorkerProcess] = []
        self._workers: set[WorkerProcess] = set()
        self.waiting = 0
        self.running = 0

    async def warm(self) -> None:
        """Have one worker ready."""
        self._idle.append(await self._spawn())

    @property
    def pids(self) -> list[int]:
        """Process ids of the live workers."""
        return sorted(worker.pid for worker in self._workers if worker.alive)

    async def invoke(
        self, event: bytes, offset_ms: int, rules: list[dict[str, Any]], operation: str = ""
    ) -> InvokeResult:
        """Run one invocation; every failure, a throttle included, comes back as an `InvokeResult` with an error."""
        request_id = str(uuid.uuid4())
        if self._slots.locked() and self.waiting >= self._queue_limit:
            return InvokeResult(request_id, error=FunctionError(THROTTLED, "Rate Exceeded."), struck=[])
        self.waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self.waiting -= 1
        self.running += 1
        try:
            return await self._run(request_id, event, offset_ms, rules, operation)
        finally:
            self.running -= 1
            self._slots.release()

    async def _run(
        self, request_id: str, event: bytes, offset_ms: int, rules: list[dict[str, Any]], operation: str
    ) -> InvokeResult:
        header = {
            "id": request_id,
            "arn": self.spec.arn,
            "timeout_s": self.spec.timeout_s,
            "offset_ms": offset_ms,
            "rules": rules,
        }
        try:
            worker = await self._take()
        except (WorkerGone, OSError):  # the nursery itself is gone
            return self._died(request_id, 0.0)
        worker.operation = operation
        timer = asyncio.get_running_loop().call_later(self.spec.timeout_s, worker.kill)
        started = time.perf_counter()
        try:
            result = _result(request_id, await worker.invoke(wire.pack(header, event)))
            self._idle.append(worker)
        except WorkerGone:
            result = self._died(request_id, time.perf_counter() - started)
        except BaseException:
            worker.kill()  # cancelled: nobody will read its answer
            raise
        finally:
            timer.cancel()
        result.pid = worker.pid
        result.billed_ms = math.ceil((time.perf_counter() - started) * 1000)
        return result

    def _died(self, request_id: str, seconds: float) -> InvokeResult:
        if seconds >= self.spec.timeout_s:
            message = f"{request_id} Task timed out after {self.spec.timeout_s:.2f} seconds"
            return InvokeResult(request_id, error=FunctionError(TIMED_OUT, message))
        message = f"RequestId: {request_id} Error: Runtime exited"
        return InvokeResult(request_id, error=FunctionError(EXITED, message))

    async def _take(self) -> WorkerProcess:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
        return await self._spawn()

    async def _spawn(self) -> WorkerProcess:
        loop = asyncio.get_running_loop()
        _, worker = await loop.create_connection(lambda: WorkerProcess(self._on_pause), sock=self._nursery.worker())
        self._workers.add(worker)
        worker.gone.add_done_callback(lambda _: self._workers.discard(worker))
        await worker.ready()
        return worker

    def stop(self) -> None:
        """End all workers, at once."""
        for worker in list(self._workers):
            worker.kill()
            worker.close()
        self._nursery.close()


def _result(request_id: str, answer: Frame) -> InvokeResult:
    header, body = answer
    error = header["error"]
    return InvokeResult(
        request_id=request_id,
        payload=None if error else json.loads(body),
        error=FunctionError(error["kind"], error["message"]) if error else None,
        calls=[CallRecord(**{**call, "resources": tuple(call["resources"])}) for call in header["calls"]],
        cpu_ms=header["cpu_ms"],
        struck=header["struck"],
    )
