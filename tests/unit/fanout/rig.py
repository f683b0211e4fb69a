"""The fan-out of a group's events on fakes: the stream of the log, two lanes, mailboxes whose writes take time.

`commit` is called between a write's fence check and its taking effect, as the network does; time that passes there is
cut to less than `C`, the longest that a call can take.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.fakes import FakeLog, FakeMailboxes, FakeWorld, watched
from tests.fakes.watch import Hook
from tidings.domain.errors import TidingsError
from tidings.domain.events import Event, LogEntry, LogEvent, Message, Path
from tidings.domain.groups import Member, Stay
from tidings.domain.identity import Connection
from tidings.domain.position import FIRST, ms_of, stamped
from tidings.domain.stamp import Fence
from tidings.ports.streams import Logged, Shown
from tidings.services.claim import Stamps
from tidings.services.fanout.edges import EdgeJobs
from tidings.services.fanout.events import Copies, event_effects, event_kinds, event_rule
from tidings.services.fanout.plan import Planner
from tidings.services.fanout.stream import StreamPlanner
from tidings.services.fanout.watching import Watching
from tidings.services.fanout.work import Worker
from tidings.services.late import LateArrivals
from tidings.services.live import Live
from tidings.storage import keys

GROUP = "g#aaaaaaaaaaaaaaaa"
BOUND_MS = 60_000
VISIBILITY_MS = 360_000
HOUR = 3_600_000


class Died(BaseException):
    """The worker is gone in the middle of a call; nothing in it can catch that."""


class StreamedLog(FakeLog):
    """The log and the stream of its changes."""

    commit: Callable[[], None]

    def __init__(self) -> None:
        super().__init__()
        self.stream: list[Shown] = []
        self.at_once = False

    def append(self, event: LogEvent, path: Path, fence: Fence, **marks: bool) -> LogEntry | None:
        fence.check()
        if not self.at_once:
            self.commit()
        standing = super().append(event, path, _open(fence), **marks)
        if standing is None:
            self._show(event.conversation_id, event.position, fresh=True)
        return standing

    def claim_late(
        self, conversation_id: str, position: str, old: tuple[int, ...], new: int, fence: Fence
    ) -> tuple[int, ...] | None:
        fence.check()
        self.commit()
        before = self.entries[conversation_id, position]
        standing = super().claim_late(conversation_id, position, old, new, _open(fence))
        if before != self.entries[conversation_id, position]:
            self._show(conversation_id, position, fresh=False)
        return standing

    def _show(self, conversation_id: str, position: str, *, fresh: bool) -> None:
        self.stream.append(Logged(conversation_id, self.entries[conversation_id, position], fresh))


class SlowMailboxes(FakeMailboxes):
    """Each batch takes effect some time after its fence was checked."""

    commit: Callable[[], None]

    def put(self, items: Sequence[tuple[str, Event]], fence: Fence) -> None:
        for start in range(0, len(items), 25):
            fence.check()
            self.commit()
            super().put(items[start : start + 25], _open(fence))


def _open(fence: Fence) -> Fence:
    return Fence(2**50, fence.times, fence.now)


class Crowd:
    """Who is or was in the group, in two shards."""

    def __init__(self) -> None:
        self.all: dict[str, Member] = {}

    def many(self, _group: object, users: Iterable[str]) -> Mapping[str, Member]:
        return {name: self.all[name] for name in users if name in self.all}

    def audience(self, _conversation: str, shard: int, after: str | None) -> Iterator[tuple[int, Sequence[Member]]]:
        for at in range(shard, 2):
            bound = (after or "") if at == shard else ""
            found = [each for name, each in sorted(self.all.items()) if hash_of(name) == at and name > bound]
            for start in range(0, len(found), 7):
                yield at, found[start : start + 7]


def hash_of(name: str) -> int:
    """The shard of a member."""
    return sum(name.encode()) % 2


def watching(world: FakeWorld, live: Live) -> Watching:
    """Who tells the watchers in a world."""
    subject = keys.watched_conversation
    return Watching(world.log, world.groups, world.members, world.watchers, subject, live, world.clock, world.meter)


class Rig:
    """The engine, and what tests do with it."""

    def __init__(self) -> None:
        self.world = FakeWorld()
        self.clock = self.world.clock
        self.hook: Hook | None = None
        self.commit: Callable[[], None] | None = None
        self._limits: list[int] = []
        self.log = StreamedLog()
        self.log.commit = self._commit
        self.mailboxes = SlowMailboxes(self.clock)
        self.mailboxes.commit = self._commit
        self.crowd = Crowd()
        self.lanes = self.world.chunks
        self._frames = 0
        self.build()

    def build(self) -> None:
        """Make the services anew, as a cold start does."""
        world, clock = self.world, self.clock

        def call(name: str) -> None:
            if self.hook is not None:
                self.hook(name)

        log, mailboxes, crowd, lanes, registry = (
            watched(port, before=call, after=call)
            for port in (self.log, self.mailboxes, self.crowd, self.lanes, world.registry)
        )
        stamps = Stamps(clock, world.times)
        live = Live(registry, world.sockets, clock, world.meter)
        copies = Copies(stamps, mailboxes, LateArrivals(stamps, log, mailboxes))
        kinds = event_kinds(log, world.groups, crowd)
        planner = Planner(kinds, lanes, clock, world.meter, world.times.settle)
        edges = EdgeJobs(
            world.graph, world.posts, world.timelines, world.pulling(), clock, world.meter, world.times, BOUND_MS
        )
        effects = event_effects(log, world.groups, world.members, copies, live)
        self.planner = StreamPlanner(planner, as_shown, [event_rule])
        told, times = watching(world, live), world.times
        self.worker = Worker(kinds, effects, {}, planner, edges, told, lanes, clock, world.meter, times, BOUND_MS)

    def _commit(self) -> None:
        """A write is on its way: up to `C` may pass, and others may do their work."""
        if self.commit is None:
            return
        self._limits.append(self.clock.now() + self.world.times.call - 1)
        try:
            self.commit()
        finally:
            self._limits.pop()

    def pass_time(self, ms: int) -> None:
        """Let up to `ms` pass; no more than the calls that are on their way allow."""
        until = min([self.clock.now() + ms, *self._limits])
        self.clock.advance(max(0, until - self.clock.now()))

    def place(self, user_id: str, device_id: str = "phone") -> str:
        """A fresh position, a millisecond after whatever was before (where calls that are on their way allow it)."""
        self.pass_time(1)
        self._frames += 1
        return str(stamped(self.clock.now(), user_id, device_id, f"frame-{self._frames}"))

    def join(self, *names: str) -> None:
        """Members, each from a position of their own on."""
        for name in names:
            stays = self.crowd.all[name].stays if name in self.crowd.all else ()
            self.crowd.all[name] = Member(name, (*stays, Stay(self.place(name))))

    def leave(self, name: str) -> None:
        """End the stay: what is positioned up to `C` later is still theirs."""
        member, at = self.crowd.all[name], self.place(name)
        ended = replace(member.stays[-1], left=ms_of(at) + self.world.times.call, left_at=at)
        self.crowd.all[name] = replace(member, stays=(*member.stays[:-1], ended))

    def online(self, user_id: str, device_id: str = "phone") -> Connection:
        """Enter a connection that is an hour old."""
        connection = Connection(device_id, f"{user_id}-{device_id}", self.clock.now() - HOUR)
        self.world.registry.register(user_id, connection, self.clock.now(), 10)
        return connection

    def send(self, sender: str, text: str = "hello", path: Path = Path.CHUNK, **more: Any) -> str:
        """A message that the sender has made a fact.  Its position."""
        at = self.place(sender)
        self.log.append(Message(GROUP, at, sender, f"c-{at}", text, **more), path, self.world.fence())
        return at

    def bury(self, at: str) -> None:
        """What an unsend does to the message's log item."""
        self.log.tombstone(GROUP, at, self.place("ann"), self.world.fence())

    def plan(self) -> None:
        """Run the stream dry."""
        while self.log.stream:
            self.plan_record(self.log.stream.pop(0))

    def plan_record(self, record: Shown) -> None:
        """One record, put back when its planner dies."""
        try:
            self.planner.begin().run({"shown": record})
        except (Died, TidingsError):
            self.log.stream.append(record)

    def work(self, batch: int = 5) -> int:
        """Do the jobs that are due, some at a time; how many."""
        jobs = self.lanes.due()
        for start in range(0, len(jobs), batch):
            shift = self.worker.begin()
            for job in jobs[start : start + batch]:
                self.do(job, shift)
        return len(jobs)

    def do(self, job: Mapping[str, Any], shift: Any = None) -> None:
        """One job, put back as SQS would when its worker dies."""
        try:
            (shift or self.worker.begin()).run(json.dumps(job))
        except (Died, TidingsError):
            self.lanes.send("small", [job], VISIBILITY_MS)

    def settle(self) -> None:
        """Everything that is on its way arrives, however late it is due."""
        for _ in range(1_000):
            self.plan()
            if self.work() == 0 and not self.log.stream:
                if not self.lanes.queued:
                    return
                self.clock.ms = max(self.clock.ms, min(each.due for each in self.lanes.queued))
        raise AssertionError("the lanes never run dry")

    def box(self, user_id: str) -> list[str]:
        """The positions of what is in a mailbox, sorted: twice where it is there twice."""
        return sorted(event.position for event in self.mailboxes.boxes.get(user_id, {}).values())

    def arrivals(self, user_id: str) -> list[str]:
        """The arrivals in a mailbox, in order."""
        return sorted(self.mailboxes.boxes.get(user_id, {}))

    def due_to(self, user_id: str) -> list[str]:
        """The positions of what a member shall have received."""
        member = self.crowd.all.get(user_id)
        return [] if member is None else sorted(at for _, at in self.log.entries if member.received(at))


def as_shown(record: Mapping[str, Any]) -> Shown:
    """What stands for a stream record here."""
    shown: Shown = record["shown"]
    return shown


__all__ = ["FIRST", "GROUP", "Crowd", "Died", "Rig"]
