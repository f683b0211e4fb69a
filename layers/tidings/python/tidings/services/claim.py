"""The claim of a request: which position it writes with, once, however often it is resent.

The first step of every mutating use case (`send`, `post`, `follow`, …) is one conditional put into the outbox.  If
the client id is new, the frame's own position is claimed.  If not, the kept position goes through the three phases
of any stamp (`tidings.domain.stamp`):

    another fingerprint     Conflict, nothing is written
    within F                the same position again, at once: same keys, harmless twice
    between F and T         RetryLater: a call of the first try may still commit
    past T, fact there      the kept position and the fact; whoever asks finishes what follows from it
    past T, nothing there   a new position, claimed on condition that the old one still stands

So logs and posts are never written late, and an acked position never changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from tidings.domain import position
from tidings.domain.errors import Conflict, RetryLater
from tidings.domain.identity import Caller
from tidings.domain.stamp import Fence, Phase, Times, phase
from tidings.ports.messaging import Outbox, OutboxEntry
from tidings.ports.world import Clock

Fact = TypeVar("Fact")

_ROUNDS: Final = 3
"""Resends that race for one dead claim settle in one round; more means that something else is wrong."""


@dataclass(frozen=True, slots=True)
class Claim(Generic[Fact]):
    """`fact` is what a first try left at `position`, None where it has to be written now, under `fence`.

    With a fact the fence has expired: what is still missing after it needs a stamp of its own.
    """

    position: str
    fence: Fence
    fact: Fact | None = None


class Stamps:
    """What a stamp is good for now."""

    def __init__(self, clock: Clock, times: Times) -> None:
        self._clock = clock
        self._times = times

    def fence(self, position_or_stamp: str | int) -> Fence:
        """The fence of a position or of a stamp."""
        ms = position_or_stamp if isinstance(position_or_stamp, int) else position.ms_of(position_or_stamp)
        return Fence(ms, self._times, self._clock.now)

    def stamp(self, caller: Caller) -> int:
        """The stamp of an arrival: the frame's, or the clock's where the frame's is too old to write with."""
        now = self._clock.now()
        return caller.stamp if phase(caller.stamp, now, self._times) is Phase.WRITE else now

    def settled(self, stamp: int) -> bool:
        """Whether a strong read now tells for good what was written with `stamp`; False while it may be written
        with.  Raises `RetryLater` in between."""
        match phase(stamp, self._clock.now(), self._times):
            case Phase.WRITE:
                return False
            case Phase.LOOK:
                return True
            case Phase.WAIT:
                raise self.unsettled(stamp)

    def unsettled(self, stamp: int) -> RetryLater:
        """The error that tells the client to come back when `stamp` has settled."""
        wait = max(1, stamp + self._times.settle - self._clock.now() + 1)
        return RetryLater("An earlier try of this request is not settled yet.", retry_after_ms=wait)


class Claims(Stamps):
    """Claims positions in the outbox."""

    def __init__(self, outbox: Outbox, clock: Clock, times: Times) -> None:
        super().__init__(clock, times)
        self._outbox = outbox

    def take(
        self, caller: Caller, client_id: str, fingerprint: str, look: Callable[[str], Fact | None], *, after: str = ""
    ) -> Claim[Fact]:
        """The claim of this request.

        `look(position)` strongly reads what stands there *of this very request* (its tombstone counts; another
        request's event does not), and is called only past T.  `after` is the position of what the client sent before
        it in the same frame.  If that lies above this frame, it was kept from a later frame, and so this one is an old
        try that still runs while its resend does: it must not place the rest below what came first.

        Raises `Conflict`, `RetryLater`.
        """
        mine = self._entry(caller, fingerprint)
        if mine.position < after:
            raise RetryLater("A later try of this frame is being answered. Send the rest again.")
        standing = self._outbox.claim(caller.user_id, client_id, mine, self.fence(mine.position))
        for _ in range(_ROUNDS):
            if standing is None:
                return Claim(mine.position, self.fence(mine.position))
            if standing.fingerprint != fingerprint:
                raise Conflict("This client id was used before, for another request. Choose a new one.")
            kept = standing.position
            if not self.settled(position.ms_of(kept)):
                return Claim(kept, self.fence(kept))
            fact = look(kept)
            if fact is not None:
                return Claim(kept, self.fence(kept), fact)
            mine = self._entry(caller, fingerprint)
            standing = self._outbox.reclaim(caller.user_id, client_id, kept, mine.position, self.fence(mine.position))
        raise RetryLater("This request is being sent several times at once. Send it again.")

    def found(
        self, caller: Caller, client_id: str, fingerprint: str, look: Callable[[str], Fact | None]
    ) -> Fact | None:
        """What an earlier try of this request left: for one that could no longer be made.  Claims nothing."""
        standing = self._outbox.get(caller.user_id, client_id)
        if standing is None or standing.fingerprint != fingerprint:
            return None
        return look(standing.position)

    def proposed(self, caller: Caller, stamp: int | None = None) -> str:
        """What the frame claims: always the gateway's stamp, for it is the order in which the client sent.  A frame
        that waited past its fence is refused by the outbox, and its resend has a fresh one.  With another `stamp`, the
        position of what is written without a claim."""
        device = caller.identity.device_id
        return str(
            position.stamped(
                caller.stamp if stamp is None else stamp, caller.user_id, device, caller.frame_id, caller.index
            )
        )

    def _entry(self, caller: Caller, fingerprint: str) -> OutboxEntry:
        return OutboxEntry(fingerprint, self.proposed(caller))
