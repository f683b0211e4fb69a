"""Presence: whether somebody is there, as far as the gateway knows.

A registry entry alone does not say so: `$disconnect` may be lost.  The gateway knows which connections it holds and
when each last carried anything, and a client syncs every four minutes.  So who was active within `ONLINE_MS` is
online until that time is over, and nobody is online for longer than that without being heard of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

ONLINE_MS: Final = 300_000
"""A keep-alive every four minutes, and a minute for its way."""


@dataclass(frozen=True, slots=True)
class State:
    """`until` (epoch ms) is there for who is online, `last_seen` for who is not; None where it is not known, or not
    shown."""

    online: bool = False
    until: int | None = None
    last_seen: int | None = None


HIDDEN: Final = State()
"""Who shows nothing looks like somebody who was never there."""


def state(active: Iterable[int], last_seen: int, now: int) -> State:
    """How somebody stands whose connections were `active` then, and whose last one ended at `last_seen` (0: never)."""
    newest = max(active, default=0)
    if newest + ONLINE_MS > now:
        return State(True, until=newest + ONLINE_MS)
    seen = max(newest, last_seen)
    return State(last_seen=seen or None)
