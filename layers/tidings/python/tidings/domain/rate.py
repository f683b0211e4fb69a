"""A token bucket, kept as one number: the moment at which it will be full again.

A bucket that was never used is full: the number is 0, or anything in the past.  Taking tokens moves the moment into
the future by the time that they need to flow in; it may lie ahead by the time that a whole bucket needs, and no
further.  (Known as the generic cell rate algorithm, ITU-T I.371.)  One number that only grows is easy to share:
whoever remembers an older one never believes that there are fewer tokens than there are.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` tokens flow in; a full bucket holds `burst`."""

    per_second: int
    burst: int

    def take(self, full_at: int, now: int, count: int) -> int | None:
        """When the bucket is full again (epoch ms) once `count` tokens are taken; None: there are not so many."""
        after = self._after(full_at, now, count)
        return after if after <= now + self._span(self.burst) else None

    def wait(self, full_at: int, now: int, count: int) -> int:
        """How long until `count` tokens, at most `burst`, can be taken (ms)."""
        return max(0, self._after(full_at, now, count) - now - self._span(self.burst))

    def _after(self, full_at: int, now: int, count: int) -> int:
        return max(full_at, now) + self._span(count)

    def _span(self, count: int) -> int:
        """The time in which `count` tokens flow in."""
        return -(-count * 1_000 // self.per_second)
