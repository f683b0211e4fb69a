"""`follow` and `unfollow`: a register by position, and the jobs that bring the home timeline into line with it.

Order of writes in `follow`: outbox (conditional), the job for later, the mark of an author who is pulled, the edge
(both halves, the counts and the removal in one transaction), the job for now, the ack.  Of a private account it is a
request, and the mark and the jobs wait for its answer (`tidings.services.requests`).  In `unfollow` likewise the final
purge is enqueued before the edge: what a crash left out might never come (`tidings.services.edge_queue`).

A resend finishes what is missing, and changes nothing once a later follow or unfollow stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from tidings.domain.errors import InvalidRequest
from tidings.domain.fingerprint import fingerprint
from tidings.domain.identity import Caller
from tidings.ports.blocks import BlockLists
from tidings.ports.profiles import Profiles
from tidings.ports.timelines import Edge, Graph
from tidings.services.claim import Claim, Claims
from tidings.services.edge_queue import EdgeQueue
from tidings.services.people import People, unknown
from tidings.services.pulling import Pulling


@dataclass(frozen=True, slots=True)
class Followed:
    """Where the edge stands; `requested`: it waits for the author's consent."""

    position: str
    requested: bool = False


class Follows:
    """Changes edges."""

    def __init__(
        self,
        claims: Claims,
        people: People,
        graph: Graph,
        profiles: Profiles,
        blocks: BlockLists,
        edges: EdgeQueue,
        pulling: Pulling,
    ) -> None:
        self._claims = claims
        self._people = people
        self._graph = graph
        self._profiles = profiles
        self._blocks = blocks
        self._edges = edges
        self._pulling = pulling

    def follow(self, caller: Caller, client_id: str, author: str) -> Followed:
        """Follow `author`, or ask to.  The position of the edge, and whether it is a request.

        Raises `InvalidRequest` for oneself, `UnknownUser` (also where one of the two has blocked the other: nobody is
        told), `Conflict` (nothing is written by these), `RetryLater`, `Unavailable`.
        """
        self._check(caller, author, "follow")
        if self._blocks.between(caller.user_id, [author], strong=True):
            raise unknown()
        claim = self._claim(caller, client_id, author, "follow")
        edge = self._made(caller.user_id, author, claim) if claim.fact is None else claim.fact
        mine = edge is not None and edge.position == claim.position
        if mine and edge is not None and edge.following:
            self._edges.backfill(caller.user_id, author, claim.position)
        return Followed(claim.position, mine and edge is not None and edge.requested)

    def _made(self, user: str, author: str, claim: Claim[Edge]) -> Edge | None:
        """What stands now, which is what an earlier try has made if there was one.  Whether the account is private is
        read before: whoever follows while that changes may be either, as if they had come before or after it."""
        if self._profiles.get(author).private:
            return self._graph.ask(user, author, claim.position, claim.fence)
        self._edges.backfill_later(user, author, claim.position)
        look_later = partial(self._edges.look_later, user, author, claim.position)
        self._pulling.before_follow(user, author, claim.fence, look_later)
        return self._graph.follow(user, author, claim.position, claim.fence)

    def unfollow(self, caller: Caller, client_id: str, author: str) -> str:
        """Stop following `author`, or asking to.  The position of the tombstone.  Raises the same, but for blocks."""
        self._check(caller, author, "unfollow")
        claim = self._claim(caller, client_id, author, "unfollow")
        if claim.fact is not None and not self._stands(claim):
            return claim.position
        job = self._edges.purge_later(caller.user_id, author, claim.position)
        if self._stands(claim) or self._graph.unfollow(caller.user_id, author, claim.position, claim.fence):
            self._edges.purge(job)
        return claim.position

    def _check(self, caller: Caller, author: str, action: str) -> None:
        if author == caller.user_id:
            raise InvalidRequest(f"You cannot {action} yourself: your own posts are in your home timeline anyway.")
        if author not in self._people.circle(caller, [author], own=False).known:
            raise unknown()

    def _claim(self, caller: Caller, client_id: str, author: str, action: Literal["follow", "unfollow"]) -> Claim[Edge]:
        """The claim of a change; its fact is the edge that stands there now, or a later one."""

        def look(at: str) -> Edge | None:
            edge = self._graph.edge(caller.user_id, author)
            return edge if edge is not None and edge.position >= at else None

        return self._claims.take(caller, client_id, fingerprint(action, {"user": author}), look)

    @staticmethod
    def _stands(claim: Claim[Edge]) -> bool:
        """Whether an earlier try has made this very edge, and nothing later overtook it."""
        return claim.fact is not None and claim.fact.position == claim.position
