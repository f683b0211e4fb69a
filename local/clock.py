"""The host's clock: the machine's, plus an offset that tests move.  Workers get the offset with each invocation."""

from __future__ import annotations

import time


class Clock:
    """Milliseconds since the epoch, shifted by `offset_ms`, which only ever grows."""

    def __init__(self) -> None:
        self.offset_ms = 0

    def now_ms(self) -> int:
        """The shifted time in ms: what the gateway stamps frames with."""
        return time.time_ns() // 1_000_000 + self.offset_ms

    def now_s(self) -> float:
        """The shifted time in seconds."""
        return time.time() + self.offset_ms / 1000

    def advance(self, milliseconds: int) -> int:
        """Move forward; returns the new offset in ms.  Raises `ValueError` for a step back."""
        if milliseconds < 0:
            raise ValueError("the clock only moves forward")
        self.offset_ms += milliseconds
        return self.offset_ms
