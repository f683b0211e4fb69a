"""The clock a handler sees: `time.time` and `time.time_ns` plus the offset that came with the invocation.

botocore signs by `datetime.now`, which stays the machine's clock, so signatures hold while time is shifted; what a
handler reads by `datetime.now` is not shifted either.  Time-outs and sleeps are real.
"""

from __future__ import annotations

import time

_time, _time_ns = time.time, time.time_ns
_offset_s, _offset_ns = 0.0, 0


def install() -> None:
    """Replace the two functions; to be called before a handler's modules can copy them."""
    time.time = lambda: _time() + _offset_s
    time.time_ns = lambda: _time_ns() + _offset_ns


def set_offset(milliseconds: int) -> None:
    """From now on the clock is ahead by so much."""
    global _offset_s, _offset_ns
    _offset_s, _offset_ns = milliseconds / 1000, milliseconds * 1_000_000
