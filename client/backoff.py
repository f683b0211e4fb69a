"""Exponential back-off with full jitter (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).

Full jitter, because after a gateway's restart all clients come back at the same moment: waits drawn from the whole
range spread them best.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class Backoff:
    """Waits in seconds, each drawn from 0 to `base * 2**failures`, at most `cap`; `floor` is the least of them."""

    base: float = 0.5
    cap: float = 30.0
    random: random.Random = field(default_factory=random.Random)
    failures: int = 0

    def next(self, floor: float = 0.0) -> float:
        """The wait before the next try; each call counts as one more failure."""
        # The exponent is bounded, so that a client that was offline for a month does not compute 2**100000.
        ceiling = min(self.cap, self.base * 2 ** min(self.failures, 30))
        self.failures += 1
        return max(floor, self.random.uniform(0.0, ceiling))

    def reset(self) -> None:
        """It worked: start over."""
        self.failures = 0
