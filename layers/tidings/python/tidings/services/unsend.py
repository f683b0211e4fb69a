"""`unsend`: a message is taken back, for everyone.

Outbox, then a tombstone in the message's place and in that of each of its edits, then the unsend as an event of its
own, which tells the readers; the stream of the log makes the planner sweep the copies out of the mailboxes, at once and
again when nothing that was on its way can still arrive.

    late mailbox items      are claimed on the log item, on condition that it is no tombstone
    an edit on its way      changes the message on the same condition; its own place in the log is taken
    copies in flight        were made by somebody who read the message before the tombstone: the second sweep finds them

A tombstone names the unsend that made it.  If that one was never finished (nothing is in the log at its position, and
nothing can come any more), another one takes over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tidings.domain import position
from tidings.domain.errors import Forbidden
from tidings.domain.events import LogEntry, Message, Unsend
from tidings.domain.fingerprint import fingerprint
from tidings.domain.identity import Caller
from tidings.ports.messaging import Log
from tidings.services.claim import Claims
from tidings.services.deliver import Prepared
from tidings.services.facts import Draft, Facts, Sent
from tidings.services.people import Circle
from tidings.services.room import Room
from tidings.services.rooms import Rooms
from tidings.services.targets import missing, passed, too_late


@dataclass(frozen=True, slots=True)
class UnsendMessage:
    """Take the message at `target` back."""

    client_id: str
    conversation_id: str
    target: str


class Unsender:
    """Makes unsends facts.  `window_ms`: for how long after it was sent one's own message may be unsent; an admin of a
    group may unsend any of its messages at any time."""

    def __init__(self, claims: Claims, facts: Facts, rooms: Rooms, log: Log, window_ms: int) -> None:
        self._claims = claims
        self._facts = facts
        self._rooms = rooms
        self._log = log
        self._window = window_ms

    def prepare(self, caller: Caller, command: UnsendMessage, circle: Circle, after: str = "") -> Prepared[Sent]:
        """Write outbox, tombstones and log, or find them written.

        Raises `NotFound`, `Forbidden`, `TooLate`, `Conflict`, `RetryLater`, `Unavailable`.
        """
        room = self._rooms.writing(caller, command.conversation_id)
        target = str(position.parse(command.target))

        def unsend(at: str) -> Unsend:
            return Unsend(room.conversation_id, at, caller.user_id, command.client_id, target)

        def bury(at: str) -> Room:
            buried = self._bury(caller, room, target, at)
            for edit in buried.edits:
                self._log.erase(room.conversation_id, edit, buried.sender, self._claims.fence(at))
            return replace(room, withheld=buried.withheld)

        mark = fingerprint("unsend", {"conversation": room.conversation_id, "target": target})
        draft = Draft(command.client_id, mark, unsend, circle.other_devices, after, about=target)
        return self._facts.publish(caller, room, draft, bury)

    def _bury(self, caller: Caller, room: Room, target: str, at: str) -> LogEntry:
        """The tombstone at `target`, which is ours."""
        if not room.admin and passed(at, target, self._window):
            self._check_begun(caller, room, target)
        standing = self._tombstone(caller, room, target, at)
        if standing.unsent == at:
            return standing
        self._check_unfinished(room, standing)
        standing = self._tombstone(caller, room, target, at, instead=standing.unsent)
        if standing.unsent == at:
            return standing
        raise self._claims.unsettled(position.ms_of(standing.unsent))

    def _tombstone(self, caller: Caller, room: Room, target: str, at: str, instead: str = "") -> LogEntry:
        """What stands at `target` now, if that was the caller's to unsend."""
        sender = "" if room.admin else caller.user_id
        fence = self._claims.fence(at)
        standing = self._log.tombstone(room.conversation_id, target, at, fence, sender=sender, instead=instead)
        return _unsendable(standing, caller, room)

    def _check_begun(self, caller: Caller, room: Room, target: str) -> None:
        """The window has closed; but a first try that died may have left a tombstone, and told nobody."""
        standing = _unsendable(self._log.get(room.conversation_id, target, strong=True), caller, room)
        if standing.event is not None:
            raise too_late()

    def _check_unfinished(self, room: Room, tombstone: LogEntry) -> None:
        """Whether the unsend that made a tombstone died before it was written."""
        first = self._log.get(room.conversation_id, tombstone.unsent, strong=True)
        if first is not None and isinstance(first.event, Unsend):
            raise missing()
        made = position.ms_of(tombstone.unsent)
        if not self._claims.settled(made):
            raise self._claims.unsettled(made)


def _unsendable(entry: LogEntry | None, caller: Caller, room: Room) -> LogEntry:
    """`entry` if it is a message that the caller may unsend, or its tombstone."""
    if entry is None or not (isinstance(entry.event, Message) or entry.unsent):
        raise missing()
    if entry.sender != caller.user_id and not room.admin:
        raise Forbidden("Only whoever wrote a message, or an admin of the group, may take it back.")
    return entry
