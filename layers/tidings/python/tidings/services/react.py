"""`react`: one emoji a (message, user), or none any more.

Outbox, then the reaction (a register by position, which `history` counts), then an event of its own, which tells the
readers.  A reaction to what is unsent meanwhile is one to nothing: nobody shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tidings.domain import position
from tidings.domain.events import Reaction
from tidings.domain.fingerprint import fingerprint
from tidings.domain.identity import Caller
from tidings.ports.messaging import Reactions
from tidings.services.claim import Claims
from tidings.services.deliver import Prepared
from tidings.services.facts import Draft, Facts, Sent
from tidings.services.people import Circle
from tidings.services.room import Room
from tidings.services.rooms import Rooms
from tidings.services.targets import Targets


@dataclass(frozen=True, slots=True)
class React:
    """React with `emoji` to the message at `target`; an empty one takes the reaction back."""

    client_id: str
    conversation_id: str
    target: str
    emoji: str


class Reactor:
    """Makes reactions facts."""

    def __init__(self, claims: Claims, facts: Facts, rooms: Rooms, targets: Targets, reactions: Reactions) -> None:
        self._claims = claims
        self._facts = facts
        self._rooms = rooms
        self._targets = targets
        self._reactions = reactions

    def prepare(self, caller: Caller, command: React, circle: Circle, after: str = "") -> Prepared[Sent]:
        """Write outbox, reaction and log, or find them written.

        Raises `NotFound`, `Forbidden`, `Conflict`, `RetryLater`, `Unavailable`.
        """
        room = self._rooms.writing(caller, command.conversation_id)
        target = str(position.parse(command.target))

        def reaction(at: str) -> Reaction:
            return Reaction(room.conversation_id, at, caller.user_id, command.client_id, target, command.emoji)

        def stand(at: str) -> Room:
            message = self._targets.message(caller, room, target, strong=True)
            withheld = room.withheld or message.withheld
            self._reactions.put(reaction(at), self._claims.fence(at), withheld=withheld)
            return replace(room, withheld=withheld)

        mark = fingerprint("react", {"conversation": room.conversation_id, "target": target, "emoji": command.emoji})
        draft = Draft(command.client_id, mark, reaction, circle.other_devices, after, about=target)
        return self._facts.publish(caller, room, draft, stand)
