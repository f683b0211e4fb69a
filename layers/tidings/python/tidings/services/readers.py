"""`receipts`: who has received a message and who has read it, asked for by somebody in its conversation.

One entry for each who was there at the message, its sender aside; those who have left since are among them.  Whoever
asks must be there and have received the message.  Reads are hidden both ways: who shows none of theirs sees nobody's.
A mark moves on, so its time is that of the newest confirmation that covers the message.

In a 1:1 whose reader has blocked the other side, what was withheld is confirmed to nobody, and what is hidden
(`SEEN`) tells nothing: it may have been read since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tidings.domain import conversation
from tidings.domain.errors import Forbidden, NotFound
from tidings.domain.events import LogEntry, Message, ReceiptKind
from tidings.domain.groups import Member
from tidings.domain.identity import Caller
from tidings.domain.position import floor, ms_of
from tidings.ports.groups import Groups, Members, Membership, Memberships
from tidings.ports.messaging import Log
from tidings.ports.people import Users

DELIVERED, READ, SEEN = ReceiptKind.DELIVERED, ReceiptKind.READ, ReceiptKind.SEEN


@dataclass(frozen=True, slots=True)
class Reader:
    """How far somebody has got with a message: epoch ms, None where it is not known or not shown."""

    user_id: str
    delivered_at: int | None = None
    read_at: int | None = None


@dataclass(frozen=True, slots=True)
class ReadersPage:
    """Some of those who were there; `following` is where to go on, None at the end."""

    readers: tuple[Reader, ...]
    following: str | None = None


class Readers:
    """Answers who has received and read a message."""

    def __init__(self, log: Log, memberships: Memberships, groups: Groups, members: Members, users: Users) -> None:
        self._log = log
        self._memberships = memberships
        self._groups = groups
        self._members = members
        self._users = users

    def page(self, caller: Caller, chat: str, at: str, after: str | None, limit: int) -> ReadersPage:
        """Up to about `limit` of those who were there at the message.  Raises `NotFound`, `Forbidden`,
        `InvalidRequest`, `Unavailable`."""
        if conversation.is_group(chat):
            return self._of_group(caller, chat, at, after, limit)
        other = conversation.other(chat, caller.user_id)
        entry = self._message(caller, chat, at)
        reader = other if entry.sender == caller.user_id else caller.user_id
        return ReadersPage(self._readers(caller, chat, entry, [reader]))

    def _of_group(self, caller: Caller, chat: str, at: str, after: str | None, limit: int) -> ReadersPage:
        group = self._groups.get(chat, strong=False) or self._groups.get(chat, strong=True)
        if group is None:
            raise NotFound("There is no such conversation.")
        me = self._members.get(group, caller.user_id)
        if me is None or not me.present:
            raise Forbidden("You are not in this conversation.")
        if not me.received(at):
            raise Forbidden("You did not receive this message.")
        entry = self._message(caller, chat, at)

        def there(member: Member) -> bool:
            return member.user_id != entry.sender and member.received(at)

        found, following = self._members.page(group, after, limit, there)
        return ReadersPage(self._readers(caller, chat, entry, [each.user_id for each in found]), following)

    def _message(self, caller: Caller, chat: str, at: str) -> LogEntry:
        """The message: a cheap read first, for it nearly always is there."""
        for strong in (False, True):
            entry = self._log.get(chat, at, strong=strong)
            shown = entry is not None and (entry.sender == caller.user_id or not entry.withheld)
            if entry is not None and shown and isinstance(entry.event, Message):
                return entry
        raise NotFound("There is no message at this position of the conversation.")

    def _readers(self, caller: Caller, chat: str, entry: LogEntry, users: Iterable[str]) -> tuple[Reader, ...]:
        asked = list(users)
        rows = self._memberships.many((user_id, chat) for user_id in asked)
        found = self._users.get({caller.user_id, *asked})
        hidden = {user_id for user_id, user in found.items() if not user.privacy.read_receipts}
        if caller.user_id in hidden:
            hidden |= set(asked)
        return tuple(
            Reader(user_id) if entry.withheld else _reader(user_id, rows.get((user_id, chat)), entry, user_id in hidden)
            for user_id in asked
        )


def _reader(user_id: str, row: Membership | None, entry: LogEntry, hidden: bool) -> Reader:
    if row is None:
        return Reader(user_id)
    arrived = floor(max((ms_of(entry.position), *entry.claims)))
    times = {kind: mark.taken_at for kind, mark in row.marks.items() if mark.covers(entry.position, arrived)}
    shown = (DELIVERED, READ) if row.blocked else (DELIVERED, READ, SEEN)
    delivered = min((times[kind] for kind in shown if kind in times), default=None)
    return Reader(user_id, delivered, None if hidden else times.get(READ))
