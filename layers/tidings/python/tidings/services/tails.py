"""The end of a conversation's log as one of its readers sees it: what was last, and how much of it is unread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tidings.domain.events import GroupChange, LogEntry, Message, tells_of
from tidings.domain.position import FIRST, LAST
from tidings.ports.groups import Membership
from tidings.ports.messaging import Log
from tidings.services.own_edits import as_seen
from tidings.services.unread import MOST, read_up_to

LOOKS: Final = (1, 24, 75)
"""Entries of one look after the other: the newest item is nearly always one that shows."""
Shown = Message | GroupChange


@dataclass(frozen=True, slots=True)
class Tail:
    """The newest that shows.  `whole`: with `last` None, there is nothing that shows, however far back one looks."""

    last: Shown | None
    whole: bool = True


class Tails:
    """Reads the ends of logs for `user_id`, eventually consistent; `hidden` are positions by conversation."""

    def __init__(self, log: Log, user_id: str, hidden: Mapping[str, frozenset[str]]) -> None:
        self._log = log
        self._user_id = user_id
        self._hidden = hidden

    def of(self, row: Membership) -> Tail:
        """The newest message or change."""
        shows = self._shows(row)
        after, before = bounds(row)
        for limit in LOOKS:
            entries, further = self._log.page(row.conversation_id, before, limit, shows, after=after)
            for entry in entries[:1]:
                event = as_seen(self._log, entry, self._user_id)
                return Tail(event if isinstance(event, Shown) else None)
            if further is None:
                return Tail(None)
            before = further
        return Tail(None, whole=False)

    def unread(self, row: Membership, tail: Tail) -> int:
        """The messages of others above what the reader has read, up to `MOST`.

        They are looked for from the tail down, one look of the log's page: about 400 entries at most, among them
        reactions and what the reader wrote.  So whatever lies further up, the newest message is counted.
        """
        read = read_up_to(row)
        if tail.last is not None and tail.last.position <= read:
            return 0
        shows = self._shows(row)
        after, before = bounds(row)
        if tail.last is not None:
            before = tail.last.position + "~"
        found, _ = self._log.page(
            row.conversation_id,
            before,
            MOST,
            lambda entry: self._counts(entry) and shows(entry),
            after=max(after, read),
        )
        return len(found)

    def _shows(self, row: Membership) -> Callable[[LogEntry], bool]:
        """What is for the reader, and whose text is: of a message that was edited when they had left it is not."""
        hidden = self._hidden.get(row.conversation_id, frozenset())
        after, before = bounds(row)

        def shows(entry: LogEntry) -> bool:
            event = entry.event
            if not isinstance(event, Shown) or entry.position in hidden:
                return False
            text = tells_of(event)
            mine = entry.sender == self._user_id or not entry.withheld
            return mine and (text is None or after < text < before)

        return shows

    def _counts(self, entry: LogEntry) -> bool:
        return isinstance(entry.event, Message) and entry.sender != self._user_id


def bounds(row: Membership) -> tuple[str, str]:
    """Between which positions (exclusive) the reader sees the end of a log.

    In a group from their latest join on, to their leave if they have left.  What an earlier stay has left unread does
    not count any more.
    """
    group = row.conversation_id.startswith("g#")
    after = row.joined_at[:-1] if group and row.joined_at else FIRST
    return after, row.left_at + "~" if row.left else LAST
