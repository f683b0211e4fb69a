"""Rooms: a conversation as its sender meets it.  Who may speak in it, how it is delivered, and to whom.

Every action on a conversation goes through here, message by message: that is where it is authorized.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tidings.domain import conversation
from tidings.domain.errors import NotFound, UnknownUser
from tidings.domain.events import Path
from tidings.domain.identity import Caller
from tidings.services.people import Circle


class Readers(Protocol):
    """Those, the caller aside, whose mailboxes get what stands at a position, where the path is `INLINE`."""

    def __call__(self, position: str, about: str = "", /) -> Sequence[str]:
        """If it is about the message at `about`, only those who may see that one."""
        ...


@dataclass(frozen=True, slots=True)
class Room:
    """A conversation that the caller may write to.

    `path` is how what is written now is delivered.  `withheld`: shown to nobody but the caller.  `sees(position)`:
    whether the caller may read what stands there; `present(users)`: those of some users who are in it now; `admin`: the
    caller may unsend what others wrote.
    """

    conversation_id: str
    path: Path
    readers: Readers
    withheld: bool = False
    sees: Callable[[str], bool] = lambda _: True
    present: Callable[[Iterable[str]], frozenset[str]] = frozenset
    admin: bool = False


class Rooms:
    """Opens rooms."""

    def direct(self, caller: Caller, to: str, circle: Circle) -> Room:
        """The 1:1 conversation with `to`.  Raises `InvalidRequest` for oneself, `UnknownUser`."""
        conversation_id = conversation.direct_id(caller.user_id, to)
        if to not in circle.known:
            raise UnknownUser("Nobody of that user id has ever connected.")
        return _direct(conversation_id, caller.user_id, to)

    def of(self, caller: Caller, conversation_id: str) -> Room:
        """A conversation that exists.  Raises `NotFound`, `Forbidden`."""
        if conversation.is_group(conversation_id):
            raise NotFound("There is no such conversation.")
        other = conversation.other(conversation_id, caller.user_id)
        return _direct(conversation_id, caller.user_id, other)


def _direct(conversation_id: str, mine: str, other: str) -> Room:
    both = frozenset({mine, other})
    return Room(conversation_id, Path.INLINE, lambda _position, _about="": (other,), present=both.intersection)
