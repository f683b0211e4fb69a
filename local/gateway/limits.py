"""API Gateway's limits on WebSocket connections, settable so that tests need not wait for them.

Idle time and duration run on the machine's clock: moving the host's clock by an hour does not cut every client off.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

SETTABLE = ("client_buffer_bytes", "duration_s", "idle_s", "integration_s", "post_bytes", "sweep_s")


@dataclass(slots=True)
class Limits:
    """Sizes in bytes, times in seconds.  Those in `SETTABLE` may be changed while the gateway runs."""

    message_bytes: int = 128 * 1024
    frame_bytes: int = 32 * 1024
    post_bytes: int = 128 * 1024
    client_buffer_bytes: int = 512 * 1024
    idle_s: float = 600.0
    duration_s: float = 7200.0
    integration_s: float = 29.0
    sweep_s: float = 1.0
    authorizer_bytes: int = 8 * 1024

    def change(self, changes: Mapping[str, Any]) -> None:
        """Set the named limits.  Raises `ValueError` for one that cannot be set now."""
        for name in changes:
            if name not in SETTABLE:
                raise ValueError(f"no limit {name!r} can be set while running; there are: {', '.join(SETTABLE)}")
        for name, value in changes.items():
            setattr(self, name, value)


class TokenBucket:
    """AWS's throttle: `burst` at once, refilled at `rate` a second.  No rate means no throttle."""

    def __init__(self, rate: float | None, burst: int | None, now: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = float(burst if burst is not None else max(1.0, rate or 1.0))
        self._now = now
        self._tokens = self._burst
        self._then = now()

    def take(self) -> bool:
        """Whether one more may pass."""
        if self._rate is None:
            return True
        now = self._now()
        self._tokens = min(self._burst, self._tokens + (now - self._then) * self._rate)
        self._then = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
