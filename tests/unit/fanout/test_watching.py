"""Live frames of a pulled group: watchers only, members only, few and fresh."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.fakes import FakeWorld
from tests.unit.fanout.rig import GROUP, HOUR, watching
from tidings.domain.errors import Unavailable
from tidings.domain.events import Change, GroupChange, Message, Path
from tidings.domain.groups import Group, Member, Move, Stay
from tidings.domain.identity import Connection
from tidings.domain.position import floor, stamped
from tidings.ports import Watcher
from tidings.ports.streams import Logged
from tidings.services.fanout.jobs import LIVE, LiveJob, decode, encode, lane_of
from tidings.services.fanout.watching import STALE_MS, watching_rule
from tidings.services.live import Live
from tidings.storage import keys

OTHER = "g#bbbbbbbbbbbbbbbb"


class Square:
    """Pulled groups that people watch."""

    def __init__(self) -> None:
        self.world = FakeWorld()
        live = Live(self.world.registry, self.world.sockets, self.world.clock, self.world.meter)
        self.watching = watching(self.world, live)
        self._turn = 0
        for chat in (GROUP, OTHER):
            self.world.groups.create(Group(chat, floor(0), "Square"), self.world.fence())

    def at(self, user_id: str, device_id: str = "phone") -> str:
        self._turn += 1
        return str(stamped(self.world.clock.advance(1), user_id, device_id, f"f{self._turn}"))

    def member(self, *names: str, chat: str = GROUP) -> None:
        for name in names:
            at = self.at(name)
            group = self.world.groups.all[chat]
            event = GroupChange(chat, at, name, at, Change.ADDED, (name,))
            move = Move(None, Member(name, (Stay(at),)))
            assert self.world.members.change(group, [move], event, Path.PULL, 100, self.world.fence())

    def watch(self, user_id: str, device_id: str = "phone", chat: str = GROUP) -> str:
        now = self.world.clock.now()
        connection = Connection(device_id, f"{user_id}-{device_id}", now - HOUR)
        self.world.registry.register(user_id, connection, now, 5)
        self.world.watchers.add(keys.watched_conversation(chat), Watcher(user_id, device_id), now + HOUR)
        return connection.connection_id

    def say(self, sender: str, chat: str = GROUP, device_id: str = "phone") -> LiveJob:
        at = self.at(sender, device_id)
        self.world.log.append(Message(chat, at, sender, f"c-{at}", "hi"), Path.PULL, self.world.fence())
        return LiveJob(chat, at)

    def seen(self, connection_id: str) -> list[str]:
        return [event.position for event in self.world.sockets.seen(connection_id)]


@pytest.fixture
def square() -> Square:
    return Square()


def test_only_the_devices_that_watch_are_told(square: Square) -> None:
    square.member("ann", "bob", "cid")
    phone, cid = square.watch("bob"), square.watch("cid", chat=OTHER)
    laptop = Connection("laptop", "bob-laptop", square.world.clock.now() - HOUR)
    square.world.registry.register("bob", laptop, square.world.clock.now(), 5)
    job = square.say("ann")
    square.watching.post([job])
    assert square.seen(phone) == [job.position]
    assert square.seen(cid) == square.seen("bob-laptop") == []
    [delivery] = square.world.sockets.posted
    assert {event.arrival for event in delivery.events} == {job.position}


def test_the_sending_device_is_not_told_and_the_senders_others_are(square: Square) -> None:
    square.member("ann")
    phone, laptop = square.watch("ann"), square.watch("ann", "laptop")
    job = square.say("ann")
    square.watching.post([job])
    assert square.seen(phone) == []
    assert square.seen(laptop) == [job.position]


def test_a_connection_gets_one_frame_for_all_events_in_order(square: Square) -> None:
    for chat in (GROUP, OTHER):
        square.member("ann", "bob", chat=chat)
    phone = square.watch("bob")
    square.watch("bob", chat=OTHER)
    jobs = [square.say("ann"), square.say("ann", OTHER), square.say("ann")]
    square.watching.post([jobs[2], jobs[0], jobs[1], jobs[0]])
    assert len(square.world.sockets.posted) == 1
    assert square.seen(phone) == [jobs[0].position, jobs[2].position, jobs[1].position]


def test_who_was_never_in_it_or_has_been_removed_hears_nothing(square: Square) -> None:
    square.member("ann", "bob")
    phone, eve = square.watch("bob"), square.watch("eve")
    before = square.say("ann")
    square.world.clock.advance(2_000)
    members = square.world.members.all[GROUP]
    stay = members["bob"].stays[0]
    members["bob"] = Member("bob", (Stay(stay.joined, square.world.clock.now()),))
    after = square.say("ann")
    square.watching.post([before, after])
    assert square.seen(eve) == []
    assert square.seen(phone) == [before.position]


def test_what_is_stale_is_dropped_and_counted(square: Square) -> None:
    square.member("ann", "bob")
    phone = square.watch("bob")
    old = square.say("ann")
    square.world.clock.advance(STALE_MS + 1)
    new = square.say("ann")
    square.watching.post([old, new])
    assert square.seen(phone) == [new.position]
    assert square.world.meter.counts["LiveDropped"] == 1


def test_a_tombstone_is_not_told(square: Square) -> None:
    square.member("ann", "bob")
    phone = square.watch("bob")
    job = square.say("ann")
    square.world.log.tombstone(GROUP, job.position, square.at("ann"), square.world.fence())
    square.watching.post([job])
    assert square.seen(phone) == []


@pytest.mark.parametrize("port", ["watchers", "members", "groups", "log", "registry"])
def test_nothing_is_raised_for_a_dependency_that_does_not_answer(
    square: Square, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    square.member("ann", "bob")
    phone = square.watch("bob")
    job = square.say("ann")
    method = {"watchers": "of", "members": "many", "groups": "get", "log": "get", "registry": "lookup"}[port]

    def busy(*_: object, **__: object) -> None:
        raise Unavailable("busy")

    monkeypatch.setattr(getattr(square.world, port), method, busy)
    square.watching.post([job])
    assert square.seen(phone) == []
    assert square.world.meter.counts["LiveLookupFailed"] == 1


def test_many_watchers_are_told_in_parts(square: Square, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidings.services.fanout.watching.AT_ONCE", 3)
    names = [f"m-{number}" for number in range(8)]
    square.member("ann", *names)
    phones = [square.watch(name) for name in names]
    job = square.say("ann")
    square.watching.post([job])
    assert all(square.seen(phone) == [job.position] for phone in phones)


@pytest.mark.parametrize(("path", "fresh", "wanted"), [("pull", True, 1), ("pull", False, 0), ("chunk", True, 0)])
def test_only_fresh_events_of_pulled_groups_are_for_watchers(
    square: Square, path: str, fresh: bool, wanted: int
) -> None:
    job = square.say("ann")
    entry = replace(square.world.log.entries[GROUP, job.position], path=Path(path))
    assert [each.job for each in watching_rule(Logged(GROUP, entry, fresh))] == [job] * wanted


def test_the_job_travels_on_a_lane_of_its_own() -> None:
    job = LiveJob(GROUP, "p")
    assert lane_of(job) == LIVE
    assert decode(json.dumps(encode(job))) == job
