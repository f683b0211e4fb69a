"""Groups as rooms: who may speak in one, how it is delivered, and to whom.

A small group takes one strong query: it says whether the caller is in it and who gets a copy.  In a larger one the
caller's own item is read strongly, and others deliver, by the path that the group's `meta` says.  What was read is
kept for the rest of the frame, for all of its actions have one stamp: whoever was removed before that time is not
there any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tidings.domain import group_rules
from tidings.domain.errors import Forbidden, NotFound
from tidings.domain.events import Path
from tidings.domain.groups import INLINE_MAILBOXES, Group, Member
from tidings.domain.identity import Caller
from tidings.domain.stamp import Times
from tidings.ports.groups import Members
from tidings.ports.world import Clock
from tidings.services.metas import Metas
from tidings.services.room import Room

FEW: Final = 120
"""Members in one query, those who left included: about two read units."""


@dataclass(frozen=True, slots=True)
class _Look:
    """The caller in a group; `few` is everybody who is or was in it, where they are few."""

    group: Group
    me: Member | None
    few: Sequence[Member] | None


class GroupRooms:
    """Opens groups."""

    def __init__(self, metas: Metas, members: Members, clock: Clock, times: Times) -> None:
        self._metas = metas
        self._members = members
        self._clock = clock
        self._times = times
        self._frame = ""
        self._looks: dict[str, _Look] = {}

    def open(self, caller: Caller, conversation_id: str, *, posts: bool) -> Room:
        """The group as a room; `posts`: to write a message.  Raises `NotFound`, also for who never was in it."""
        look = self._look(caller, conversation_id)
        group, me = look.group, look.me
        if me is None:
            raise NotFound("There is no such conversation.")

        def readers(position: str, about: str = "") -> Sequence[str]:
            everybody = (member for member in self._everybody(look) if member.user_id != caller.user_id)
            return [
                member.user_id
                for member in everybody
                if member.received(position) and (not about or member.sees(about, group.history))
            ]

        return Room(
            conversation_id,
            Path.INLINE if self._inline(look) else group.path,
            readers,
            sees=lambda position: me.sees(position, group.history),
            present=lambda users: self._present(look, list(users)),
            admin=group_rules.admin(me),
            refused=_refused(group, me, posts=posts),
        )

    def _look(self, caller: Caller, conversation_id: str) -> _Look:
        if caller.frame_id != self._frame:
            self._frame, self._looks = caller.frame_id, {}
        if conversation_id not in self._looks:
            self._looks[conversation_id] = self._read(caller, self._metas.recent(conversation_id))
        return self._looks[conversation_id]

    def _read(self, caller: Caller, group: Group) -> _Look:
        if group.shards == 1 and group.members <= INLINE_MAILBOXES:
            few = self._members.few(group.conversation_id, FEW)
            if few is not None:
                me = next((member for member in few if member.user_id == caller.user_id), None)
                return _Look(group, me, few)
        return _Look(group, self._members.get(group, caller.user_id), None)

    def _inline(self, look: _Look) -> bool:
        """Whether the mailboxes are few enough, counting who left a moment ago: they may still get it."""
        if look.few is None or look.group.path is Path.PULL:
            return False
        since = self._clock.now() - self._times.settle
        reached = sum(member.present or (member.stays[-1].left or 0) > since for member in look.few)
        return reached <= INLINE_MAILBOXES

    def _everybody(self, look: _Look) -> Iterable[Member]:
        if look.few is not None:
            return look.few
        return [member for _, page in self._members.audience(look.group.conversation_id, 0, None) for member in page]

    def _present(self, look: _Look, users: Sequence[str]) -> frozenset[str]:
        """Those of `users` who are in it now."""
        if look.few is not None:
            found = {member.user_id: member for member in look.few}
        else:
            found = dict(self._members.many(self._metas.current(look.group.conversation_id), users))
        return frozenset(user_id for user_id in users if user_id in found and found[user_id].present)


def _refused(group: Group, me: Member, *, posts: bool) -> Forbidden | None:
    """Why somebody who is or was in the group may not write, or post, there now."""
    try:
        group_rules.present(me)
        if posts:
            group_rules.check_post(group, me)
    except Forbidden as refusal:
        return refusal
    return None
