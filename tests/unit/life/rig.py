"""Messages, edits and unsends together with the fan-out, on fakes: every write takes time, everybody may die.

ann, bob and cid are in a group whose events go by chunks; ann and bob talk with each other, too.  A request that is not
answered is sent again.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes import FakeOutbox, watched
from tests.unit.fanout.rig import BOUND_MS, GROUP, HOUR, StreamedLog, watching
from tests.unit.fanout.rig import Rig as FanoutRig
from tidings.domain import conversation
from tidings.domain.events import Edit, LogEntry, LogEvent, Message, Path
from tidings.domain.groups import Group
from tidings.domain.identity import Caller, Connection, Identity
from tidings.domain.stamp import Fence
from tidings.ports import OutboxEntry, User
from tidings.ports.streams import Logged
from tidings.services.claim import Claims
from tidings.services.deliver import Deliverer
from tidings.services.edit import Editor
from tidings.services.facts import Facts, Sent
from tidings.services.fanout.edges import EdgeJobs
from tidings.services.fanout.events import Copies, event_effects, event_kinds, event_rule
from tidings.services.fanout.plan import Planner
from tidings.services.fanout.stream import StreamPlanner
from tidings.services.fanout.sweep import sweep_effects, sweep_kinds, sweep_rule
from tidings.services.fanout.work import Worker
from tidings.services.hide import Hider
from tidings.services.late import LateArrivals
from tidings.services.live import Live
from tidings.services.messaging import Command, Messaging, Use
from tidings.services.people import People
from tidings.services.react import Reactor
from tidings.services.room import Room
from tidings.services.rooms import Rooms
from tidings.services.send import Sender, SendMessage
from tidings.services.targets import Targets
from tidings.services.unsend import Unsender
from tidings.services.uses import life_uses
from tidings.services.views import View, Views

PAIR = "dm#ann#bob"
NAMES = ("ann", "bob", "cid")
WINDOW = 1_000 * HOUR


def unfenced(fence: Fence) -> Fence:
    """The fence of a write whose fence was checked before."""
    return Fence(2**50, fence.times, fence.now)


class SlowOutbox(FakeOutbox):
    """Each write takes effect some time after its fence was checked."""

    commit: Callable[[], None]

    def claim(self, user_id: str, client_id: str, entry: OutboxEntry, fence: Fence) -> OutboxEntry | None:
        fence.check()
        self.commit()
        return super().claim(user_id, client_id, entry, unfenced(fence))

    def reclaim(self, user_id: str, client_id: str, old: str, new: str, fence: Fence) -> OutboxEntry | None:
        fence.check()
        self.commit()
        return super().reclaim(user_id, client_id, old, new, unfenced(fence))


class SlowLog(StreamedLog):
    """The same for what is written to the log, which shows its changes in the stream."""

    def append(self, event: LogEvent, path: Path, fence: Fence, **marks: bool) -> LogEntry | None:
        fence.check()
        self.commit()
        return super().append(event, path, unfenced(fence), **marks)

    def edit(self, edit: Edit, fence: Fence, *, withheld: bool = False) -> LogEntry | None:
        fence.check()
        self.commit()
        return super().edit(edit, unfenced(fence), withheld=withheld)

    def tombstone(
        self, conversation_id: str, position: str, unsend: str, fence: Fence, *, sender: str = "", instead: str = ""
    ) -> LogEntry | None:
        fence.check()
        self.commit()
        place = (conversation_id, position, unsend)
        return super().tombstone(*place, unfenced(fence), sender=sender, instead=instead)

    def erase(self, conversation_id: str, position: str, sender: str, fence: Fence) -> None:
        fence.check()
        self.commit()
        super().erase(conversation_id, position, sender, unfenced(fence))


class Chat(Rooms):
    """The group has everybody in it, and goes by chunks; the pair have met."""

    def __init__(self) -> None:
        pass

    def direct(self, caller: Caller, to: str) -> Room:
        return self.of(caller, conversation.direct_id(caller.user_id, to))

    def writing(self, caller: Caller, conversation_id: str, *, posts: bool = False) -> Room:
        if conversation_id == GROUP:
            return Room(GROUP, Path.CHUNK, lambda _position, _about="": ())
        other = conversation.other(conversation_id, caller.user_id)
        return Room(conversation_id, Path.INLINE, lambda _position, _about="": (other,))


class Open(Views):
    """Everybody may read everything."""

    def __init__(self) -> None:
        pass

    def of(self, caller: Caller, conversation_id: str) -> View:
        return View()


class Rig(FanoutRig):
    """The engine and the requests."""

    def __init__(self) -> None:
        super().__init__()
        self.log = SlowLog()
        self.log.commit = self._commit
        self.log.at_once = True  # on top of what takes time here
        self.outbox = SlowOutbox(self.clock)
        self.outbox.commit = self._commit
        for name in NAMES:
            self.world.users.users[name] = User(name, devices=frozenset({"phone", "laptop"}))
        self.world.groups.create(Group(GROUP, self.place("ann"), "a group"), self.world.fence())
        self.join(*NAMES)
        self.build()

    def build(self) -> None:
        """Make the services anew, as a cold start does."""
        if not hasattr(self, "outbox"):
            return
        world, clock = self.world, self.clock

        def call(name: str) -> None:
            if self.hook is not None:
                self.hook(name)

        log, mailboxes, crowd, lanes, outbox = (
            watched(port, before=call, after=call)
            for port in (self.log, self.mailboxes, self.crowd, self.lanes, self.outbox)
        )
        claims = Claims(outbox, clock, world.times)
        late = LateArrivals(claims, log, mailboxes)
        live = Live(world.registry, world.sockets, clock, world.meter)
        self._engine(log, mailboxes, crowd, lanes, Copies(claims, mailboxes, late), live)
        facts, rooms, targets = Facts(claims, log, late), Chat(), Targets(log)
        uses = life_uses(
            Editor(claims, facts, rooms, log, WINDOW),
            Unsender(claims, facts, rooms, log, WINDOW),
            Reactor(claims, facts, rooms, targets, world.reactions),
            Hider(claims, Open(), targets, world.memberships),
        )
        uses[SendMessage] = Use(Sender(facts, rooms, targets).prepare)
        self.messaging = Messaging(People(world.users), Deliverer(mailboxes, live), uses)

    def _engine(
        self,
        log: SlowLog,
        mailboxes: object,
        crowd: object,
        lanes: object,
        copies: Copies,
        live: Live,
    ) -> None:
        world, clock = self.world, self.clock
        kinds = {**event_kinds(log, world.groups, crowd), **sweep_kinds(log, crowd)}
        effects = {**event_effects(log, world.groups, crowd, copies, live), **sweep_effects(log, mailboxes)}
        planner = Planner(kinds, lanes, clock, world.meter, world.times.settle)
        edges = EdgeJobs(
            world.graph, world.posts, world.timelines, world.pulling(), clock, world.meter, world.times, BOUND_MS
        )
        self.planner = StreamPlanner(planner, _as_shown, [event_rule, sweep_rule])
        told, times = watching(world, live), world.times
        self.worker = Worker(kinds, effects, {}, planner, edges, told, lanes, clock, world.meter, times, BOUND_MS)

    def request(self, user_id: str, command: Command, device: str = "phone") -> Sent:
        """A command in a frame of its own, a millisecond after whatever was before."""
        self.clock.advance(1)
        self._frames += 1
        connection = Connection(device, f"{user_id}-{device}", self.clock.now() - HOUR)
        identity = Identity(user_id, device, 4_102_444_800)
        caller = Caller(identity, connection, self.clock.now(), f"frame-{self._frames}")
        return self.messaging.one(caller, command, Sent)

    def texts(self, conversation_id: str, at: str) -> list[tuple[str, str]]:
        """Who holds which text of the message at a position, in a copy of it or of an edit."""
        return [
            (owner, event.text)
            for owner, box in self.mailboxes.boxes.items()
            for event in box.values()
            if isinstance(event, Message | Edit)
            and event.conversation_id == conversation_id
            and at == (event.target if isinstance(event, Edit) else event.position)
        ]

    def shown(self, owner: str, conversation_id: str, at: str) -> str | None:
        """The text that a reader shows who has read the whole mailbox; None where there is no such message."""
        held = [event for event in self.mailboxes.boxes.get(owner, {}).values() if isinstance(event, Message | Edit)]
        place = (conversation_id, at)
        messages = [
            each for each in held if isinstance(each, Message) and (each.conversation_id, each.position) == place
        ]
        edits = [each for each in held if isinstance(each, Edit) and (each.conversation_id, each.target) == place]
        texts = [(each.edited or "", each.text) for each in messages] + [(each.position, each.text) for each in edits]
        return max(texts)[1] if messages else None


def _as_shown(record: dict[str, Logged]) -> Logged:
    return record["shown"]
