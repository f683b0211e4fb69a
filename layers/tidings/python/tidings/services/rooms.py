"""Rooms: a conversation as its sender meets it.  Who may speak in it, how it is delivered, and to whom.

Every action on a conversation goes through here, message by message: that is where it is authorized.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tidings.domain import conversation
from tidings.domain.errors import TidingsError
from tidings.domain.events import Path
from tidings.domain.identity import Caller
from tidings.services.direct import Begin, Meeting, Meetings

if TYPE_CHECKING:
    from tidings.services.group_rooms import GroupRooms


class Readers(Protocol):
    """Those, the caller aside, whose mailboxes get what stands at a position, where the path is `INLINE`."""

    def __call__(self, position: str, about: str = "", /) -> Sequence[str]:
        """If it is about the message at `about`, only those who may see that one."""
        ...


@dataclass(frozen=True, slots=True)
class Room:
    """A conversation that the caller may write to, or might until a moment ago.

    `path` is how what is written now is delivered.  `withheld`: shown to nobody but the caller.  `sees(position)`:
    whether the caller may read what stands there; `present(users)`: those of some users who are in it now; `admin`: the
    caller may unsend what others wrote.  `begin(position, fence)` has to be done before the first event is written.
    `refused`: nothing new is written here for the caller; a request that was carried out before is acked all the same.
    """

    conversation_id: str
    path: Path
    readers: Readers
    withheld: bool = False
    sees: Callable[[str], bool] = lambda _: True
    present: Callable[[Iterable[str]], frozenset[str]] = frozenset
    admin: bool = False
    begin: Begin | None = None
    refused: TidingsError | None = None


class Rooms:
    """Opens rooms."""

    def __init__(self, meetings: Meetings, groups: GroupRooms) -> None:
        self._meetings = meetings
        self._groups = groups

    def direct(self, caller: Caller, to: str) -> Room:
        """The 1:1 conversation with `to`, be it the first message.  Raises `InvalidRequest` for oneself,
        `UnknownUser`."""
        conversation_id = conversation.direct_id(caller.user_id, to)
        return _direct(conversation_id, caller, to, self._meetings.first(caller, to, conversation_id))

    def of(self, caller: Caller, conversation_id: str, *, posts: bool = False) -> Room:
        """A conversation that exists; `posts`: to write a message into it.  Raises `NotFound`, `Forbidden`."""
        room = self.writing(caller, conversation_id, posts=posts)
        if room.refused is not None:
            raise room.refused
        return room

    def writing(self, caller: Caller, conversation_id: str, *, posts: bool = False) -> Room:
        """The same for what `Facts` publishes, which sees to `refused`."""
        if conversation.is_group(conversation_id):
            return self._groups.open(caller, conversation_id, posts=posts)
        other = conversation.other(conversation_id, caller.user_id)
        return _direct(conversation_id, caller, other, self._meetings.again(caller, other, conversation_id))


def _direct(conversation_id: str, caller: Caller, other: str, meeting: Meeting) -> Room:
    both = frozenset({caller.user_id, other})
    return Room(
        conversation_id,
        Path.INLINE,
        lambda _position, _about="": (other,),
        withheld=meeting.blocked,
        present=both.intersection,
        begin=meeting.begin,
    )
