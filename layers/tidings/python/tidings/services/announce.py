"""The tally job: works out how far everybody in a group has got, and tells the authors concerned.

    begin: take `due` and the laggards away  ->  read members and marks (strongly)  ->  walk the log (strongly)
        ->  tell the authors  ->  finish: note how far it came, and who is in the way

`due` goes before anything is read: whoever confirms later asks for the next job, so no mark is missed.  The authors
are told before that is noted: a job that dies is delivered again and tells them again, which they do not see.  A job
that is doubled, or late, reads what stands now; its note counts only if no other job has begun meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import uuid4

from tidings.domain import position
from tidings.domain.events import LogEntry, Path, Receipt, ReceiptKind
from tidings.domain.position import LAST, floor, tag
from tidings.domain.stamp import Fence, Times
from tidings.domain.tally import KINDS, Front, Progress, walk
from tidings.ports.groups import Groups, Members, Memberships
from tidings.ports.messaging import Log, Mailboxes
from tidings.ports.people import Users
from tidings.ports.tally import Tallies
from tidings.ports.world import Clock
from tidings.services.live import Live

PAGE: Final = 25
PAGES: Final = 10
"""Of the log, for one run: what is beyond is for the next one."""


class Announcer:
    """Does the tally jobs."""

    def __init__(
        self,
        groups: Groups,
        members: Members,
        memberships: Memberships,
        users: Users,
        tallies: Tallies,
        log: Log,
        mailboxes: Mailboxes,
        live: Live,
        clock: Clock,
        times: Times,
        retention_ms: int,
    ) -> None:
        self._groups = groups
        self._members = members
        self._memberships = memberships
        self._users = users
        self._tallies = tallies
        self._log = log
        self._mailboxes = mailboxes
        self._live = live
        self._clock = clock
        self._times = times
        self._retention = retention_ms

    def run(self, conversation_id: str) -> bool:
        """Tally a group.  Whether there is more to do at once.  Raises `RetryLater`, `Unavailable`."""
        group = self._groups.get(conversation_id, strong=False) or self._groups.get(conversation_id, strong=True)
        if group is None or group.path is Path.PULL:
            return False
        fence = self._fence()
        tally = self._tallies.begin(conversation_id, run := uuid4().hex, fence)
        fronts, present = self._fronts(conversation_id)
        oldest = floor(fence.stamp - self._retention)
        starts = {kind: max(tally.reached.get(kind, ""), oldest) for kind in KINDS}
        logs = {kind: _Rest(self._log, conversation_id, starts[kind]) for kind in KINDS}
        walks = {kind: walk(fronts[kind], starts[kind], logs[kind]) for kind in KINDS}
        fence = self._fence()
        self._tell(conversation_id, fronts, walks, present, fence)
        reached = {kind: each.reached for kind, each in walks.items() if each.reached != starts[kind]}
        laggards = {kind: each.laggard for kind, each in walks.items() if each.laggard is not None}
        if reached or laggards:
            self._tallies.finish(conversation_id, run, reached, laggards, fence)
        return any(log.cut for log in logs.values())

    def _fence(self) -> Fence:
        return Fence(self._clock.now(), self._times, self._clock.now)

    def _fronts(self, conversation_id: str) -> tuple[dict[ReceiptKind, Front], frozenset[str]]:
        """How far those who are present have got, and who they are."""
        fronts = {kind: Front(kind) for kind in KINDS}
        present: set[str] = set()
        for _, page in self._members.audience(conversation_id, 0, None):
            there = {member.user_id: member.stays[-1].joined for member in page if member.present}
            rows = self._memberships.many(((user_id, conversation_id) for user_id in there), strong=True)
            for user_id, joined in there.items():
                row = rows.get((user_id, conversation_id))
                for front in fronts.values():
                    front.add(user_id, joined, row.marks if row else {})
            present |= there.keys()
        return fronts, frozenset(present)

    def _tell(
        self,
        conversation_id: str,
        fronts: dict[ReceiptKind, Front],
        walks: dict[ReceiptKind, Progress],
        present: frozenset[str],
        fence: Fence,
    ) -> None:
        """Mailboxes, then sockets.  Who hides reads learns of none; who is told of one need not hear of the delivery
        that it implies."""
        read, delivered = walks[ReceiptKind.READ], walks[ReceiptKind.DELIVERED]
        found = self._users.get(read.authors & present)
        readers = {user_id for user_id, user in found.items() if user.privacy.read_receipts}
        implied = readers if read.reached >= delivered.reached else frozenset()
        told = {ReceiptKind.DELIVERED: delivered.authors - implied, ReceiptKind.READ: frozenset(readers)}
        receipts = [
            (author, self._receipt(conversation_id, kind, walks[kind].reached, fronts[kind].taken_at(author), fence))
            for kind, authors in told.items()
            for author in sorted(authors & present)
        ]
        if not receipts:
            return
        self._mailboxes.put(receipts, fence)
        events: dict[str, list[Receipt]] = {}
        for author, receipt in receipts:
            events.setdefault(author, []).append(receipt)
        self._live.post(events)

    def _receipt(self, conversation_id: str, kind: ReceiptKind, reached: str, taken_at: int, fence: Fence) -> Receipt:
        arrival = position.make(fence.stamp, tag(conversation_id), tag(kind, reached))
        return Receipt(conversation_id, reached, None, kind, taken_at, str(arrival))


class _Rest:
    """The log after a position, a page at a time as it is asked for.  `cut`: it was not read to its end, though
    everything was wanted."""

    def __init__(self, log: Log, conversation_id: str, after: str) -> None:
        self._log = log
        self._conversation_id = conversation_id
        self._after: str | None = after
        self.cut = False

    def __iter__(self) -> Iterator[LogEntry]:
        for _ in range(PAGES):
            if self._after is None:
                return
            entries, self._after = self._log.since(self._conversation_id, self._after, LAST, PAGE)
            yield from entries
        self.cut = self._after is not None
