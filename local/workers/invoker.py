"""Invoke a deployed function by its logical id: what the gateway and the pumps call instead of Lambda."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from local.clock import Clock
from local.deployment import Deployment
from local.misbehave import Misbehave
from local.workers.pool import WorkerPool
from local.workers.process import WorkerProcess
from local.workers.results import THROTTLED, FunctionError, Invocation, InvokeResult, Observer
from local.workers.spawning import Root, WorkerSettings
from local.workers.wire import compact


class Invoker:
    """Pools for all functions, the misbehaviours between caller and worker, and the observers' news."""

    def __init__(
        self,
        deployment: Deployment,
        settings: WorkerSettings,
        clock: Clock,
        misbehave: Misbehave,
        observers: Sequence[Observer] = (),
    ) -> None:
        self._deployment = deployment
        self._settings = settings
        self._clock = clock
        self._misbehave = misbehave
        self._observers = list(observers)
        self._root: Root | None = None
        self.pools: dict[str, WorkerPool] = {}
        self._held: list[tuple[str, str, asyncio.Future[None]]] = []
        self._paused: list[tuple[str, int, WorkerProcess]] = []

    def observe(self, observer: Observer) -> None:
        """Tell this one too, of every invocation from now on."""
        self._observers.append(observer)

    async def start(self) -> None:
        """Fork a nursery per function and one warm worker each.  Raises `WorkerGone` where that fails."""
        self._root = Root(self._settings)
        for logical_id, spec in self._deployment.functions.items():
            nursery = self._root.nursery(spec)
            self.pools[logical_id] = WorkerPool(spec, nursery, self._settings.queue_limit, self._on_pause)
        await asyncio.gather(*(pool.warm() for pool in self.pools.values()))

    async def stop(self) -> None:
        """End every worker and the processes they came from; returns when all are gone."""
        self.release()
        for pool in self.pools.values():
            pool.stop()
        if self._root is not None:
            await self._root.stop()

    async def invoke(self, function: str, event: Any, operation: str = "", connection_id: str = "") -> InvokeResult:
        """One synchronous invocation.  `operation` labels it for the observers (default: the logical id)."""
        text = compact(event)
        started_ms = self._clock.now_ms()
        pool = self.pools[function]
        await self._hold(function, text, operation)
        if self._misbehave.chance(self._misbehave.switches.throttle):
            result = InvokeResult("", error=FunctionError(THROTTLED, "Rate Exceeded."))
        else:
            result = await self._run(pool, function, text, operation)
        record = Invocation(
            function=function,
            operation=operation or function,
            text=text,
            result=result,
            started_ms=started_ms,
            memory_mb=pool.spec.memory_mb,
            connection_id=connection_id,
        )
        for observer in self._observers:
            observer.invocation(record)
        return result

    async def _run(self, pool: WorkerPool, function: str, text: str, operation: str) -> InvokeResult:
        rules = self._misbehave.call_rules(function, text)
        result = await pool.invoke(text.encode(), self._clock.offset_ms, self._misbehave.shipped(rules), operation)
        if result.struck is not None:
            self._misbehave.give_back(rule for place, rule in enumerate(rules) if place not in result.struck)
        return result

    @property
    def under_way(self) -> int:
        """How many invocations run or wait; those that a rule holds or has paused are not counted."""
        return sum(pool.running + pool.waiting for pool in self.pools.values()) - len(self._paused)

    @property
    def stopped(self) -> int:
        """How many a rule holds or has paused."""
        return len(self._held) + len(self._paused)

    def stopped_for(self, operation: str) -> int:
        """How many of one operation's invocations a rule holds or has paused."""
        held = sum(each == operation for _, each, _ in self._held)
        return held + sum(worker.operation == operation for _, _, worker in self._paused)

    def waiting(self) -> list[dict[str, Any]]:
        """Invocations that a rule holds or has paused, oldest first; `call` is 0 for one that has not begun."""
        held = [{"rule": rule, "call": 0} for rule, _, _ in self._held]
        return held + [{"rule": rule, "call": index} for rule, index, _ in self._paused]

    def release(self, rule: str = "") -> int:
        """Let go what the named rule (empty = any) holds or has paused; returns how many."""
        held = [each for each in self._held if rule in ("", each[0])]
        paused = [each for each in self._paused if rule in ("", each[0])]
        self._held = [each for each in self._held if each not in held]
        self._paused = [each for each in self._paused if each not in paused]
        for _, _, future in held:
            if not future.done():
                future.set_result(None)
        for _, _, worker in paused:
            worker.resume(self._clock.offset_ms)
        return len(held) + len(paused)

    async def _hold(self, function: str, text: str, operation: str) -> None:
        if not self._misbehave.switches.holds:
            return
        rule = self._misbehave.hold(function, text)
        if rule is not None:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._held.append((rule.name, operation, future))
            await future

    def _on_pause(self, worker: WorkerProcess, rule: str, index: int) -> None:
        self._paused.append((rule, index, worker))
        worker.gone.add_done_callback(lambda _: self._forget(worker))

    def _forget(self, worker: WorkerProcess) -> None:
        self._paused = [each for each in self._paused if each[2] is not worker]
