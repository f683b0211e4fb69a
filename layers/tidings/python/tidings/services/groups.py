"""Groups: making one, changing it, and who is in it.  How a change is made whole: `tidings.services.group_changes`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidings.domain import conversation, group_rules
from tidings.domain.errors import InvalidRequest, RetryLater, TooManyMembers
from tidings.domain.events import Change, Details, GroupChange, LogEntry
from tidings.domain.group_rules import Turn
from tidings.domain.groups import Group, Role, Seen, Who
from tidings.domain.identity import Caller
from tidings.ports.groups import Groups, Members
from tidings.ports.world import Clock
from tidings.services.claim import Claims
from tidings.services.group_changes import Ask, Decide, GroupChanges, Scene
from tidings.services.guests import Guests
from tidings.services.settle import Settle


@dataclass(frozen=True, slots=True)
class Changed:
    """Where the change stands; `not_added` are those who were asked for and are not in the group."""

    client_id: str
    conversation_id: str
    position: str
    not_added: tuple[str, ...] = ()


class GroupActions:
    """What one can do to a group."""

    def __init__(
        self,
        changes: GroupChanges,
        claims: Claims,
        groups: Groups,
        members: Members,
        guests: Guests,
        settle: Settle,
        clock: Clock,
    ) -> None:
        self._changes = changes
        self._claims = claims
        self._groups = groups
        self._members = members
        self._guests = guests
        self._settle = settle
        self._clock = clock

    def create(self, caller: Caller, client_id: str, users: Sequence[str], values: Details) -> Changed:
        """Make a group owned by the caller; `values` are its fields.  Its id is made from the position.

        Raises `UnknownUser`, `TooManyMembers`, `Conflict` (nothing is written by these), `Forbidden` for who has come
        into too many groups, `RetryLater`, `Unavailable`.
        """
        asked = [user_id for user_id in dict.fromkeys(users) if user_id != caller.user_id]
        invited = self._guests.invited(caller, asked)
        self._check_room(1 + len(invited))
        ask = Ask("group.create", client_id, "", {"members": asked, **dict(values)})

        def look(at: str) -> LogEntry | None:
            return self._changes.look(caller, ask, conversation.group_id(caller.user_id, at), at)

        claim = self._claims.take(caller, client_id, ask.mark, look)
        at, entry = claim.position, claim.fact
        chat = conversation.group_id(caller.user_id, at)
        if entry is None:
            group = _group(chat, at, dict(values))
            turn = group_rules.founded(caller.user_id, invited, at, values)
            turn = self._changes.noted(caller, group, turn, claim)
            self._groups.create(group, claim.fence)
            entry = self._changes.write(caller, ask, group, turn, claim) or look(at)
        if entry is None or not isinstance(entry.event, GroupChange):
            raise RetryLater("This group could not be made yet. Send it again.")
        self._rows(entry.event, [caller.user_id])
        there = frozenset(entry.event.users)
        return Changed(client_id, chat, at, tuple(user_id for user_id in asked if user_id not in there))

    def update(self, caller: Caller, client_id: str, chat: str, values: Details) -> Changed:
        """Change what a group is; admins.  Raises `InvalidRequest` where nothing is to change, and what all do:
        `NotFound`, `Forbidden`, `Conflict`, `RetryLater`, `Unavailable`."""
        if not values:
            raise InvalidRequest("Give what is to change: `title`, `picture`, `description`, `who_posts`, …")

        def decide(scene: Scene, _at: str) -> Turn:
            group_rules.check_update(scene.me)
            return Turn(Change.UPDATED, details=values)

        return self._change(caller, Ask("group.update", client_id, chat, dict(values)), (), decide)

    def add(self, caller: Caller, client_id: str, chat: str, users: Sequence[str]) -> Changed:
        """Add members; whom the group's settings say.  Raises `UnknownUser`, `TooManyMembers` and what all do."""
        asked = list(dict.fromkeys(users))

        def decide(scene: Scene, at: str) -> Turn:
            group_rules.check_add(scene.group, scene.me)
            turn = group_rules.added(scene.known, self._guests.invited(caller, asked), at)
            self._check_room(scene.group.members + len(turn.moves))
            return turn

        ask = Ask("group.add", client_id, chat, {"members": asked})
        entry = self._changes.make(caller, ask, asked, decide)
        there = frozenset(entry.event.users) if isinstance(entry.event, GroupChange) else frozenset()
        rest = [user_id for user_id in asked if user_id not in there]
        return Changed(client_id, chat, entry.position, self._missing(chat, rest))

    def remove(self, caller: Caller, client_id: str, chat: str, user_id: str) -> Changed:
        """Remove a member below the caller.  Raises `InvalidRequest` for oneself, and what all do."""

        def decide(scene: Scene, at: str) -> Turn:
            return group_rules.removed(scene.me, scene.known.get(user_id), at)

        return self._change(caller, Ask("group.remove", client_id, chat, {"member": user_id}), [user_id], decide)

    def leave(self, caller: Caller, client_id: str, chat: str) -> Changed:
        """Leave; an owner hands over.  Raises what all do."""

        def decide(scene: Scene, at: str) -> Turn:
            # Not everybody of a hundred thousand: to read them takes longer than a frame may be written with.
            heirs = self._members.heirs(chat, scene.me.user_id) if scene.me.role is Role.OWNER else ()
            return group_rules.departed(scene.me, heirs, at)

        return self._change(caller, Ask("group.leave", client_id, chat, {}), (), decide)

    def role(self, caller: Caller, client_id: str, chat: str, user_id: str, role: Role) -> Changed:
        """Give a member a role.  Raises `InvalidRequest` for an owner who names no heir, and what all do."""

        def decide(scene: Scene, at: str) -> Turn:
            return group_rules.given(scene.me, scene.known.get(user_id), role, at)

        fields = {"member": user_id, "role": role.value}
        return self._change(caller, Ask("group.role", client_id, chat, fields), [user_id], decide)

    def _change(self, caller: Caller, ask: Ask, users: Sequence[str], decide: Decide) -> Changed:
        entry = self._changes.make(caller, ask, users, decide)
        if isinstance(entry.event, GroupChange):
            self._rows(entry.event, entry.event.users)
        return Changed(ask.client_id, ask.conversation_id, entry.position)

    def _rows(self, change: GroupChange, users: Sequence[str]) -> None:
        """The lists of conversations of `users` are right with the ack: those of the caller and of whoever goes, who is
        to see no later end of the log.  The others' are a moment later."""
        self._settle.apply(change, users, self._claims.fence(self._clock.now()))

    def _missing(self, chat: str, users: Sequence[str]) -> tuple[str, ...]:
        """Those of `users` who are not in the group: they were not, whoever has left it since aside."""
        group = self._groups.get(chat, strong=True) if users else None
        there = self._members.many(group, users) if group is not None else {}
        return tuple(user_id for user_id in users if user_id not in there or not there[user_id].present)

    def _check_room(self, members: int) -> None:
        if members > self._changes.most:
            raise TooManyMembers(f"A group has at most {self._changes.most} members.")


def _group(chat: str, at: str, values: dict[str, str]) -> Group:
    return Group(
        chat,
        at,
        title=values["title"],
        picture=values.get("picture", ""),
        description=values.get("description", ""),
        who_posts=Who(values.get("who_posts", Who.MEMBERS)),
        who_adds=Who(values.get("who_adds", Who.ADMINS)),
        history=Seen(values.get("history", Seen.JOIN)),
    )
