"""Terms that are searched: woken when nobody has searched them for a while, kept awake while people do.

A waking is an item, and then a job that builds the index.  Whoever dies in between leaves a term that does not move;
the next search that finds it so sends the job again, which is harmless twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from tidings.domain.errors import RateLimited
from tidings.domain.identity import Caller
from tidings.domain.position import floor
from tidings.domain.search import Term
from tidings.domain.stamp import Fence, Times
from tidings.ports.groups import Watcher, Watchers
from tidings.ports.search import SearchIndex
from tidings.ports.timelines import Chunks
from tidings.ports.world import Clock
from tidings.services.fanout.jobs import SMALL, TaskJob, encode
from tidings.services.pace import Pace
from tidings.services.search.awake import REMEMBERED_MS, AwakeTerms

BUILD: Final = "index.build"
WAIT_MS: Final = 600_000
"""For how long a device that waits for an index hears of it."""
STALL_MS: Final = 60_000
"""Beyond the time that an index must wait anyway, one that has not moved for so long has lost its job."""
OFTEN: Final = 20
"""Terms that a user may wake in ten seconds: each makes a walk through all that is recent."""
FULL_MS: Final = 60_000
"""When to come back while as many terms are awake as may be."""


def build_job(terms: Sequence[str], mark: int) -> TaskJob:
    """The job that builds the index of `terms`, all woken at `mark`: one walk finds the posts of all."""
    return TaskJob(BUILD, " ".join(terms), floor(mark))


class Waking:
    """Wakes terms, for `awake_ms` after they were last searched, and at most `most` at a time.  `subject` names a term
    among what can be watched."""

    def __init__(
        self,
        index: SearchIndex,
        awake: AwakeTerms,
        watchers: Watchers,
        subject: Callable[[str], str],
        queue: Chunks,
        clock: Clock,
        times: Times,
        awake_ms: int,
        most: int,
    ) -> None:
        self._index = index
        self._awake = awake
        self._watchers = watchers
        self._subject = subject
        self._queue = queue
        self._clock = clock
        self._times = times
        self._awake_ms = awake_ms
        self._most = most
        self._pace = Pace(clock, OFTEN)

    def states(self, caller: Caller, terms: Sequence[str]) -> Mapping[str, Term]:
        """How those of `terms` stand that are awake.  If none of them is live, all are by then, and the caller's device
        hears of it.  Raises `RateLimited`, `RetryLater`, `Unavailable`."""
        now = self._clock.now()
        found = {term: state for term, state in self._index.look(terms).items() if state.awake(now)}
        if not any(state.live for state in found.values()):
            found |= self._wake(caller, [term for term in terms if term not in found], now)
            self._wait(caller, found.values(), now)
        self._keep(found.values(), now)
        return found

    def wake_rest(self, caller: Caller, found: Mapping[str, Term], terms: Sequence[str]) -> None:
        """Wake those of `terms` that are not in `found`, if they may be: what was live was too common to be of use."""
        with suppress(RateLimited):
            self._wake(caller, [term for term in terms if term not in found], self._clock.now())

    def _wake(self, caller: Caller, terms: Sequence[str], now: int) -> dict[str, Term]:
        """Wake `terms`; whoever was quicker has done it."""
        if not terms:
            return {}
        if wait := max(self._pace.wait(caller.user_id) for _ in terms):
            raise RateLimited("You are searching too many new words.", retry_after_ms=wait)
        if len(self._awake.known()) + len(terms) > self._most:
            raise RateLimited("Too many different words are being searched.", retry_after_ms=FULL_MS)
        until, fence = now + self._awake_ms, self._fence(now)
        standing = {term: self._index.wake(term, now, until, fence) for term in terms}
        woken = [term for term, other in standing.items() if other is None]
        if woken:
            self._send(build_job(woken, now))
        return {term: other or Term(term, now, until, now) for term, other in standing.items()}

    def _wait(self, caller: Caller, states: Iterable[Term], now: int) -> None:
        """Let the caller's device hear of what is being built; build on what nobody does."""
        watcher = Watcher(caller.user_id, caller.identity.device_id)
        for state in states:
            self._watchers.add(self._subject(state.term), watcher, now + WAIT_MS)
            if now - state.moved > self._times.settle + REMEMBERED_MS + STALL_MS:
                self._send(build_job([state.term], state.mark))

    def _keep(self, states: Iterable[Term], now: int) -> None:
        """Move the end of what is being searched, once half of its time is over.  Not at the very end: by a worker's
        clock it may be over."""
        for state in states:
            left = state.until - now
            if REMEMBERED_MS + self._times.settle < left < self._awake_ms // 2:
                self._index.keep_awake(state, now + self._awake_ms, self._fence(now))

    def _send(self, job: TaskJob) -> None:
        self._queue.send(SMALL, [encode(job)])

    def _fence(self, stamp: int) -> Fence:
        return Fence(stamp, self._times, self._clock.now)
