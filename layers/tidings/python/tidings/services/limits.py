"""How much a user may do: a token bucket a kind (messages, posts, likes and follows, …) that costs next to nothing.

Most people do little.  So a process lets each user's first actions of a minute through without asking anybody; beyond
these it takes tokens out of the user's one shared bucket, so many at a time, and gives them out one by one.
What is left of a lease when its minute is over is lost: a process keeps nothing for long.

    written     one item for `LEASE` messages, none for the first `FREE` of a minute: at most 0.05 units an action
    refused     nothing: a process remembers when the bucket is full again, and that only gets later

Two processes that take from one bucket at once are told apart by the condition: the second looks at what the first
left.  A user whose frames reach many processes at once gets the free allowance of each; what flows on is the rate.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, NoReturn

from tidings.domain.errors import RateLimited
from tidings.domain.rate import Rate
from tidings.ports.limits import Buckets
from tidings.ports.world import Clock

FREE: Final = 30
"""Actions a user, process and minute that nobody is asked about: more than a person makes."""

LEASE: Final = 20
"""Tokens taken at once; a bucket must hold as many."""

MINUTE_MS: Final = 60_000
REMEMBERED: Final = 10_000
"""Users, at most 2 MB."""

_ROUNDS: Final = 4
"""Frames of one user that race for a lease in other processes: a client that waits for its replies has none."""
_CROWDED_MS: Final = 1_000


@dataclass(slots=True)
class _Minute:
    """A user's minute: when it ends, how many actions are paid for, and when the bucket is full (as last heard)."""

    ends: int
    left: int
    full_at: int = 0


class Limits:
    """Counts what users do of one kind; `doing` names it in what they are told."""

    def __init__(
        self,
        buckets: Buckets,
        clock: Clock,
        rate: Rate,
        doing: str = "sending",
        *,
        free: int = FREE,
        remembered: int = REMEMBERED,
    ) -> None:
        self._buckets = buckets
        self._clock = clock
        self._rate = rate
        self._doing = doing
        self._free = free
        self._capacity = remembered
        self._minutes: OrderedDict[str, _Minute] = OrderedDict()

    def spend(self, user_id: str) -> None:
        """Count one action.  Raises `RateLimited`, `Unavailable`."""
        now = self._clock.now()
        mine = self._minute(user_id, now)
        if mine.left == 0:
            self._lease(user_id, mine, now)
        mine.left -= 1

    def _minute(self, user_id: str, now: int) -> _Minute:
        mine = self._minutes.setdefault(user_id, _Minute(now + MINUTE_MS, self._free))
        self._minutes.move_to_end(user_id)
        if now >= mine.ends:
            mine.ends, mine.left = now + MINUTE_MS, self._free
        while len(self._minutes) > self._capacity:
            self._minutes.popitem(last=False)
        return mine

    def _lease(self, user_id: str, mine: _Minute, now: int) -> None:
        """Take `LEASE` tokens, on condition that nobody else has taken any meanwhile."""
        if self._rate.take(mine.full_at, now, LEASE) is None:
            self._refuse(mine, now)
        mine.full_at = max(mine.full_at, self._buckets.look(user_id))
        for _ in range(_ROUNDS):
            after = self._rate.take(mine.full_at, now, LEASE)
            if after is None:
                self._refuse(mine, now)
            standing = self._buckets.swap(user_id, mine.full_at, after)
            if standing is None:
                mine.full_at, mine.left = after, LEASE
                return
            mine.full_at = standing
        raise RateLimited(f"You are {self._doing} from many places at once.", retry_after_ms=_CROWDED_MS)

    def _refuse(self, mine: _Minute, now: int) -> NoReturn:
        wait = self._rate.wait(mine.full_at, now, LEASE)
        told = f"You are {self._doing} faster than this server lets you. Send the rest later."
        raise RateLimited(told, retry_after_ms=wait)
