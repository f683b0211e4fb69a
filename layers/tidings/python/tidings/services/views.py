"""What somebody may read of a conversation's log.

In a 1:1 everything.  In a group what was written while they were in it, or everything up to when they left for good,
as the group's setting says: who has left keeps what they received.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tidings.domain import conversation
from tidings.domain.errors import NotFound
from tidings.domain.groups import Seen
from tidings.domain.identity import Caller
from tidings.domain.position import FIRST, LAST, floor
from tidings.ports.groups import Members
from tidings.services.metas import Metas


@dataclass(frozen=True, slots=True)
class View:
    """What lies between the two positions (exclusive) and is in sight by `shows(position)`."""

    low: str = FIRST
    high: str = LAST
    shows: Callable[[str], bool] = lambda _: True


class Views:
    """Opens logs to their readers."""

    def __init__(self, metas: Metas, members: Members) -> None:
        self._metas = metas
        self._members = members

    def of(self, caller: Caller, conversation_id: str) -> View:
        """What the caller may read.  Raises `NotFound`, `Forbidden`."""
        if not conversation.is_group(conversation_id):
            conversation.other(conversation_id, caller.user_id)
            return View()
        group = self._metas.recent(conversation_id)
        member = self._members.get(group, caller.user_id)
        if member is None:
            raise NotFound("There is no such conversation.")
        low = FIRST if group.history is Seen.ALL else member.stays[0].joined[:-1]
        left = member.stays[-1].left
        high = LAST if left is None else floor(left)
        return View(low, high, lambda position: member.sees(position, group.history))
