"""`people.search`: people whose handle, or a word of whose name, begins with what is asked.

The index is written around a change of the profile (`tidings.services.profile`) and may hold what is not true any more,
so each hit is looked up in its profile; who has blocked the caller, or is blocked, is left out.  Somebody who is found
by several words is shown at the first, so pages repeat nobody.
"""

from __future__ import annotations

from typing import Final

from tidings.domain.errors import InvalidRequest
from tidings.domain.identity import Caller
from tidings.domain.names import Entry, entry_of, found_by, longest, words
from tidings.ports.blocks import BlockLists
from tidings.ports.people import User, Users
from tidings.ports.people_index import PeopleIndex
from tidings.ports.timelines import Graph

ROUNDS: Final = 4
"""Queries for one page at most.  A page may come short of its limit, and even empty, with a cursor to go on with."""


class PeopleSearch:
    """Finds people."""

    def __init__(self, index: PeopleIndex, users: Users, graph: Graph, blocks: BlockLists) -> None:
        self._index = index
        self._users = users
        self._graph = graph
        self._blocks = blocks

    def search(self, caller: Caller, text: str, after: str | None, limit: int) -> tuple[list[User], str | None]:
        """Up to `limit` people, by the words they are found by; where to go on, None at the end.

        A unit for whom the caller must not see, and half a unit a hit and query.  Raises `InvalidRequest`.
        """
        asked = words(text)
        if not asked:
            raise InvalidRequest("Ask for a handle or a name: letters or digits.")
        last, prefix = _place(after), longest(asked)
        if last is not None and not last.word.startswith(prefix):
            raise _foreign()
        hidden = _Hidden(caller.user_id, self._graph, self._blocks)
        shown: list[User] = []
        for _ in range(ROUNDS):
            hits, more = self._index.find(prefix, last, limit - len(shown))
            users = self._users.get({entry.user for entry in hits})
            true = [each for each in hits if each.user in users and found_by(each, users[each.user].profile, asked)]
            unseen = hidden(frozenset(entry.user for entry in true))
            shown += [users[entry.user] for entry in true if entry.user not in unseen]
            last = hits[-1] if hits else last
            if not more:
                return shown, None
            if len(shown) == limit:
                break
        return shown, str(last)


class _Hidden:
    """Which of some users the caller must not see."""

    def __init__(self, user_id: str, graph: Graph, blocks: BlockLists) -> None:
        self._user_id = user_id
        self._blocks = blocks
        self._reader = graph.reader(user_id)

    def __call__(self, users: frozenset[str]) -> frozenset[str]:
        if self._reader.more:
            return self._blocks.between(self._user_id, users - {self._user_id}, strong=False)
        return users & self._reader.blocked


def _place(after: str | None) -> Entry | None:
    if after is None:
        return None
    entry = entry_of(after)
    if entry is None:
        raise _foreign()
    return entry


def _foreign() -> InvalidRequest:
    return InvalidRequest("`after` is the string that the last page of this search gave.")
