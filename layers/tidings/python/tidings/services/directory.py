"""`people`, `followers` and `following`: profiles, counts, and how the caller stands to somebody.

Whoever has blocked the caller is nobody to them.  Who follows a private account, and whom it follows, is for its
followers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tidings.domain import conversation
from tidings.domain.errors import InvalidRequest, UnknownUser
from tidings.domain.identity import Caller
from tidings.domain.profile import is_handle
from tidings.ports.blocks import BlockLists, Mutes
from tidings.ports.follows import Counts, FollowLists
from tidings.ports.people import User, Users
from tidings.ports.profiles import Handles
from tidings.ports.timelines import Graph
from tidings.services.people import unknown
from tidings.services.visibility import Visibility

_PLACE: Final = re.compile(r"\d{1,3}\.[!-\"$-~]{0,128}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Relation:
    """How the caller stands to somebody: follows, asks to follow, is followed by, has blocked, has muted them."""

    following: bool = False
    requested: bool = False
    followed_by: bool = False
    blocked: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as the caller sees them."""

    user: User
    counts: Counts
    relation: Relation


class Directory:
    """Looks people up."""

    def __init__(
        self,
        users: Users,
        handles: Handles,
        graph: Graph,
        lists: FollowLists,
        blocks: BlockLists,
        mutes: Mutes,
        visibility: Visibility,
    ) -> None:
        self._users = users
        self._handles = handles
        self._graph = graph
        self._lists = lists
        self._blocks = blocks
        self._mutes = mutes
        self._visibility = visibility

    def named(self, caller: Caller, handle: str) -> list[Person]:
        """Who has `handle`.  Raises `UnknownUser`."""
        owner = self._handles.resolve([handle]).get(handle) if is_handle(handle) else None
        found = self.people(caller, [] if owner is None else [owner])
        if not found:
            raise UnknownUser("Nobody has this handle.")
        return found

    def people(self, caller: Caller, users: Iterable[str]) -> list[Person]:
        """Those of `users` who exist for the caller, in the order of asking.

        Four read units each, and half a unit for each further shard of somebody's followers.
        """
        me, asked = caller.user_id, list(dict.fromkeys(users))
        others = [user for user in asked if user != me]
        blocked, by = self._blocks.sides(me, others, strong=False)
        muted = self._mutes.among(me, others)
        found = self._users.get(user for user in asked if user not in by)
        shown = [user for user in asked if user in found]
        counts = self._lists.counts(shown)
        follows = self._graph.following(pair for user in shown if user != me for pair in ((me, user), (user, me)))
        private = [(me, user) for user in shown if (me, user) not in follows and user != me]
        asking = self._lists.asking(private)
        return [
            Person(
                found[user],
                counts[user],
                Relation(
                    (me, user) in follows, (me, user) in asking, (user, me) in follows, user in blocked, user in muted
                ),
            )
            for user in shown
        ]

    def followers(
        self, caller: Caller, user: str | None, after: str | None, limit: int
    ) -> tuple[list[str], str | None]:
        """Who follows `user` (None: the caller); where to go on.

        Raises `InvalidRequest`, `UnknownUser` (also where one of the two has blocked the other), `Forbidden`.
        """
        whose = self._checked(caller, user)
        if after is not None and _PLACE.match(after) is None:
            raise InvalidRequest("`after` is the string that the last page gave.")
        return self._lists.followers(whose, after, limit)

    def following(
        self, caller: Caller, user: str | None, after: str | None, limit: int
    ) -> tuple[list[str], str | None]:
        """Whom `user` (None: the caller) follows, in order of user ids; where to go on.  Raises the same."""
        whose = self._checked(caller, user)
        return self._lists.following(whose, None if after is None else conversation.check_user_id(after), limit)

    def _checked(self, caller: Caller, user: str | None) -> str:
        whose = caller.user_id if user is None else user
        self._visibility.check(caller.user_id, whose)
        if whose != caller.user_id and not self._users.get([whose]):
            raise unknown()
        return whose
