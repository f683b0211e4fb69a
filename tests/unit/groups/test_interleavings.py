"""Whatever dies, waits, fails or crosses: who is in a group gets what is said in it, and nobody else does.

ann adds and removes bob, cid says something now and then, bob syncs; each request may be sent again while earlier
invocations of it still run, and what follows from a change is done late.  In the end bob has seen all that is
positioned in one of his stays, and nothing else; and the log tells of each change that there was.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fakes import FakeWorld
from tests.unit.groups.rig import Rig as GroupRig
from tests.unit.messaging.rig import RETENTION_MS, Rig
from tests.unit.messaging.schedule import Stage, Verdict, Worker
from tidings.domain.events import Change, GroupChange, Message
from tidings.ports import User
from tidings.services.claim import Claims
from tidings.services.deliver import Deliverer
from tidings.services.direct import Meetings
from tidings.services.facts import Facts
from tidings.services.group_changes import GroupChanges
from tidings.services.group_rooms import GroupRooms
from tidings.services.groups import Changed, GroupActions
from tidings.services.guests import Guests
from tidings.services.late import LateArrivals
from tidings.services.live import Live
from tidings.services.messaging import Messaging, Use
from tidings.services.metas import Metas
from tidings.services.people import People
from tidings.services.pulls import Pulls
from tidings.services.rooms import Rooms
from tidings.services.send import Sender, SendMessage, Sent
from tidings.services.settle import Settle
from tidings.services.sync import Syncs
from tidings.services.targets import Targets

T = 30_000
STEPS = 70
OUTSIDE = ("say", "add", "remove", "again", "wait", "sync", "settle")
INSIDE = ("step", "step", "flight", "flight", "fault", "hurry", "hurry")
JUMPS = (1, 40, 2_500, 7_000, 14_000, 30_001)
Request = Callable[[], Any]


class Play:
    """A group, and any number of invocations of requests about it."""

    def __init__(self) -> None:
        world = self.world = FakeWorld()
        for user_id in ("ann", "bob", "cid"):
            world.users.users[user_id] = User(user_id)
        self.stage = Stage(world.clock, world.times)
        self.callers, self.numbers = Rig(), count(1)
        self.callers.clock = world.clock
        staged = self.stage.staged
        log, members, groups = staged(world.log), staged(world.members), staged(world.groups)
        pulled, mailboxes = staged(world.pulled), staged(world.mailboxes)
        claims, people = Claims(staged(world.outbox), world.clock, world.times), People(world.users)
        facts = Facts(claims, log, LateArrivals(claims, log, mailboxes))
        rooms = Rooms(
            Meetings(world.memberships, people),
            GroupRooms(Metas(groups, world.clock), members, world.clock, world.times),
        )
        live = Live(world.registry, world.sockets, world.clock, world.meter)
        uses = {SendMessage: Use(Sender(facts, rooms, Targets(log)).prepare)}
        self.messaging = Messaging(people, Deliverer(mailboxes, live), uses)
        self.settle = Settle(world.groups, world.members, staged(world.memberships), pulled)
        self.actions = GroupActions(
            GroupChanges(claims, log, groups, members, pulled, world.clock, 100),
            claims,
            groups,
            members,
            Guests(people, world.memberships),
            Settle(groups, members, world.memberships, pulled),
            world.clock,
        )
        pulls = Pulls(world.log, world.groups, world.members, world.times, RETENTION_MS)
        self.syncs = Syncs(
            world.mailboxes, world.registry, world.users, world.clock, world.times, RETENTION_MS, 10, pulls
        )
        self.chat = GroupRig(world=world).create("ann", "cid")
        self.requests: dict[Worker, Request] = {}
        self.open: list[Request] = []
        self.settled: set[str] = set()
        self.cursor: str | None = None
        self.seen: set[str] = set()

    def say(self) -> Request:
        """Something that cid says."""
        command = SendMessage(f"m-{next(self.numbers)}", None, "text", self.chat)
        return lambda: self.messaging.one(self.callers.caller("cid"), command, Sent)

    def change(self, what: str) -> Request:
        """ann adds or removes bob."""
        name = f"g-{next(self.numbers)}"
        if what == "add":
            return lambda: self.actions.add(self.callers.caller("ann"), name, self.chat, ["bob"])
        return lambda: self.actions.remove(self.callers.caller("ann"), name, self.chat, "bob")

    def start(self, request: Request) -> None:
        """One invocation of a request."""
        self.stage.wait(1)
        self.requests[self.stage.start(request)] = request

    def follow(self) -> None:
        """What the stream of the log asks for, for the next change that has not been settled."""
        event = next((event for event in self.told() if event.position not in self.settled), None)
        if event is not None:
            self.settled.add(event.position)
            self.stage.start(lambda: self.settle.apply(event, event.users, self.world.fence()))

    def hear(self) -> None:
        """Replies arrive; what failed may be sent again."""
        for worker in [each for each in self.requests if each.over]:
            request = self.requests.pop(worker)
            if not isinstance(worker.result, Sent | Changed):
                self.open.append(request)

    def sync(self, limit: int) -> None:
        """bob asks for all that is new."""
        caller, following = self.callers.caller("bob"), None
        while True:
            page = self.syncs.page(caller, None if following else self.cursor, following, limit)
            self.seen |= {event.position for event in page.events if isinstance(event, Message)}
            self.cursor, following = page.cursor, page.following
            if following is None:
                return

    def end(self) -> None:
        """Everything that still runs ends, in time; what cid said and was not acked is said again until it is."""
        for worker in self.stage.running():
            worker.finish()
        self.hear()
        for request in [*self.open]:
            for _ in range(3):
                self.stage.wait(T + 1)
                worker = self.stage.start(request)
                worker.finish()
                if isinstance(worker.result, Sent | Changed):
                    break
        self.settled.clear()  # Whatever died is done again, and what did not is done twice.
        while len(self.settled) < len(self.told()):
            self.follow()
            for worker in self.stage.running():
                worker.finish()
        self.stage.wait(T + 1)
        self.sync(3)

    def told(self) -> list[GroupChange]:
        """What the log tells of the group, in order."""
        entries = sorted(self.world.log.entries.values(), key=lambda entry: entry.position)
        return [entry.event for entry in entries if isinstance(entry.event, GroupChange)]


def act(play: Play, data: st.DataObject) -> None:
    """One thing that may happen."""
    running = play.stage.running()
    choice = data.draw(st.sampled_from([*OUTSIDE, *(INSIDE if running else ())]))
    if choice in INSIDE:
        move(running[data.draw(st.integers(0, len(running) - 1))], choice, data)
    elif choice == "wait":
        play.stage.wait(data.draw(st.sampled_from(JUMPS)))
    elif choice == "sync":
        play.sync(data.draw(st.integers(1, 3)))
    elif choice == "settle":
        play.follow()
    elif choice == "again" and play.open and len(running) < 4:
        play.start(play.open.pop(data.draw(st.integers(0, len(play.open) - 1))))
    elif choice in ("say", "add", "remove") and len(running) < 4:
        play.start(play.say() if choice == "say" else play.change(choice))
    play.hear()


def move(worker: Worker, choice: str, data: st.DataObject) -> None:
    """One step of a worker, or to its next write in flight, or to its end, or a fault."""
    if choice == "hurry":
        worker.finish()
    elif choice == "flight":
        worker.step()
        while not worker.over and worker.deadline is None:
            worker.step()
    elif choice == "fault":
        verdicts: list[Verdict] = ["die", "fail", "fail_after"]
        worker.step(data.draw(st.sampled_from(verdicts)))
    else:
        worker.step()


@settings(
    max_examples=150,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_who_is_in_it_gets_it_and_nobody_else(data: st.DataObject) -> None:
    play = Play()
    try:
        for _ in range(data.draw(st.integers(5, STEPS))):
            act(play, data)
        play.end()
        check(play)
    finally:
        play.stage.close()


def check(play: Play) -> None:
    """The promises."""
    world = play.world
    members = world.members.all[play.chat]
    bob = members.get("bob")
    said = {entry.position for entry in world.log.entries.values() if isinstance(entry.event, Message)}
    his = {position for position in said if bob is not None and bob.received(position)}
    assert play.seen == his, "all that is in his stays, and nothing else"
    assert world.groups.all[play.chat].members == sum(member.present for member in members.values())
    stays: list[str] = []
    for event in play.told():
        if "bob" in event.users:
            assert event.change is (Change.ADDED if len(stays) % 2 == 0 else Change.REMOVED)
            stays.append(event.position)
    kept = [at for stay in (bob.stays if bob else ()) for at in (stay.joined, stay.left_at) if at]
    assert kept == stays, "what the log tells in its order is what stands"
    row = world.memberships.get("bob", play.chat)
    assert bool(bob and bob.present) == bool(row and row.since and not row.left)
