"""A change of a group: made once, whole, and told to everybody who is concerned.

    outbox (conditional)  ->  notes for the syncs of those concerned  ->  members, count and log at once  ->  ack

That transaction is the change: there is never a member whom nobody was told of, nor an event of a change that did not
happen, whoever dies where.  What follows from it (the members' own rows, their mailboxes, their phones) is done from
the stream of the log, which does not forget.

The notes come first because whoever sends while the transaction is being written may not see the new member yet: the
joiner's sync reads the log for what is positioned within `T` of the join.  A note says only that somebody may have
joined or left; the member's item tells.  Whose notes are full is left out, like whoever has blocked the caller; nothing
of that join is written.

Who may do what is decided on what was strongly read just before.  The transaction takes place only if the members whom
it changes still are as they were read; that its caller still may is not looked at once more.  A request that changes
nothing (everybody is in it already) leaves a tombstone at its position, so that it stays done.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tidings.domain import group_rules
from tidings.domain.errors import Forbidden, NotFound, RetryLater, TidingsError
from tidings.domain.events import Change, GroupChange, LogEntry
from tidings.domain.fingerprint import fingerprint
from tidings.domain.group_rules import Turn
from tidings.domain.groups import Group, Member
from tidings.domain.identity import Caller
from tidings.domain.position import ms_of
from tidings.ports.groups import Groups, Members
from tidings.ports.messaging import Log
from tidings.ports.pulled import Pulled
from tidings.ports.world import Clock
from tidings.services.claim import Claim, Claims

ROUNDS: Final = 12
"""Decisions on a group that others are changing at the same time, before the client is asked to come back."""
PAUSE_MS: Final = 60
"""The longest pause before the second; it grows, and is shorter by chance: of those who collide one always gets on."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: `fields` are what it says, for its fingerprint."""

    action: str
    client_id: str
    conversation_id: str
    fields: Mapping[str, object]

    @property
    def mark(self) -> str:
        """The fingerprint."""
        given = {"conversation": self.conversation_id, **self.fields}
        return fingerprint(self.action, {name: value for name, value in given.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Scene:
    """A group, the caller in it, and those of whom the request speaks, as they stand."""

    group: Group
    me: Member
    known: Mapping[str, Member]


Decide = Callable[[Scene, str], Turn]
"""What a request makes of a scene, at a position.  Raises what refuses it."""


class GroupChanges:
    """Makes changes.  `most` is the largest group."""

    def __init__(
        self,
        claims: Claims,
        log: Log,
        groups: Groups,
        members: Members,
        pulled: Pulled,
        clock: Clock,
        most: int,
    ) -> None:
        self._claims = claims
        self._log = log
        self._groups = groups
        self._members = members
        self._pulled = pulled
        self._clock = clock
        self.most = most

    def scene(self, caller: Caller, conversation_id: str, users: Iterable[str]) -> Scene:
        """Read strongly: the group, then members.  Raises `NotFound`, `Forbidden`."""
        group = self._groups.get(conversation_id, strong=True)
        if group is None:
            raise NotFound("There is no such conversation.")
        known = self._members.many(group, {caller.user_id, *users})
        return Scene(group, group_rules.present(known.get(caller.user_id)), known)

    def make(self, caller: Caller, ask: Ask, users: Iterable[str], decide: Decide) -> LogEntry:
        """Make a change of a group that is there; the entry of its log that tells of it, or its tombstone.

        Raises `NotFound`, `Forbidden`, `Conflict` (nothing is written by these), `RetryLater`, `Unavailable`, and
        what `decide` raises.
        """
        concerned = tuple(users)

        def look(at: str) -> LogEntry | None:
            return self.look(caller, ask, ask.conversation_id, at)

        def decided(at: str) -> tuple[Group, Turn]:
            scene = self.scene(caller, ask.conversation_id, concerned)
            return scene.group, decide(scene, at)

        at = self._claims.proposed(caller)
        try:
            group, turn = decided(at)
        except TidingsError:
            done = self._claims.found(caller, ask.client_id, ask.mark, look)
            if done is None:
                raise
            return done
        claim = self._claims.take(caller, ask.client_id, ask.mark, look)
        if claim.fact is not None:
            return claim.fact
        for attempt in range(ROUNDS):
            self._clock.sleep(random.randint(0, PAUSE_MS * attempt))  # noqa: S311 - jitter is no secret
            try:
                if attempt or claim.position != at:
                    group, turn = decided(claim.position)
            except TidingsError:
                standing = look(claim.position)
                if standing is None:
                    raise
                return standing
            turn = self.noted(caller, group, turn, claim)
            standing = self.write(caller, ask, group, turn, claim) or look(claim.position)
            if standing is not None:
                return standing
        raise RetryLater("This group is being changed by others. Send it again.")

    def look(self, caller: Caller, ask: Ask, conversation_id: str, at: str) -> LogEntry | None:
        """What stands in the log at `at`, if it is this very request's."""
        entry = self._log.get(conversation_id, at, strong=True)
        if entry is None or (entry.sender, entry.client_id) != (caller.user_id, ask.client_id):
            return None
        return entry

    def noted(self, caller: Caller, group: Group, turn: Turn, claim: Claim[LogEntry]) -> Turn:
        """Note what the syncs of those who join or leave are to know from now on: that it may be so.  What is left of
        the turn: without those who cannot be noted, who are full.

        Raises `Forbidden` where that is the caller.
        """
        chat, at, fence = group.conversation_id, claim.position, claim.fence
        full = set()
        for move in turn.moves:
            user_id, last = move.after.user_id, move.after.stays[-1]
            own = user_id == caller.user_id
            if last.joined == at and not self._pulled.expect(
                user_id, chat, at, fence, start=group.pulled_from, own=own
            ):
                if own:
                    raise Forbidden("You have come into too many groups lately. Make another one in some days.")
                full.add(user_id)
            elif last.left_at == at:
                self._pulled.doubt(user_id, chat, last.joined, fence)
        return group_rules.without(turn, full)

    def write(self, caller: Caller, ask: Ask, group: Group, turn: Turn, claim: Claim[LogEntry]) -> LogEntry | None:
        """Write a turn that is noted; None where it could not take place, for something has changed or it is there
        already."""
        at, path = claim.position, group.path
        event = GroupChange(
            group.conversation_id, at, caller.user_id, ask.client_id, turn.change, turn.users, turn.details
        )
        shown: GroupChange | None = event
        if turn.change is Change.UPDATED:
            written = self._groups.update(event, path, claim.fence)
        elif turn.moves:
            # Last of all: a stay has to hold until whoever sends is sure to see that it is over.
            ends = max(self._clock.now(), ms_of(at)) + claim.fence.times.call
            moves = group_rules.ending(turn.moves, at, ends)
            written = self._members.change(group, moves, event, path, self.most, claim.fence)
        else:
            written, shown = self._log.void(event, path, claim.fence), None
        return LogEntry(at, caller.user_id, ask.client_id, path, shown) if written else None
