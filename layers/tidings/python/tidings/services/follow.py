"""`follow` and `unfollow`: a register by position, and the jobs that bring the home timeline into line with it.

Order of writes in `follow`: outbox (conditional), the edge (both halves and the removal in one transaction), the
jobs, the ack.  In `unfollow` the final purge is enqueued *before* the edge: whoever follows again makes the first try
of an unfollow pointless to resend, and a purge that a crash left out would never come.

A resend finishes what is missing, and changes nothing once a later follow or unfollow stands.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from tidings.domain.errors import InvalidRequest, UnknownUser
from tidings.domain.fingerprint import fingerprint
from tidings.domain.identity import Caller
from tidings.domain.stamp import Times
from tidings.ports.timelines import Chunks, Edge, Graph
from tidings.ports.world import Clock
from tidings.services.claim import Claim, Claims
from tidings.services.fanout.jobs import LONGEST_DELAY_MS, SMALL, EdgeJob, encode
from tidings.services.people import People


class Follows:
    """Changes edges."""

    def __init__(
        self, claims: Claims, people: People, graph: Graph, queue: Chunks, clock: Clock, times: Times, bound_ms: int
    ) -> None:
        self._claims = claims
        self._people = people
        self._graph = graph
        self._queue = queue
        self._clock = clock
        self._times = times
        self._bound = bound_ms

    def follow(self, caller: Caller, client_id: str, author: str) -> str:
        """Follow `author`.  The position of the edge.

        Raises `InvalidRequest` for oneself, `UnknownUser`, `Conflict` (nothing is written by these), `RetryLater`,
        `Unavailable`.
        """
        claim = self._claim(caller, client_id, author, "follow")
        if self._stands(claim) or (
            claim.fact is None and self._graph.follow(caller.user_id, author, claim.position, claim.fence)
        ):
            job = EdgeJob("backfill", caller.user_id, author, claim.position)
            self._enqueue(job)
            self._enqueue_final(job, self._times.settle)
        return claim.position

    def unfollow(self, caller: Caller, client_id: str, author: str) -> str:
        """Stop following `author`.  The position of the edge's tombstone.  Raises the same."""
        claim = self._claim(caller, client_id, author, "unfollow")
        if claim.fact is not None and not self._stands(claim):
            return claim.position
        # The edge is made at most `T` from now.  Posts up to then may have been planned with the follower, and are
        # written by the fan-out bound and another `T`.
        edge_by = self._clock.now() + self._times.settle
        job = EdgeJob("purge", caller.user_id, author, claim.position, until=edge_by + self._times.settle)
        self._enqueue_final(job, self._times.settle + self._bound + self._times.settle)
        if self._stands(claim) or self._graph.unfollow(caller.user_id, author, claim.position, claim.fence):
            self._enqueue(job)
        return claim.position

    def _claim(self, caller: Caller, client_id: str, author: str, action: Literal["follow", "unfollow"]) -> Claim[Edge]:
        """The claim of a change; its fact is the edge that stands there now, or a later one."""
        if author == caller.user_id:
            raise InvalidRequest(f"You cannot {action} yourself: your own posts are in your home timeline anyway.")
        if author not in self._people.circle(caller, [author], own=False).known:
            raise UnknownUser("Nobody of that user id has ever connected.")

        def look(at: str) -> Edge | None:
            edge = self._graph.edge(caller.user_id, author)
            return edge if edge is not None and edge.position >= at else None

        return self._claims.take(caller, client_id, fingerprint(action, {"user": author}), look)

    @staticmethod
    def _stands(claim: Claim[Edge]) -> bool:
        """Whether an earlier try has made this very edge, and nothing later overtook it."""
        return claim.fact is not None and claim.fact.position == claim.position

    def _enqueue(self, job: EdgeJob, delay_ms: int = 0) -> None:
        self._queue.send(SMALL, [encode(job)], delay_ms=min(delay_ms, LONGEST_DELAY_MS))

    def _enqueue_final(self, job: EdgeJob, delay_ms: int) -> None:
        """The same job once again, when nothing late can follow any more."""
        self._enqueue(replace(job, final=True, due=self._clock.now() + delay_ms), delay_ms)
