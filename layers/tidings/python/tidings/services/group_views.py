"""What a group is, and who is in it: for its members."""

from __future__ import annotations

from dataclasses import dataclass

from tidings.domain import group_rules
from tidings.domain.groups import Group, Member
from tidings.domain.identity import Caller
from tidings.ports.groups import Members
from tidings.services.metas import Metas


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group, and the caller in it."""

    group: Group
    me: Member


class GroupViews:
    """Reads groups."""

    def __init__(self, metas: Metas, members: Members) -> None:
        self._metas = metas
        self._members = members

    def info(self, caller: Caller, conversation_id: str) -> GroupView:
        """The group as it stands.  Raises `NotFound`, `Forbidden`."""
        group = self._metas.current(conversation_id)
        return GroupView(group, group_rules.present(self._members.get(group, caller.user_id)))

    def members(
        self, caller: Caller, conversation_id: str, after: str | None, limit: int
    ) -> tuple[list[Member], str | None]:
        """Up to `limit` of those who are in it, and where to go on.  Raises the same, and `InvalidRequest`."""
        view = self.info(caller, conversation_id)
        return self._members.page(view.group, after, limit)
