"""Who may change what in a group, and what a change makes of its members.

    post, add        whom the group's settings name: members, or admins (the owner is one)
    update           admins
    remove           whoever ranks above the member: the owner, an admin, a member
    give a role      the owner, any; an admin may make a member an admin, or stop being one

Changes that cross are settled by position, as everywhere: what a later position has already decided for a member
stays, and the earlier change, which comes too late, leaves them alone.  So whoever reads the log in its order sees
what the members' items say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tidings.domain.errors import Forbidden, InvalidRequest, NotFound, RetryLater
from tidings.domain.events import Change, Details
from tidings.domain.groups import STAYS, Group, Member, Move, Role, Stay, Who
from tidings.domain.position import ms_of

_RANKS: Final = {Role.MEMBER: 0, Role.ADMIN: 1, Role.OWNER: 2}


@dataclass(frozen=True, slots=True)
class Turn:
    """What a change does: `moves` of members (none: nobody is concerned any more), and what the log tells of it:
    whom it is about, and the new values."""

    change: Change
    moves: tuple[Move, ...] = ()
    users: tuple[str, ...] = ()
    details: Details = ()


def present(member: Member | None) -> Member:
    """The member, if they are in the group.  Raises `NotFound` for who never was, `Forbidden` for who was."""
    if member is None:
        raise NotFound("There is no such conversation.")
    if not member.present:
        raise Forbidden("You are no longer in this group.")
    return member


def check_post(group: Group, me: Member) -> None:
    """Raises `Forbidden` where only admins post, and this is none."""
    if group.who_posts is Who.ADMINS and not admin(me):
        raise Forbidden("Only admins may post in this group.")


def check_add(group: Group, me: Member) -> None:
    """Likewise for adding members."""
    if group.who_adds is Who.ADMINS and not admin(me):
        raise Forbidden("Only admins may add members to this group.")


def check_update(me: Member) -> None:
    """Likewise for changing what the group is."""
    if not admin(me):
        raise Forbidden("Only admins may change this group.")


def admin(member: Member) -> bool:
    """Whether they are an admin or the owner."""
    return member.role is not Role.MEMBER


def founded(owner: str, users: Iterable[str], at: str, details: Details) -> Turn:
    """A new group with its owner and first members."""
    members = [Member(owner, (Stay(at),), Role.OWNER, at), *(Member(user_id, (Stay(at),)) for user_id in users)]
    return _turn(Change.CREATED, [Move(None, member) for member in members], details)


def added(known: Mapping[str, Member], users: Iterable[str], at: str) -> Turn:
    """A stay begins for each who is not in the group, and has not been `STAYS` times."""
    moves = []
    for user_id in users:
        before = known.get(user_id)
        if before is None:
            moves.append(Move(None, Member(user_id, (Stay(at),))))
        elif not before.present and _last(before) < at and len(before.stays) < STAYS:
            moves.append(Move(before, Member(user_id, (*before.stays, Stay(at)))))
    return _turn(Change.ADDED, moves)


def without(turn: Turn, users: Collection[str]) -> Turn:
    """The turn, where these do not join after all."""
    moves = tuple(move for move in turn.moves if move.after.user_id not in users)
    return replace(turn, moves=moves, users=tuple(user_id for user_id in turn.users if user_id not in users))


def removed(me: Member, target: Member | None, at: str) -> Turn:
    """The target's stay ends (from when on, `ending` says).

    Raises `NotFound`, `Forbidden`, `InvalidRequest` for oneself, and `RetryLater` where their role was changed by a
    later position.
    """
    them = _there(target)
    if them.user_id == me.user_id:
        raise InvalidRequest("`member`: this is you; leave the group instead.")
    if _RANKS[me.role] <= _RANKS[them.role]:
        raise Forbidden("You may only remove members below you: the owner anybody, an admin who is none.")
    return _turn(Change.REMOVED, _ended(them, at))


def departed(me: Member, others: Iterable[Member], at: str) -> Turn:
    """One's own stay ends.  An owner hands over to the longest-standing of `others`, admins first.

    Raises `RetryLater` where one's own role, or all who could take over, were changed by a later position.
    """
    moves = _ended(me, at)
    if not moves or me.role is not Role.OWNER:
        return _turn(Change.LEFT, moves)
    staying = [other for other in others if other.present and other.user_id != me.user_id]
    if not staying:
        return _turn(Change.LEFT, moves)
    heirs = [other for other in staying if _last(other) < at]
    if not heirs:
        raise _crossed()
    heir = min(heirs, key=lambda other: (not admin(other), other.stays[-1].joined, other.user_id))
    owner = replace(heir, role=Role.OWNER, role_at=at)
    return Turn(Change.LEFT, (*moves, Move(heir, owner)), (me.user_id,), (("owner", heir.user_id),))


def given(me: Member, target: Member | None, role: Role, at: str) -> Turn:
    """The target has another role; with the owner's the giver becomes an admin.

    Raises `NotFound`, `Forbidden`, and `InvalidRequest` for an owner who gives up and names nobody.
    """
    them = _there(target)
    if them.user_id == me.user_id and me.role is Role.OWNER:
        raise InvalidRequest("`role`: make another member the owner, and you become an admin.")
    _check_give(me, them, role)
    moves = [Move(them, replace(them, role=role, role_at=at))]
    if role is Role.OWNER:
        moves.append(Move(me, replace(me, role=Role.ADMIN, role_at=at)))
    if them.role is role or any(move.before is not None and _last(move.before) > at for move in moves):
        return Turn(Change.ROLE)
    return Turn(Change.ROLE, tuple(moves), (them.user_id,), (("role", role.value),))


def _check_give(me: Member, them: Member, role: Role) -> None:
    if me.role is Role.OWNER:
        return
    promotes = admin(me) and role is Role.ADMIN and not admin(them)
    resigns = them.user_id == me.user_id and admin(me) and role is not Role.OWNER
    if not promotes and not resigns:
        raise Forbidden("You may not give this role: the owner may, and an admin may make members admins.")


def _there(target: Member | None) -> Member:
    if target is None or not target.present:
        raise NotFound("`member`: nobody of that user id is in this group.")
    return target


def _turn(change: Change, moves: Sequence[Move], details: Details = ()) -> Turn:
    return Turn(change, tuple(moves), tuple(move.after.user_id for move in moves), details)


def _ended(member: Member, at: str) -> list[Move]:
    """The end of the stay that stands, with which the role goes.  Nothing, if it began later than `at`.

    Raises `RetryLater` where the role came later than `at`.
    """
    *earlier, last = member.stays
    if last.joined > at:
        return []
    if member.role_at > at:
        raise _crossed()
    return [Move(member, Member(member.user_id, (*earlier, replace(last, left=ms_of(at), left_at=at))))]


def ending(moves: Sequence[Move], at: str, left: int) -> list[Move]:
    """The moves with the stays that the change at `at` ends ending at `left` (epoch ms): this is known only when they
    are about to be written."""
    return [_ending(move, at, left) for move in moves]


def _ending(move: Move, at: str, left: int) -> Move:
    *earlier, last = move.after.stays
    if last.left_at != at:
        return move
    return replace(move, after=replace(move.after, stays=(*earlier, replace(last, left=left))))


def _crossed() -> RetryLater:
    return RetryLater("The group has changed meanwhile. Send it again.")


def _last(member: Member) -> str:
    """The position of the last change of a member."""
    last = member.stays[-1]
    return max(last.joined, last.left_at, member.role_at)
