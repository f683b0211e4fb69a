"""The outbox, conversation logs and mailboxes, as the services need them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tidings.domain.events import Event, LogEntry, LogEvent, Path
from tidings.domain.position import FIRST
from tidings.domain.stamp import Fence


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """What a mutating request was, and the position it was given."""

    fingerprint: str
    position: str


class Outbox(Protocol):
    """One conditional put per mutating request."""

    def claim(self, user_id: str, client_id: str, entry: OutboxEntry, fence: Fence) -> OutboxEntry | None:
        """Put `entry` if there is none.  None: it is ours now.  Else the entry that stands (strongly read)."""
        ...

    def reclaim(self, user_id: str, client_id: str, old: str, new: str, fence: Fence) -> OutboxEntry | None:
        """Replace position `old` by `new`, on condition that `old` stands.  None: done.  Else the entry that stands."""
        ...


class Log(Protocol):
    """Conversations: the log of each, one item a position."""

    def append(self, event: LogEvent, path: Path, fence: Fence, *, withheld: bool = False) -> LogEntry | None:
        """Put the event if its position is free.  None: written.  Else the entry that stands there."""
        ...

    def get(self, conversation_id: str, position: str, *, strong: bool) -> LogEntry | None:
        """The entry at `position`, tombstones included."""
        ...

    def claim_late(
        self, conversation_id: str, position: str, old: tuple[int, ...], new: int, fence: Fence
    ) -> tuple[int, ...] | None:
        """Append stamp `new` to the claims, on condition that they still are `old` and the entry is no tombstone.

        The claims that stand afterwards (ours or another writer's), or None for a tombstone or nothing.
        """
        ...

    def page(
        self,
        conversation_id: str,
        before: str,
        limit: int,
        show: Callable[[LogEntry], bool],
        *,
        after: str = FIRST,
    ) -> tuple[list[LogEntry], str | None]:
        """Up to `limit` entries between the positions that `show` lets through, newest first, tombstones left out;
        and where to go on (a position), None at the beginning."""
        ...

    def since(
        self, conversation_id: str, after: str, before: str, limit: int, *, strong: bool = True
    ) -> tuple[list[LogEntry], str | None]:
        """Up to `limit` entries between the positions, oldest first, tombstones included; the last position looked at
        when there may be more, else None."""
        ...


class Mailboxes(Protocol):
    """Each user's event log."""

    def put(self, items: Sequence[tuple[str, Event]], fence: Fence) -> None:
        """Write each (user id, event) under the event's `arrival`.  Same keys twice are harmless.

        A message that may sound a phone is marked for the push stream unless its sender is the mailbox's owner.
        """
        ...

    def read(self, user_id: str, after: str, limit: int, max_bytes: int) -> tuple[list[Event], bool]:
        """Strongly read events with arrivals above `after`, in order; and whether there are more."""
        ...
