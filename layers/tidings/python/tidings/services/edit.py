"""`edit`: a new text for one of one's own messages, for a while.

Outbox, then the message in the log (its text is a register by the position of the edit), then the edit as an event of
its own, which tells the readers.  A message that was unsent meanwhile refuses the edit: an edit that races with an
unsend loses.  What the message notes of its edits is what the unsend erases with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tidings.domain import position
from tidings.domain.errors import Forbidden
from tidings.domain.events import Edit, Message
from tidings.domain.fingerprint import fingerprint
from tidings.domain.identity import Caller
from tidings.ports.messaging import Log
from tidings.services.claim import Claims
from tidings.services.deliver import Prepared
from tidings.services.facts import Draft, Facts, Sent
from tidings.services.people import Circle
from tidings.services.room import Room
from tidings.services.rooms import Rooms
from tidings.services.targets import own_message, passed, too_late


@dataclass(frozen=True, slots=True)
class EditMessage:
    """A new text for the message at `target`."""

    client_id: str
    conversation_id: str
    target: str
    text: str


class Editor:
    """Makes edits facts.  `window_ms`: for how long after it was sent a message may be edited."""

    def __init__(self, claims: Claims, facts: Facts, rooms: Rooms, log: Log, window_ms: int) -> None:
        self._claims = claims
        self._facts = facts
        self._rooms = rooms
        self._log = log
        self._window = window_ms

    def prepare(self, caller: Caller, command: EditMessage, circle: Circle, after: str = "") -> Prepared[Sent]:
        """Write outbox, message and log, or find them written.

        Raises `NotFound`, `Forbidden`, `TooLate`, `Conflict`, `RetryLater`, `Unavailable`.
        """
        room = self._rooms.writing(caller, command.conversation_id)
        target = str(position.parse(command.target))

        def edit(at: str) -> Edit:
            return Edit(room.conversation_id, at, caller.user_id, command.client_id, target, command.text)

        def revise(at: str) -> Room:
            if passed(at, target, self._window):
                self._check_begun(caller, edit(at))
            standing = self._log.edit(edit(at), self._claims.fence(at), withheld=room.withheld)
            message = own_message(standing, caller)
            if at not in message.edits:
                raise Forbidden("This message has been edited as often as it may be.")
            return replace(room, withheld=room.withheld or message.withheld)

        mark = fingerprint("edit", {"conversation": room.conversation_id, "target": target, "text": command.text})
        draft = Draft(command.client_id, mark, edit, circle.other_devices, after, about=target)
        return self._facts.publish(caller, room, draft, revise)

    def _check_begun(self, caller: Caller, edit: Edit) -> None:
        """The window has closed; but a first try that died may have changed the message, and told nobody."""
        standing = own_message(self._log.get(edit.conversation_id, edit.target, strong=True), caller)
        assert isinstance(standing.event, Message)
        begun = standing.event.edited
        if begun is None or standing.event.text != edit.text or self._told(edit.conversation_id, begun):
            raise too_late()

    def _told(self, conversation_id: str, at: str) -> bool:
        return self._log.get(conversation_id, at, strong=True) is not None
