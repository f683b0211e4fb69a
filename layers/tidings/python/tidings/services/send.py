"""`send`: a message, once, in order, durable before it is acked."""

from __future__ import annotations

from dataclasses import dataclass

from tidings.domain import conversation
from tidings.domain.errors import InvalidRequest
from tidings.domain.events import Message
from tidings.domain.fingerprint import fingerprint
from tidings.domain.identity import Caller
from tidings.services.deliver import Prepared
from tidings.services.facts import Draft, Facts, Sent
from tidings.services.people import Circle
from tidings.services.room import Room
from tidings.services.rooms import Rooms
from tidings.services.targets import Targets

__all__ = ["SendMessage", "Sender", "Sent"]


@dataclass(frozen=True, slots=True)
class SendMessage:
    """A message to one user (`to`) or into a conversation: exactly one of the two."""

    client_id: str
    to: str | None
    text: str
    conversation_id: str | None = None
    reply_to: str | None = None
    mentions: tuple[str, ...] = ()


class Sender:
    """Makes messages facts."""

    def __init__(self, facts: Facts, rooms: Rooms, targets: Targets) -> None:
        self._facts = facts
        self._rooms = rooms
        self._targets = targets

    def prepare(self, caller: Caller, command: SendMessage, circle: Circle, after: str = "") -> Prepared[Sent]:
        """Write outbox and log, or find them written.  `after` is the position of the frame's event before it.

        Raises `InvalidRequest` for a message to oneself, `UnknownUser`, `NotFound`, `Forbidden`, `Conflict` (nothing
        is written by these), `NotFound` for an answer to nothing and `InvalidRequest` for a mention of somebody who is
        not there (no message is), `RetryLater`, `Unavailable`.
        """
        room = self._room(caller, command)

        def message(at: str) -> Message:
            return Message(
                room.conversation_id,
                at,
                caller.user_id,
                command.client_id,
                command.text,
                reply_to=command.reply_to,
                mentions=command.mentions,
            )

        def check(_at: str) -> None:
            if command.reply_to is not None:
                self._targets.message(caller, room, command.reply_to)
            if command.mentions and not room.present(command.mentions).issuperset(command.mentions):
                raise InvalidRequest("`mentions`: not all of them are in this conversation.")

        quiet = not circle.privacy.read_receipts
        draft = Draft(command.client_id, _mark(command), message, circle.other_devices, after, quiet=quiet)
        return self._facts.publish(caller, room, draft, check)

    def _room(self, caller: Caller, command: SendMessage) -> Room:
        if command.to is not None and command.conversation_id is None:
            return self._rooms.direct(caller, command.to)
        if command.conversation_id is not None and command.to is None:
            if conversation.is_group(command.conversation_id):
                return self._rooms.writing(caller, command.conversation_id, posts=True)
            return self._rooms.direct(caller, conversation.other(command.conversation_id, caller.user_id))
        raise InvalidRequest("Give `to` (a user id) or `conversation`, one of the two.")


def _mark(command: SendMessage) -> str:
    fields: dict[str, object] = {
        "to": command.to,
        "conversation": command.conversation_id,
        "text": command.text,
        "reply_to": command.reply_to,
        "mentions": list(command.mentions) or None,
    }
    return fingerprint("send", {name: value for name, value in fields.items() if value is not None})
