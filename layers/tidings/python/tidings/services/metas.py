"""What groups are, remembered for a few seconds: a change of a group's settings shows within that time."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from tidings.domain.errors import NotFound
from tidings.domain.groups import Group
from tidings.ports.groups import Groups
from tidings.ports.world import Clock

KEPT_MS: Final = 3_000
REMEMBERED: Final = 1_000


class Metas:
    """Reads groups, half a unit each, and remembers them."""

    def __init__(self, groups: Groups, clock: Clock, kept_ms: int = KEPT_MS) -> None:
        self._groups = groups
        self._clock = clock
        self._kept = kept_ms
        self._seen: OrderedDict[str, tuple[int, Group]] = OrderedDict()

    def recent(self, conversation_id: str) -> Group:
        """The group as it stood a moment ago.  Raises `NotFound`."""
        now = self._clock.now()
        read_at, group = self._seen.get(conversation_id, (0, None))
        if group is not None and now - read_at < self._kept:
            return group
        # One that has just been made may not be everywhere yet.
        found = self._groups.get(conversation_id, strong=False) or self.current(conversation_id)
        self._seen[conversation_id] = now, found
        self._seen.move_to_end(conversation_id)
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return found

    def current(self, conversation_id: str) -> Group:
        """The group as it stands.  Raises `NotFound`."""
        group = self._groups.get(conversation_id, strong=True)
        if group is None:
            raise NotFound("There is no such conversation.")
        return group
