"""`watch`: live frames of a large group, for the devices that show it.

The events of a group that is pulled come by sync; live only to devices that ask for it, until their connection ends.
In every group those who watch also hear who is typing.  Whoever is told is looked up among the members each time, so an
entry here is a wish and no right.
"""

from __future__ import annotations

from collections.abc import Callable

from tidings.domain import conversation
from tidings.domain.identity import CONNECTION_LIFE_MS, Caller
from tidings.ports.groups import Watcher, Watchers
from tidings.ports.world import Clock
from tidings.services.rooms import Rooms


class Watches:
    """Enters devices and takes them out.  `subject` names a conversation among what can be watched."""

    def __init__(self, rooms: Rooms, watchers: Watchers, subject: Callable[[str], str], clock: Clock) -> None:
        self._rooms = rooms
        self._watchers = watchers
        self._subject = subject
        self._clock = clock

    def set(self, caller: Caller, conversation_id: str, on: bool) -> None:
        """Watch with the caller's device, or no longer.  A 1:1 conversation is live anyway.

        Raises `NotFound`, `Forbidden`, `Unavailable`.
        """
        self._rooms.of(caller, conversation_id)
        if not conversation.is_group(conversation_id):
            return
        subject, watcher = self._subject(conversation_id), Watcher(caller.user_id, caller.identity.device_id)
        if on:
            self._watchers.add(subject, watcher, self._clock.now() + CONNECTION_LIFE_MS)
        else:
            self._watchers.remove(subject, watcher)
