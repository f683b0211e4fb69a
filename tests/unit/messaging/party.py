"""A group on the fakes, and its tally jobs as the stream and the lanes run them."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from tests.fakes import watched
from tests.fakes.watch import Hook
from tests.unit.messaging.rig import RETENTION_MS, Rig
from tidings.domain.events import Message, Path, Receipt, ReceiptKind
from tidings.domain.groups import Group, Member, Stay
from tidings.domain.position import stamped
from tidings.services.announce import Announcer
from tidings.services.receipts import Confirm, Confirmed
from tidings.services.send import Sent

GROUP = "g#aaaaaaaaaaaaaaaa"
T = TypeVar("T")
DELIVERED, READ, SEEN = ReceiptKind.DELIVERED, ReceiptKind.READ, ReceiptKind.SEEN


class Party:
    """A group, each of whose members has one phone.  Everything happens a second after the last thing."""

    def __init__(self, rig: Rig, *users: str, path: Path = Path.CHUNK) -> None:
        self.rig = rig
        self.world = rig.world
        self.path = path
        self._heard = 0
        self.world.groups.all[GROUP] = Group(GROUP, self._at(), "party", path=path)
        for user_id in users:
            self.join(user_id)
        self.rig.clock.advance(1_000)

    def _at(self) -> str:
        self.rig.clock.advance(1_000)
        return str(stamped(self.rig.clock.now(), "party", "phone", "frame"))

    @property
    def members(self) -> dict[str, Member]:
        return self.world.members.all.setdefault(GROUP, {})

    def join(self, user_id: str, *, begun: bool = True) -> str:
        """Somebody comes (again); the position of it."""
        at = self._at()
        self.rig.person(user_id, "phone")
        before = self.members.get(user_id, Member(user_id, ()))
        self.members[user_id] = replace(before, stays=(*before.stays, Stay(at)))
        if begun:
            self.world.memberships.begin(user_id, GROUP, at, self.world.fence())
        return at

    def leave(self, user_id: str) -> None:
        """Somebody goes."""
        at = self._at()
        member = self.members[user_id]
        gone = replace(member.stays[-1], left=self.rig.clock.now() + self.world.times.call, left_at=at)
        self.members[user_id] = replace(member, stays=(*member.stays[:-1], gone))
        self.world.memberships.end(user_id, GROUP, at, self.world.fence())

    def say(self, sender: str) -> Sent:
        """A message in the log."""
        at = self._at()
        self.world.log.append(Message(GROUP, at, sender, at, "hello"), self.path, self.world.fence())
        self.rig.clock.advance(1_000)
        return Sent(at, GROUP, at)

    def take_back(self, sent: Sent) -> None:
        """A message becomes a tombstone."""
        entry = self.world.log.entries[GROUP, sent.position]
        self.world.log.entries[GROUP, sent.position] = replace(entry, event=None)

    def ack(self, reader: str, sent: Sent, kind: ReceiptKind = READ, taken_at: int | None = None) -> Confirmed:
        """One receipt in a frame of its own."""
        command = Confirm(GROUP, kind, sent.position, taken_at)
        return self.rig.messaging.one(self.rig.caller(reader), command, Confirmed)

    def job(self, before: Hook | None = None, after: Hook | None = None) -> Announcer:
        """The tally job, with hooks around each call."""
        world = self.world

        def port(store: T) -> T:
            return watched(store, before=before, after=after)

        return Announcer(
            port(world.groups),
            port(world.members),
            port(world.memberships),
            port(world.users),
            port(world.tallies),
            port(world.log),
            port(world.mailboxes),
            self.rig.live,
            world.clock,
            world.times,
            RETENTION_MS,
        )

    def run(self) -> int:
        """Run every job that was asked for since the last time, and what is left of it.  How many there were."""
        jobs = 0
        while self._heard < len(self.world.tallies.asked):
            _, due = self.world.tallies.asked[self._heard]
            self._heard += 1
            self.rig.clock.advance(max(0, due - self.rig.clock.now()))
            jobs += self.finish()
        return jobs

    def finish(self) -> int:
        """Run one job to its end, whoever asked for it.  In how many runs."""
        runs = 1
        while self.job().run(GROUP):
            runs += 1
        return runs

    def told(self, user_id: str) -> list[Receipt]:
        """What an author was told about everybody, in order."""
        return [receipt for receipt in self.rig.receipts(user_id) if receipt.reader is None]

    def news(self, user_id: str) -> list[tuple[ReceiptKind, str]]:
        """The same, without the times."""
        return [(receipt.kind, receipt.position) for receipt in self.told(user_id)]
