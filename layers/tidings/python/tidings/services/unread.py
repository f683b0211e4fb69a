"""How much a reader has not read: the number on the app's icon, and what the conversation list shares with it.

The total is counted in the reader's own mailbox, among its latest events: one query (they are what there is to read),
and the reader's side of each conversation that still has a candidate.  What lies further back is not on the icon.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tidings.domain import conversation
from tidings.domain.events import Event, Hidden, Message, ReceiptKind, Unsend
from tidings.domain.watermark import covered
from tidings.ports.groups import Membership, Memberships
from tidings.ports.messaging import Mailboxes
from tidings.ports.world import Clock

MOST: Final = 99
"""Where counting ends: an app shows "99+"."""
LATEST: Final = 200
"""Events of a mailbox that are looked at: at most 25 read units, with short messages a quarter of it."""
READ: Final = (ReceiptKind.READ, ReceiptKind.SEEN)
"""The marks that say that a message was read."""


class Unread:
    """Counts in mailboxes."""

    def __init__(self, mailboxes: Mailboxes, memberships: Memberships, clock: Clock) -> None:
        self._mailboxes = mailboxes
        self._memberships = memberships
        self._clock = clock

    def total(self, user_id: str) -> int:
        """The unread messages of conversations that count, up to `MOST`.  Raises `Unavailable`."""
        return min(MOST, len(self.messages(user_id)))

    def messages(self, user_id: str) -> list[Message]:
        """The unread messages themselves, of conversations that count.  Raises `Unavailable`."""
        candidates = _candidates(user_id, self._mailboxes.newest(user_id, LATEST))
        chats = {message.conversation_id for message in candidates}
        rows = self._memberships.many((user_id, chat) for chat in sorted(chats))
        now = self._clock.now()
        return [each for each in candidates if _unread(each, rows.get((user_id, each.conversation_id)), now)]


def counts(row: Membership, now: int) -> bool:
    """Whether a conversation counts in the total: not muted, not archived, and the reader still hears of it."""
    return not (row.muted_until > now or row.archived or row.blocked or row.left)


def read_up_to(row: Membership) -> str:
    """The position up to which the reader has read; empty where they never have."""
    return max((row.marks[kind].position for kind in READ if kind in row.marks), default="")


def _candidates(user_id: str, events: Sequence[Event]) -> list[Message]:
    """Messages of others, each once, that were neither taken back nor deleted by the reader."""
    gone = {(each.conversation_id, each.target) for each in events if isinstance(each, Unsend | Hidden)}
    found = {
        (each.sender, each.client_id): each
        for each in events
        if isinstance(each, Message) and each.sender != user_id and (each.conversation_id, each.position) not in gone
    }
    return list(found.values())


def _unread(message: Message, row: Membership | None, now: int) -> bool:
    if row is None:
        return True
    if conversation.is_group(row.conversation_id) and message.position < row.joined_at:
        return False  # Of an earlier stay.
    marks = tuple(row.marks.get(kind) for kind in READ)
    return counts(row, now) and not covered(marks, message.position, message.arrival)
