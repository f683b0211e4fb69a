"""What follows from a change of a group for those whom it is about: their own rows, and what their syncs read.

All of it goes by the position of the change, or by what stands: it may be done twice, late, or in any order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tidings.domain.events import Change, GroupChange
from tidings.domain.stamp import Fence
from tidings.ports.groups import Groups, Members, Memberships
from tidings.ports.pulled import Pulled

JOINED: Final = (Change.CREATED, Change.ADDED)
LEFT: Final = (Change.REMOVED, Change.LEFT)


class Settle:
    """Brings the members' own sides into line."""

    def __init__(self, groups: Groups, members: Members, memberships: Memberships, pulled: Pulled) -> None:
        self._groups = groups
        self._members = members
        self._memberships = memberships
        self._pulled = pulled

    def apply(self, change: GroupChange, users: Iterable[str], fence: Fence) -> None:
        """For those of `users` whom the change is about.  Raises `RetryLater`, `Unavailable`."""
        if change.change not in (*JOINED, *LEFT):
            return
        chat = change.conversation_id
        concerned = [user_id for user_id in users if user_id in change.users]
        group = self._groups.get(chat, strong=True) if concerned else None
        if group is None:
            return
        row = self._memberships.begin if change.change in JOINED else self._memberships.end
        for user_id, member in self._members.many(group, concerned).items():
            row(user_id, chat, change.position, fence)
            self._pulled.settle(user_id, chat, member.stays, fence, start=group.pulled_from)
