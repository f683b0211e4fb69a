"""The clock and the meter."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Time, so that "an hour later" is a call and not a wait."""

    def now(self) -> int:
        """Epoch milliseconds."""
        ...

    def sleep(self, ms: int) -> None:
        """Wait."""
        ...


class Meter(Protocol):
    """Metrics, embedded in the log."""

    def count(self, name: str, value: int = 1) -> None:
        """Add to a counter."""
        ...
