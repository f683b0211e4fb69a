"""`typing`: told to whoever is looking, and never stored.

In a 1:1 conversation the other's sockets hear of it, unless one of the two has blocked the other: then nobody does,
and the caller is not told.  In a group those do who watch it now and still are in it; of a crowd, the first `MOST`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Final

from tidings.domain import conversation
from tidings.domain.events import Typing
from tidings.domain.identity import Caller
from tidings.ports.groups import Memberships, Watchers
from tidings.ports.world import Clock
from tidings.services.live import Live
from tidings.services.pace import Pace
from tidings.services.room import Room
from tidings.services.rooms import Rooms

MOST: Final = 100
"""Watchers of a group who hear that somebody is typing."""

OFTEN: Final = 20
"""Times in ten seconds that a user is heard to type; more are acked, and told to nobody."""


class Typists:
    """Tells who is typing.  `subject` is the `Watchers` subject of a conversation."""

    def __init__(
        self,
        rooms: Rooms,
        memberships: Memberships,
        watchers: Watchers,
        live: Live,
        clock: Clock,
        subject: Callable[[str], str],
    ) -> None:
        self._rooms = rooms
        self._memberships = memberships
        self._watchers = watchers
        self._live = live
        self._clock = clock
        self._subject = subject
        self._pace = Pace(clock, OFTEN)

    def tell(self, caller: Caller, conversation_id: str, typing: bool) -> None:
        """Tell the others that the caller is typing, or has stopped.  Raises `NotFound`, `Forbidden`, `Unavailable`."""
        room = self._rooms.of(caller, conversation_id, posts=True)
        if self._pace.wait(caller.user_id):
            return
        event = Typing(conversation_id, caller.user_id, typing, self._clock.now())
        if conversation.is_group(conversation_id):
            self._tell_group(caller, room, event)
        elif not room.withheld and not self._blocks(caller, conversation_id):
            self._live.post({conversation.other(conversation_id, caller.user_id): [event]})

    def _blocks(self, caller: Caller, conversation_id: str) -> bool:
        """Whether the caller has blocked the other side."""
        row = self._memberships.get(caller.user_id, conversation_id)
        return row is not None and row.blocked

    def _tell_group(self, caller: Caller, room: Room, event: Typing) -> None:
        pages = self._watchers.of(self._subject(room.conversation_id), self._clock.now())
        others = (each for page in pages for each in page if each.user_id != caller.user_id)
        watching = [*islice(others, MOST)]
        present = room.present({each.user_id for each in watching}) if watching else frozenset[str]()
        events: dict[str, dict[str, tuple[Typing]]] = {}
        for each in watching:
            if each.user_id in present:
                events.setdefault(each.user_id, {})[each.device_id] = (event,)
        self._live.tell(events)
