"""The sweep that follows an unsend: no mailbox keeps a copy of the message, or of an edit of it.

The tombstones say where copies went: to the positions themselves, and to the arrivals claimed on the log items.  It
runs at once, and again after `T`: whoever read the message alive just before the tombstone has written by then.  What
is planned later meets the tombstone itself.

A message that is pulled was written only for those whom it mentions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tidings.domain import conversation
from tidings.domain.events import LogEntry, Path, Unsend
from tidings.domain.stamp import Fence
from tidings.ports.groups import Members
from tidings.ports.messaging import Log, Mailboxes
from tidings.ports.streams import Logged, Shown
from tidings.services.fanout.jobs import PlanJob
from tidings.services.fanout.kinds import Apply, Effect, Kind, Subject, Wanted
from tidings.services.late import late_arrival

SWEEP: Final = "sweep"


def sweep_rule(shown: Shown) -> Iterator[Wanted]:
    """A new unsend asks for two sweeps of the message that it is about, whatever path that took."""
    if isinstance(shown, Logged) and shown.fresh and isinstance(shown.entry.event, Unsend):
        yield Wanted(PlanJob(SWEEP, shown.conversation_id, shown.entry.event.target), again=True)


class Holders:
    """The audience of a sweep: who can have a copy."""

    def __init__(self, log: Log, members: Members) -> None:
        self._log = log
        self._members = members

    def first(self, subject: Subject) -> Sequence[str]:
        """The two of a 1:1 conversation; nobody of a group."""
        return () if conversation.is_group(subject.owner) else conversation.members(subject.owner)

    def members(self, subject: Subject, shard: int, after: str | None) -> Iterator[tuple[int, str]]:
        """The members of a group who received the message or an edit of it (where newcomers see what was before them,
        they are told of edits, too), or whom a pulled one mentions."""
        if not conversation.is_group(subject.owner):
            return
        entries = tombstones(self._log, subject)
        if entries and all(entry.path is Path.PULL for entry in entries):
            yield from ((0, user_id) for user_id in sorted(entries[0].mentions) if user_id > (after or ""))
            return
        told = [entry.position for entry in entries]
        for at, page in self._members.audience(subject.owner, shard, after):
            yield from ((at, member.user_id) for member in page if any(map(member.received, told)))


class DeleteCopies:
    """Takes the copies of a message, and of its edits, out of each recipient's mailbox."""

    def __init__(self, log: Log, mailboxes: Mailboxes) -> None:
        self._log = log
        self._mailboxes = mailboxes

    def prepare(self, subject: Subject) -> Apply | None:
        """Read the tombstones strongly.  None where there are none."""
        arrivals = [arrival for entry in tombstones(self._log, subject) for arrival in _arrivals(entry)]
        if not arrivals:
            return None

        def apply(recipients: Sequence[str], fence: Fence) -> None:
            self._mailboxes.delete([(owner, arrival) for owner in recipients for arrival in arrivals], fence)

        return apply


def tombstones(log: Log, subject: Subject) -> list[LogEntry]:
    """Those of a message and of its edits; none while the message is alive."""
    message = log.get(subject.owner, subject.position, strong=True)
    if message is None or message.event is not None:
        return []
    edits = (log.get(subject.owner, edit, strong=True) for edit in message.edits)
    return [message, *(edit for edit in edits if edit is not None)]


def _arrivals(entry: LogEntry) -> list[str]:
    return [entry.position, *(late_arrival(entry.position, stamp) for stamp in entry.claims)]


def sweep_kinds(log: Log, members: Members) -> dict[str, Kind]:
    """The registry's entry for sweeps."""
    return {SWEEP: Kind(Holders(log, members))}


def sweep_effects(log: Log, mailboxes: Mailboxes) -> dict[str, Effect]:
    """What workers do for them."""
    return {SWEEP: DeleteCopies(log, mailboxes)}
