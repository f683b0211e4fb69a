"""Requests to follow a private account: `follow.accept`, `follow.decline`, `follow.requests`.

A request is the follower's register in another state, so an answer is one more change of it: it takes effect where the
request was made before it, and stands until the follower says otherwise.  What an accepted request brings along is
what a follow brings.
"""

from __future__ import annotations

from functools import partial

from tidings.domain import conversation
from tidings.domain.errors import NotFound
from tidings.domain.fingerprint import fingerprint
from tidings.domain.identity import Caller
from tidings.ports.follows import FollowLists
from tidings.ports.timelines import Edge, Graph
from tidings.services.claim import Claims
from tidings.services.edge_queue import EdgeQueue
from tidings.services.pulling import Pulling


class FollowRequests:
    """Answers requests, and lists them."""

    def __init__(self, claims: Claims, graph: Graph, lists: FollowLists, edges: EdgeQueue, pulling: Pulling) -> None:
        self._claims = claims
        self._graph = graph
        self._lists = lists
        self._edges = edges
        self._pulling = pulling

    def accept(self, caller: Caller, client_id: str, user: str) -> str:
        """Let `user` follow the caller.  The position of the edge.

        Raises `NotFound` where they do not ask (any more), `Conflict` (nothing is written by these), `RetryLater`,
        `Unavailable`.
        """
        return self._answer(caller, client_id, user, accept=True)

    def decline(self, caller: Caller, client_id: str, user: str) -> str:
        """End the request; they are not told.  The position of its tombstone.  Raises the same."""
        return self._answer(caller, client_id, user, accept=False)

    def page(self, caller: Caller, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Who asks to follow the caller, in order of user ids; where to go on.  Raises `InvalidRequest`."""
        return self._lists.requests(caller.user_id, None if after is None else conversation.check_user_id(after), limit)

    def _answer(self, caller: Caller, client_id: str, user: str, *, accept: bool) -> str:
        def look(at: str) -> Edge | None:
            edge = self._graph.edge(user, caller.user_id)
            return edge if edge is not None and edge.position >= at else None

        action = "follow.accept" if accept else "follow.decline"
        claim = self._claims.take(caller, client_id, fingerprint(action, {"user": user}), look)
        if claim.fact is None:
            if accept and self._asks(user, caller.user_id):
                self._edges.backfill_later(user, caller.user_id, claim.position)
                look_later = partial(self._edges.look_later, user, caller.user_id, claim.position)
                self._pulling.before_follow(user, caller.user_id, claim.fence, look_later)
            stands = self._graph.answer(caller.user_id, user, claim.position, claim.fence, accept=accept)
            if not stands:
                raise NotFound("This user does not ask to follow you.")
        else:
            stands = claim.fact.position == claim.position
        if stands and accept:
            self._edges.backfill(user, caller.user_id, claim.position)
        return claim.position

    def _asks(self, user: str, author: str) -> bool:
        """Whether there is a request to accept: nobody is to pull an author whom they never asked to follow."""
        edge = self._graph.edge(user, author)
        return edge is not None and edge.requested
