"""`block` and `unblock`: a register by position, and what follows from it for messages and timelines alike.

    outbox  ->  a job for later  ->  the register (the fact)  ->  its effects  ->  ack

The effects: whoever blocks has it on their row of the 1:1 conversation, where each message of the other side is asked
about; and the follows between the two end, both ways, with the purges of an unfollow (whose removals hide the posts at
once).  An unblock brings nothing back.

Effects are made from the registers as they stand, so they may be made any number of times, by anybody: by this request,
by its resend, and by the job, which is due when whatever was on its way has arrived.  That is what finishes a block
whose worker died, and ends a follow whose look at the registers came just before.
"""

from __future__ import annotations

from typing import Final, Literal

from tidings.domain import conversation, position
from tidings.domain.errors import InvalidRequest
from tidings.domain.fingerprint import fingerprint
from tidings.domain.identity import Caller
from tidings.domain.stamp import Fence, Times
from tidings.ports.blocks import Block, BlockLists
from tidings.ports.groups import Memberships
from tidings.ports.timelines import Chunks, Graph
from tidings.ports.world import Clock
from tidings.services.claim import Claims
from tidings.services.edge_queue import EdgeQueue
from tidings.services.fanout.jobs import SMALL, TaskJob, delay_of, encode
from tidings.services.people import People, unknown

BLOCK: Final = "block"
"""The name of the task."""


class Effects:
    """What follows from the blocks between two users; a task of the workers."""

    def __init__(
        self, lists: BlockLists, memberships: Memberships, graph: Graph, edges: EdgeQueue, clock: Clock, times: Times
    ) -> None:
        self._lists = lists
        self._memberships = memberships
        self._graph = graph
        self._edges = edges
        self._clock = clock
        self._times = times

    def run(self, job: TaskJob) -> None:
        """The task, for the 1:1 conversation that the job names."""
        self.apply(job.owner)

    def apply(self, conversation_id: str) -> None:
        """Bring rows and follows into line with the registers.  Raises `RetryLater`, `Unavailable`."""
        fence = Fence(self._clock.now(), self._times, self._clock.now)
        one, other = conversation.members(conversation_id)
        sides = ((one, other), (other, one))
        blocks = [(owner, self._lists.get(owner, user)) for owner, user in sides]
        for owner, block in blocks:
            if block is not None:
                values = {"blocked": block.blocking}
                self._memberships.set(owner, conversation_id, values, block.position, fence)
        if any(block is not None and block.blocking for _, block in blocks):
            for follower, author in sides:
                self._end(follower, author, fence)

    def _end(self, follower: str, author: str, fence: Fence) -> None:
        """Unfollow, or take the request back, above whatever stands."""
        edge = self._graph.edge(follower, author)
        if edge is None or not (edge.following or edge.requested):
            return
        stamp = max(fence.stamp, position.ms_of(edge.position) + 1)
        at = str(position.stamped(stamp, follower, BLOCK, edge.position))
        job = self._edges.purge_later(follower, author, at)
        if self._graph.unfollow(follower, author, at, fence):
            self._edges.purge(job)


class Blocking:
    """Changes blocks, and lists them."""

    def __init__(
        self,
        claims: Claims,
        people: People,
        lists: BlockLists,
        effects: Effects,
        queue: Chunks,
        clock: Clock,
        times: Times,
    ) -> None:
        self._claims = claims
        self._people = people
        self._lists = lists
        self._effects = effects
        self._queue = queue
        self._clock = clock
        self._times = times

    def block(self, caller: Caller, client_id: str, user: str) -> str:
        """Hear and show nothing of `user`.  The position of the block.

        Raises `InvalidRequest` for oneself, `UnknownUser`, `Conflict` (nothing is written by these), `RetryLater`,
        `Unavailable`.
        """
        return self._change(caller, client_id, user, "block")

    def unblock(self, caller: Caller, client_id: str, user: str) -> str:
        """End a block.  The position of its tombstone.  Raises the same."""
        return self._change(caller, client_id, user, "unblock")

    def page(self, caller: Caller, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Whom the caller has blocked, in order of user ids; where to go on.  Raises `InvalidRequest`."""
        return self._lists.page(caller.user_id, None if after is None else conversation.check_user_id(after), limit)

    def _change(self, caller: Caller, client_id: str, user: str, action: Literal["block", "unblock"]) -> str:
        if user == caller.user_id:
            raise InvalidRequest(f"You cannot {action} yourself.")
        if user not in self._people.circle(caller, [user], own=False).known:
            raise unknown()

        def look(at: str) -> Block | None:
            standing = self._lists.get(caller.user_id, user)
            return standing if standing is not None and standing.position >= at else None

        claim = self._claims.take(caller, client_id, fingerprint(action, {"user": user}), look)
        conversation_id = conversation.direct_id(caller.user_id, user)
        if claim.fact is None:
            self._later(conversation_id)
            self._lists.put(caller.user_id, Block(user, claim.position, action == "block"), claim.fence)
        self._effects.apply(conversation_id)
        return claim.position

    def _later(self, conversation_id: str) -> None:
        """The register is written within `T`; a follow that did not see it yet, within another `T`."""
        now = self._clock.now()
        job = TaskJob(BLOCK, conversation_id, due=now + 2 * self._times.settle)
        self._queue.send(SMALL, [encode(job)], delay_ms=delay_of(job, now))
