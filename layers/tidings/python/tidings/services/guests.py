"""Whom somebody may put into a group: people who exist and have not blocked them."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.domain import conversation
from tidings.domain.errors import UnknownUser
from tidings.domain.identity import Caller
from tidings.ports.groups import Memberships
from tidings.services.people import People


class Guests:
    """Looks people up."""

    def __init__(self, people: People, memberships: Memberships) -> None:
        self._people = people
        self._memberships = memberships

    def invited(self, caller: Caller, users: Sequence[str]) -> list[str]:
        """Those of `users` who can be added: whoever has blocked the caller cannot, and nobody is told why.

        Raises `UnknownUser`.
        """
        others = [user_id for user_id in users if user_id != caller.user_id]
        if not self._people.circle(caller, others, own=False).known.issuperset(others):
            raise UnknownUser("`members`: one of these users has never connected.")
        chats = {user_id: conversation.direct_id(caller.user_id, user_id) for user_id in others}
        rows = self._memberships.many(chats.items())
        return [user_id for user_id in others if not (row := rows.get((user_id, chats[user_id]))) or not row.blocked]
