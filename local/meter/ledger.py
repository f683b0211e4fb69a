"""Adds up what every operation used: by route key for what a frame causes, by mapping for what follows from it.

A mark and the tallies since then tell what one operation cost altogether, its streams and queues included, when nothing
else runs: do it, let the pumps settle, look. Events posted to sockets count where they were posted from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from local.meter.tally import Tally
from local.meter.units import frames
from local.workers.results import Invocation

CONNECTED = "connected"
"""The operation that connection minutes are written under."""

Mark = Mapping[str, Tally]


class Ledger:
    """An observer of gateway and workers. Costs a few microseconds an invocation."""

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = {}
        self._routes: set[str] = set()

    def invocation(self, record: Invocation) -> None:
        """Write down a function's time and calls under its operation."""
        tally = self._of(record.operation)
        result = record.result
        tally.invocations += 1
        tally.errors += result.failed
        tally.billed_ms += result.billed_ms
        tally.gb_s += result.billed_ms / 1000 * record.memory_mb / 1024
        if record.operation not in self._routes:
            tally.times += 1
        for call in result.calls:
            tally.add(call.units)

    def frame(self, operation: str, direction: Literal["in", "reply", "event"], size: int) -> None:
        """Write down a client's frame or the reply to it; an event was counted with the call that posted it."""
        if direction == "event":
            return
        tally = self._of(operation)
        if direction == "reply":
            tally.frames_out += frames(size)
            return
        if operation not in self._routes:
            self._routes.add(operation)
        tally.times += 1
        tally.frames_in += frames(size)
        tally.gateway_requests += 1

    def closed(self, seconds: float) -> None:
        """Write down a connection's minutes, each begun one whole."""
        tally = self._of(CONNECTED)
        tally.times += 1
        tally.connection_minutes += max(1, math.ceil(seconds / 60))

    def mark(self) -> Mark:
        """The state to compare with later."""
        return {operation: replace(tally) for operation, tally in self._tallies.items()}

    def since(self, mark: Mark | None = None) -> dict[str, Tally]:
        """What was used since `mark` (default: ever), by operation; operations that used nothing are left out."""
        before = mark or {}
        empty = Tally()
        told = {name: tally - before.get(name, empty) for name, tally in self._tallies.items()}
        return {name: tally for name, tally in told.items() if tally != empty}

    def total(self, mark: Mark | None = None) -> Tally:
        """All operations together since `mark`."""
        return sum(self.since(mark).values(), Tally())

    def table(self, mark: Mark | None = None) -> str:
        """Lines for people: averages and dollars per million, one operation each."""
        head: tuple[str, ...] = (
            "operation",
            "times",
            "write",
            "read",
            "frames",
            "requests",
            "sqs",
            "pushes",
            "ms",
            "$/million",
        )
        rows = [head]
        for name, tally in sorted(self.since(mark).items()):
            each = tally.per(tally.times)
            columns = ("write", "read", "frames", "gateway_requests", "sqs", "pushes", "billed_ms")
            numbers = [f"{each[column]:.2f}" for column in columns]
            rows.append((name, str(tally.times), *numbers, f"{each['dollars_per_million']:.2f}"))
        widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
        return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)

    def _of(self, operation: str) -> Tally:
        tally = self._tallies.get(operation)
        if tally is None:
            tally = self._tallies[operation] = Tally()
        return tally
