"""Rooms: who may speak in a conversation, how it is delivered, and to whom.

Every action on a conversation goes through here, message by message: that is where it is authorized.
"""

from __future__ import annotations

from tidings.domain import conversation
from tidings.domain.events import Path
from tidings.domain.identity import Caller
from tidings.services.direct import Meeting, Meetings
from tidings.services.group_rooms import GroupRooms
from tidings.services.room import Room


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
