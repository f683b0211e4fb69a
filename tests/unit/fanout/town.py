"""A group that comes and goes past what is pushed to, its members and their readers, on fakes.

Everything that a function does in several steps is done in several steps here: others get their turn in between, time
passes, and whoever does it may die.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tests.fakes import FakeGroups, FakeMembers, FakePulled, watched
from tests.unit.fanout.rig import BOUND_MS, GROUP, HOUR, Rig, as_shown, watching
from tidings.domain.events import Change, GroupChange, Message, Path
from tidings.domain.groups import Group, Member, Move, Stay
from tidings.domain.identity import Caller, Connection, Identity
from tidings.domain.position import ms_of
from tidings.domain.pulled import OPEN
from tidings.domain.stamp import Fence
from tidings.services.claim import Stamps
from tidings.services.fanout.crossing import crossing_rule, crossing_tasks
from tidings.services.fanout.edges import EdgeJobs
from tidings.services.fanout.events import Copies, event_effects, event_kinds, event_rule
from tidings.services.fanout.plan import Planner
from tidings.services.fanout.stream import StreamPlanner
from tidings.services.fanout.work import Worker
from tidings.services.late import LateArrivals
from tidings.services.live import Live
from tidings.services.pulls import Pulls
from tidings.services.sync import Syncs

RETENTION_MS = 30 * 86_400_000
MOST = 4
"""Members that are pushed to."""


class StreamedGroups(FakeGroups):
    """Groups whose changes show in the stream."""

    rig: Town

    def turn(self, group: Group, path: Path, pulled_from: int, fence: Fence) -> bool:
        fence.check()
        self.rig.commit_now()
        done = super().turn(group, path, pulled_from, Fence(2**50, fence.times, fence.now))
        self.rig.log.stream.append(self.all[group.conversation_id])
        return done


class SlowMembers(FakeMembers):
    """A change takes effect some time after its fence was checked, if what it depends on still is as it was."""

    rig: Town

    def change(
        self, group: Group, moves: Sequence[Move], event: GroupChange, path: Path, most: int, fence: Fence
    ) -> bool:
        fence.check()
        issued = [_as_of(move, event.position, self.rig.clock.now() + fence.times.call) for move in moves]
        self.rig.commit_now()
        self.rig.log.at_once = True
        done = super().change(group, issued, event, path, most, Fence(2**50, fence.times, fence.now))
        self.rig.log.at_once = False
        self.rig.log.stream.append(self._groups.all[group.conversation_id])
        return done


def _as_of(move: Move, at: str, left: int) -> Move:
    """A stay that this change ends does so `C` after the write was issued."""
    last = move.after.stays[-1]
    if last.left_at != at:
        return move
    return replace(move, after=replace(move.after, stays=(*move.after.stays[:-1], replace(last, left=left))))


@dataclass
class Reader:
    """A device: what it has seen, and where its syncs stand."""

    user_id: str
    cursor: str | None = None
    following: str | None = None
    seen: set[str] = field(default_factory=set)


class Town(Rig):
    """The engine with groups, members and syncs."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.readers = {name: Reader(name) for name in names}
        self.metas: dict[str, tuple[int, Group]] = {}
        self.unsettled: list[str] = []
        group = Group(GROUP, self.place(names[0]), "Town")
        self.groups.create(group, self.world.fence())

    def build(self) -> None:
        """Make the services anew."""
        world, clock = self.world, self.clock
        self.groups = StreamedGroups(self.log)
        self.members = SlowMembers(self.groups, self.log)
        self.groups.rig = self.members.rig = self
        self.pulled = FakePulled(self.mailboxes, clock)

        def call(name: str) -> None:
            if self.hook is not None:
                self.hook(name)

        log, mailboxes, lanes, groups, members, pulled = (
            watched(port, before=call, after=call)
            for port in (self.log, self.mailboxes, self.lanes, self.groups, self.members, self.pulled)
        )
        stamps, times, meter = Stamps(clock, world.times), world.times, world.meter
        live = Live(world.registry, world.sockets, clock, meter)
        copies = Copies(stamps, mailboxes, LateArrivals(stamps, log, mailboxes))
        kinds = event_kinds(log, groups, members)
        planner = Planner(kinds, lanes, clock, meter, times.settle)
        edges = EdgeJobs(world.graph, world.posts, world.timelines, world.pulling(), clock, meter, times, BOUND_MS)
        tasks = crossing_tasks(groups, members, pulled, clock, meter, times, MOST)
        self.planner = StreamPlanner(planner, as_shown, [event_rule, crossing_rule(MOST)])
        effects = event_effects(log, groups, members, copies, live)
        told = watching(world, live)
        self.worker = Worker(kinds, effects, tasks, planner, edges, told, lanes, clock, meter, times, BOUND_MS)
        pulls = Pulls(log, groups, members, times, RETENTION_MS)
        self.syncs = Syncs(mailboxes, world.registry, world.users, clock, times, RETENTION_MS, 10, pulls)
        self._steps = (groups, members, pulled, log)

    def commit_now(self) -> None:
        """A write is on its way."""
        self._commit()

    @property
    def group(self) -> Group:
        """As it stands."""
        return self.groups.all[GROUP]

    def member(self, name: str) -> Member | None:
        """As they stand."""
        return self.members.all.get(GROUP, {}).get(name)

    def enter(self, name: str) -> bool:
        """Join, as the send function does it.  Whether it took place."""
        groups, members, pulled, _ = self._steps
        at = self.place(name)
        fence = self.world.fence(ms_of(at))
        group = groups.get(GROUP, strong=True)
        before = members.get(group, name)
        if before is not None and before.present:
            return False
        pulled.expect(name, GROUP, at, fence, start=group.pulled_from)
        after = Member(name, (*(before.stays if before else ()), Stay(at)))
        return self._change(group, Move(before, after), Change.ADDED, at, fence)

    def exit(self, name: str) -> bool:
        """Leave, as the send function does it.  Whether it took place."""
        groups, members, pulled, _ = self._steps
        at = self.place(name)
        fence = self.world.fence(ms_of(at))
        group = groups.get(GROUP, strong=True)
        before = members.get(group, name)
        if before is None or not before.present:
            return False
        pulled.doubt(name, GROUP, before.stays[-1].joined, fence)
        ended = replace(before.stays[-1], left=OPEN, left_at=at)
        after = replace(before, stays=(*before.stays[:-1], ended))
        return self._change(group, Move(before, after), Change.LEFT, at, fence)

    def _change(self, group: Group, move: Move, change: Change, at: str, fence: Fence) -> bool:
        members = self._steps[1]
        name = move.after.user_id
        self.unsettled.append(name)
        event = GroupChange(GROUP, at, name, f"c-{at}", change, (name,))
        done: bool = members.change(group, [move], event, group.path, 1_000, fence)
        return done

    def repair(self, name: str) -> None:
        """What the stream of the log sees to after a change."""
        groups, members, pulled, _ = self._steps
        group = groups.get(GROUP, strong=True)
        member = members.get(group, name)
        if member is not None:
            pulled.settle(name, GROUP, member.stays, self.world.fence(), start=group.pulled_from)

    def say(self, name: str) -> str | None:
        """Send, as the send function does it, by a `meta` that may be some seconds old.  The position, None if
        refused."""
        groups, members, _, log = self._steps
        at = self.place(name)
        read_at, group = self.metas.get(name, (0, self.group))
        if (now := self.clock.now()) - read_at > 5_000:
            group = groups.get(GROUP, strong=False)
            # As `Metas` does it: what took long to be read was true when the reading began.
            self.metas[name] = now, group
        member = members.get(group, name)
        if member is None or not member.present:
            return None
        event = Message(GROUP, at, name, f"c-{at}", "hello")
        log.append(event, group.path, self.world.fence(ms_of(at)))
        return at

    def read(self, name: str, limit: int, *, pages: int = 1_000) -> list[str]:
        """A sync of so many pages at most, going on with the last one if that was not at its end.  What it gave."""
        reader, got = self.readers[name], []
        caller = Caller(
            Identity(name, "phone", 4_102_444_800),
            Connection("phone", f"{name}-phone", self.clock.now() - HOUR),
            self.clock.now(),
            "frame",
        )
        for _ in range(pages):
            cursor = None if reader.following else reader.cursor
            page = self.syncs.page(caller, cursor, reader.following, limit)
            got += [event.position for event in page.events]
            reader.seen |= {event.position for event in page.events}
            reader.cursor, reader.following = page.cursor, page.following
            if page.following is None:
                break
        return got

    def due_to(self, user_id: str) -> list[str]:
        """The positions of what a member shall have received."""
        member = self.member(user_id)
        return [] if member is None else sorted(at for _, at in self.log.entries if member.received(at))
