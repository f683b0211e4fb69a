"""Rooms: a conversation as its sender meets it.  Who may speak in it, how it is delivered, and to whom.

Every action on a conversation goes through here, message by message: that is where it is authorized.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tidings.domain import conversation
from tidings.domain.errors import NotFound, UnknownUser
from tidings.domain.events import Path
from tidings.domain.identity import Caller
from tidings.services.people import Circle


@dataclass(frozen=True, slots=True)
class Room:
    """A conversation that the caller may write to.

    `path` is how what is written now is delivered; `readers(position)` are those, the caller aside, whose mailboxes
    get what stands at that position where the path is `INLINE`.  `withheld`: shown to nobody but the caller.
    """

    conversation_id: str
    path: Path
    readers: Callable[[str], Sequence[str]]
    withheld: bool = False


class Rooms:
    """Opens rooms."""

    def direct(self, caller: Caller, to: str, circle: Circle) -> Room:
        """The 1:1 conversation with `to`.  Raises `InvalidRequest` for oneself, `UnknownUser`."""
        conversation_id = conversation.direct_id(caller.user_id, to)
        if to not in circle.known:
            raise UnknownUser("Nobody of that user id has ever connected.")
        return Room(conversation_id, Path.INLINE, lambda _: (to,))

    def of(self, caller: Caller, conversation_id: str) -> Room:
        """A conversation that exists.  Raises `NotFound`, `Forbidden`."""
        if conversation.is_group(conversation_id):
            raise NotFound("There is no such conversation.")
        other = conversation.other(conversation_id, caller.user_id)
        return Room(conversation_id, Path.INLINE, lambda _: (other,))
