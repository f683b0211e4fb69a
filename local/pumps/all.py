"""All pumps of a deployment: start, stop, wake, and wait until everything that was written has been worked off."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from local.aws import Wire
from local.clock import Clock
from local.deployment import Deployment, EventSourceSpec
from local.errors import HostError
from local.misbehave import Misbehave
from local.pumps.base import Invoke, Pump
from local.pumps.failures import AwsDestination
from local.pumps.queue import QueuePump
from local.pumps.stream import StreamPump
from local.workers.results import Invocation

WRITES = frozenset(
    (
        *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"),
        *("SendMessage", "SendMessageBatch"),
    )
)


class Pumps:
    """Every event source mapping of `deployment`; an observer of invocations, whose writes wake the right pump."""

    def __init__(self, deployment: Deployment, invoke: Invoke, clock: Clock, misbehave: Misbehave) -> None:
        self._deployment = deployment
        self._invoke = invoke
        self._clock = clock
        self._misbehave = misbehave
        self._wire = Wire(deployment.aws_endpoint, deployment.region)
        self._by_source: dict[str, list[Pump]] = {}
        self.pumps: list[Pump] = [self._make(spec) for spec in deployment.event_sources]
        for pump in self.pumps:
            self._by_source.setdefault(pump.watches, []).append(pump)

    def _make(self, spec: EventSourceSpec) -> Pump:
        deployment, clock, misbehave = self._deployment, self._clock, self._misbehave
        if spec.kind == "queue":
            queue = next(each for each in deployment.queues.values() if each.arn == spec.source)
            return QueuePump(spec, queue, deployment.region, self._wire, self._invoke, clock, misbehave)
        table = next(each for each in deployment.tables.values() if each.stream_arn == spec.source)
        destination = AwsDestination(deployment.aws_endpoint, deployment.region)
        return StreamPump(spec, table, self._wire, self._invoke, destination, clock, misbehave)

    def start(self) -> None:
        """Start them all."""
        for pump in self.pumps:
            pump.start()

    async def stop(self) -> None:
        """Stop them all."""
        await asyncio.gather(*(pump.stop() for pump in self.pumps))
        await self._wire.close()

    async def watch(self) -> None:
        """Raise `HostError` when a pump breaks; else never return."""
        if not self.pumps:
            await asyncio.Event().wait()
        await asyncio.wait([pump.broken for pump in self.pumps], return_when=asyncio.FIRST_COMPLETED)
        pump = next(pump for pump in self.pumps if pump.broken.done())
        error = pump.broken.result()
        raise HostError(f"The pump of {pump.name} broke ({type(error).__name__}: {error}).")

    def invocation(self, record: Invocation) -> None:
        """A function has ended: what it wrote may be on a stream or queue now."""
        self.wake(name for call in record.result.calls if call.operation in WRITES for name in call.resources)

    def wake(self, names: Iterable[str] = ()) -> None:
        """Look at these tables and queues now; without names at all of them (the clock was moved)."""
        given = set(names)
        for source in given & self._by_source.keys() if given else self._by_source:
            for pump in self._by_source[source]:
                pump.wake()

    async def settle(self, *, close_windows: bool = False) -> None:
        """Return when everything written before this call has been handled, and what that wrote, and so on.

        What waits for the clock (back-off, visibility, delays, batching windows) is left waiting: see `next_due`.
        `close_windows` hands open batching windows over at once, as Lambda may.
        """
        for pump in self.pumps:
            pump.hurry = close_windows
        try:
            while True:
                before = [pump.progress for pump in self.pumps]
                for pump in self.pumps:
                    await pump.quiet()
                if before == [pump.progress for pump in self.pumps]:
                    return
        finally:
            for pump in self.pumps:
                pump.hurry = False

    @property
    def stopped(self) -> int:
        """How many of the pumps' invocations a misbehave rule holds or has paused."""
        return sum(pump.stopped() for pump in self.pumps)

    def next_due(self) -> int | None:
        """The earliest moment (epoch ms of the host's clock) that something waits for; None if nothing waits."""
        dues = [due for pump in self.pumps if (due := pump.next_due()) is not None]
        return min(dues, default=None)

    def report(self) -> list[dict[str, object]]:
        """Each pump's name, whether it is busy, what it waits for and what troubles it."""
        return [
            {"name": pump.name, "busy": pump.busy(), "next_due": pump.next_due(), "trouble": pump.trouble}
            for pump in self.pumps
        ]
