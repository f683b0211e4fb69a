"""The caller's own row of a group that they may have come into a moment ago.

Rows are made from the stream of the log, behind the join: whoever hears of it live may be faster.
"""

from __future__ import annotations

from tidings.domain.stamp import Fence
from tidings.ports.groups import Groups, Members, Memberships


class OwnRows:
    """Begins rows."""

    def __init__(self, groups: Groups, members: Members, memberships: Memberships) -> None:
        self._groups = groups
        self._members = members
        self._memberships = memberships

    def begin(self, user_id: str, conversation_id: str, fence: Fence) -> bool:
        """Make the row as the join will.  Whether the user is, or was, in the group.

        Raises `RetryLater`, `Unavailable`.
        """
        group = self._groups.get(conversation_id, strong=True)
        member = self._members.get(group, user_id) if group is not None else None
        if member is None:
            return False
        self._memberships.begin(user_id, conversation_id, member.stays[-1].joined, fence)
        return True
