"""1:1 rooms: the other side's row says whether the two have met, and whether the caller is blocked.

    a row that has begun      they have met: nothing else is to be asked
    no row, or not begun      first contact: the user must exist, and both rows begin before the first log item does,
                              the caller's first, so that the other's tells of both
    blocked                   what the caller writes is logged and acked as ever, and shown to nobody else; that the two
                              have met is noted all the same, and a conversation that shows nothing is not listed

A block is read eventually consistent, once a frame: half a read unit instead of the question whether somebody exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tidings.domain.errors import NotFound
from tidings.domain.identity import Caller
from tidings.domain.stamp import Fence
from tidings.ports.groups import Membership, Memberships
from tidings.services.people import People, unknown

Begin = Callable[[str, Fence], None]
"""`begin(position, fence)` makes the rows of a conversation whose first event will stand at `position`."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """The other side of a 1:1 conversation as the caller meets it.

    `blocked`: the other side has blocked the caller.  `begin` is None where the rows have begun.
    """

    blocked: bool = False
    begin: Begin | None = None


class Meetings:
    """Reads the other side's row of 1:1 conversations."""

    def __init__(self, memberships: Memberships, people: People) -> None:
        self._memberships = memberships
        self._people = people
        self._frame = ""
        self._rows: dict[tuple[str, str], Membership | None] = {}

    def first(self, caller: Caller, other: str, conversation_id: str) -> Meeting:
        """The two may have met or not.  Raises `UnknownUser` where there is nobody to meet."""
        row, rows = self._row(caller, other, conversation_id), self._rows
        if row is not None and row.since:
            return Meeting(row.blocked)
        if row is None and other not in self._people.circle(caller, [other], own=False).known:
            raise unknown()

        def begin(position: str, fence: Fence) -> None:
            self._memberships.begin(caller.user_id, conversation_id, position, fence)
            self._memberships.begin(other, conversation_id, position, fence)
            rows[other, conversation_id] = replace(row or Membership(conversation_id), since=position)

        return Meeting(row is not None and row.blocked, begin)

    def again(self, caller: Caller, other: str, conversation_id: str) -> Meeting:
        """The two have met.  Raises `NotFound` where they have not."""
        row = self._row(caller, other, conversation_id)
        if row is None or not row.since:
            # A row that has just begun may not be everywhere yet.
            row = self._rows[other, conversation_id] = self._memberships.get(other, conversation_id, strong=True)
        if row is None or not row.since:
            raise NotFound("There is no such conversation.")
        return Meeting(row.blocked)

    def _row(self, caller: Caller, other: str, conversation_id: str) -> Membership | None:
        if caller.frame_id != self._frame:
            self._frame, self._rows = caller.frame_id, {}
        rows, key = self._rows, (other, conversation_id)
        if key not in rows:
            rows[key] = self._memberships.get(other, conversation_id)
        return rows[key]
