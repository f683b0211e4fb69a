"""A clock that stands still until told, and a meter that remembers."""

from __future__ import annotations

from collections import Counter


class FakeClock:
    """Time that only moves when somebody sleeps or a test says so."""

    def __init__(self, now: int = 1_800_000_000_000) -> None:
        self.ms = now

    def now(self) -> int:
        return self.ms

    def sleep(self, ms: int) -> None:
        self.ms += ms

    def advance(self, ms: int) -> int:
        """Let `ms` pass; the new time."""
        self.ms += ms
        return self.ms


class FakeMeter:
    """Counters by name."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def count(self, name: str, value: int = 1) -> None:
        self.counts[name] += value
