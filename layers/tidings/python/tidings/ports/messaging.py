"""The outbox, conversation logs and mailboxes, as the services need them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tidings.domain.events import Edit, Event, LogEntry, LogEvent, Path, Reaction
from tidings.domain.position import FIRST
from tidings.domain.pulled import Marks
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

    def get(self, user_id: str, client_id: str) -> OutboxEntry | None:
        """The entry that stands (strongly read)."""
        ...

    def reclaim(self, user_id: str, client_id: str, old: str, new: str, fence: Fence) -> OutboxEntry | None:
        """Replace position `old` by `new`, on condition that `old` stands.  None: done.  Else the entry that stands."""
        ...


class Log(Protocol):
    """Conversations: the log of each, one item a position."""

    def append(
        self,
        event: LogEvent,
        path: Path,
        fence: Fence,
        *,
        withheld: bool = False,
        quiet: bool = False,
        alone: bool = False,
    ) -> LogEntry | None:
        """Put the event if its position is free.  None: written.  Else the entry that stands there."""
        ...

    def void(self, event: LogEvent, path: Path, fence: Fence) -> bool:
        """Put a tombstone where the event would stand, if its position is free: it was decided that nothing happens.
        Whether it was put."""
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

    def edit(self, edit: Edit, fence: Fence, *, withheld: bool = False) -> LogEntry | None:
        """Give the message at `edit.target` its text, unless a later edit did, and note its position either way.

        A `withheld` edit gives its text only to a withheld message.  Nothing changes where there is no message of the
        edit's sender, or its tombstone, or where `MAX_EDITS` are noted already.  The entry that stands afterwards;
        None: nothing is there.
        """
        ...

    def tombstone(
        self, conversation_id: str, position: str, unsend: str, fence: Fence, *, sender: str = "", instead: str = ""
    ) -> LogEntry | None:
        """Replace a message by its tombstone, which keeps path, claims and edits, and the position of the `unsend`.

        Nothing changes where there is no message (of `sender`, if one is given), or a tombstone already, but for the
        one of the unsend at `instead`, which was never finished.  The entry that stands afterwards; None: nothing is
        there.
        """
        ...

    def erase(self, conversation_id: str, position: str, sender: str, fence: Fence) -> None:
        """Leave a tombstone where an edit of `sender` stands, or may still be written."""
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


@dataclass(frozen=True, slots=True)
class StandingReaction:
    """The reaction, at `position`, of `user_id` to the message at `target`; without `emoji` it was taken back.  A
    `withheld` one is shown to nobody else, and stands beside what was shown."""

    target: str
    user_id: str
    position: str
    emoji: str
    withheld: bool = False


class Reactions(Protocol):
    """Conversations: who reacts to a message with what, one item a (message, user), a register by position."""

    def put(self, reaction: Reaction, fence: Fence, *, withheld: bool = False) -> None:
        """Make it the user's reaction unless a later one stands.  An empty one leaves a tombstone."""
        ...

    def page(self, conversation_id: str, low: str, high: str, limit: int) -> tuple[list[StandingReaction], str | None]:
        """Reactions to the messages from `low` to `high` (inclusive), those to the newest first, tombstones among
        them: up to `limit` (eventually consistent).  The message that may have more of them, None if that was
        all."""
        ...

    def of(self, conversation_id: str, position: str, user_id: str) -> StandingReaction | None:
        """One user's reaction to a message, as it stands for that user (eventually consistent); a tombstone is none."""
        ...


@dataclass(frozen=True, slots=True)
class MailboxPage:
    """Events in order of arrival.  At the end (`more` is false) what the user's syncs pull besides."""

    events: tuple[Event, ...]
    more: bool
    pulled: tuple[Marks, ...] = ()


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

    def page(self, user_id: str, after: str, limit: int, max_bytes: int) -> MailboxPage:
        """The same with what stands at the mailbox's end, for no more reading; only that after
        `tidings.domain.position.LAST`."""
        ...

    def newest(self, user_id: str, limit: int) -> list[Event]:
        """The latest `limit` events at most, newest first (eventually consistent)."""
        ...

    def delete(self, keys: Sequence[tuple[str, str]], fence: Fence) -> None:
        """Delete what stands at each (user id, arrival); nothing there is fine."""
        ...
