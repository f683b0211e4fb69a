"""Typing: told to whoever is looking, and never stored."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.unit.messaging.rig import Rig
from tidings.domain.errors import Forbidden, NotFound
from tidings.domain.events import Path, Typing
from tidings.domain.identity import Caller
from tidings.ports import Watcher
from tidings.services.room import Room
from tidings.services.rooms import Rooms
from tidings.services.typing import MOST, OFTEN, Typists
from tidings.storage import keys

PAIR, GROUP = "dm#ann#bob", "g#abcdefghabcdefgh"


class Chat(Rooms):
    """1:1 conversations as ever, and one group of `members`."""

    def __init__(self, rig: Rig, members: Iterable[str]) -> None:
        super().__init__(rig.meetings, rig.group_rooms)
        self._members = frozenset(members)

    def of(self, caller: Caller, conversation_id: str, *, posts: bool = False) -> Room:
        assert posts, "whoever may not write is not seen to type, either"
        if conversation_id != GROUP:
            return super().of(caller, conversation_id, posts=posts)
        if caller.user_id not in self._members:
            raise Forbidden("You are not in this conversation.")
        return Room(GROUP, Path.CHUNK, lambda _position, _about="": (), present=self._members.intersection)


def typists(rig: Rig, members: Iterable[str] = ("ann", "bob", "cid")) -> Typists:
    world = rig.world
    rooms = Chat(rig, members)
    return Typists(rooms, world.memberships, world.watchers, rig.live, rig.clock, keys.watched_conversation)


def told(rig: Rig, user_id: str, device_id: str = "phone") -> list[tuple[str, bool]]:
    """Who a device was told to be typing."""
    seen = rig.world.sockets.seen(f"{user_id}-{device_id}")
    return [(each.user, each.typing) for each in seen if isinstance(each, Typing)]


def met(rig: Rig) -> Rig:
    """ann and bob have talked, and are online."""
    rig.send("ann", "bob")
    for user_id, device_id in (("ann", "phone"), ("ann", "tablet"), ("bob", "phone"), ("bob", "tablet")):
        rig.online(user_id, device_id)
    return rig


def watch(rig: Rig, user_id: str, device_id: str = "phone") -> None:
    rig.online(user_id, device_id)
    subject = keys.watched_conversation(GROUP)
    rig.world.watchers.add(subject, Watcher(user_id, device_id), rig.clock.now() + 60_000)


def test_the_other_side_hears_of_it_on_every_device(rig: Rig) -> None:
    service = typists(met(rig))
    service.tell(rig.caller("ann"), PAIR, True)
    service.tell(rig.caller("ann"), PAIR, False)
    for device in ("phone", "tablet"):
        assert told(rig, "bob", device) == [("ann", True), ("ann", False)]
        assert told(rig, "ann", device) == []


def test_nothing_is_written(rig: Rig) -> None:
    service = typists(met(rig))
    calls: list[str] = []
    rig.before = calls.append
    service.tell(rig.caller("ann"), PAIR, True)
    assert calls == ["get", "lookup", "post"], "besides a look at one's own row"
    assert len(rig.box("bob")) == 1


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_a_block_ends_it_both_ways_and_nobody_is_told(rig: Rig, who: str) -> None:
    service = typists(met(rig))
    at = rig.send("ann", "bob", client_id="c-2").position
    rig.world.memberships.set(who, PAIR, {"blocked": True}, at, rig.world.fence())
    service.tell(rig.caller("ann"), PAIR, True)
    service.tell(rig.caller("bob"), PAIR, True)
    assert told(rig, "bob") == told(rig, "ann") == []


def test_strangers_and_others_are_refused(rig: Rig) -> None:
    service = typists(rig)
    with pytest.raises(NotFound):
        service.tell(rig.caller("ann"), PAIR, True)
    with pytest.raises(Forbidden):
        service.tell(rig.caller("eve"), PAIR, True)
    with pytest.raises(Forbidden):
        service.tell(rig.caller("eve"), GROUP, True)


def test_those_who_watch_a_group_hear_of_it_but_not_oneself(rig: Rig) -> None:
    for user_id, device_id in (("ann", "phone"), ("ann", "tablet"), ("bob", "phone"), ("bob", "tablet")):
        watch(rig, user_id, device_id)
    rig.world.watchers.remove(keys.watched_conversation(GROUP), Watcher("bob", "tablet"))
    rig.online("cid")
    typists(rig).tell(rig.caller("ann"), GROUP, True)
    assert told(rig, "bob") == [("ann", True)]
    assert told(rig, "bob", "tablet") == told(rig, "cid") == told(rig, "ann") == told(rig, "ann", "tablet") == []


def test_who_has_left_a_group_hears_nothing_although_they_watch(rig: Rig) -> None:
    watch(rig, "bob")
    watch(rig, "cid")
    typists(rig, members=("ann", "cid")).tell(rig.caller("ann"), GROUP, True)
    assert told(rig, "bob") == []
    assert told(rig, "cid") == [("ann", True)]


def test_a_loop_is_acked_and_told_to_nobody(rig: Rig) -> None:
    service = typists(met(rig))
    for number in range(3 * OFTEN):
        service.tell(rig.caller("ann"), PAIR, number % 2 == 0)
    assert len(told(rig, "bob")) == OFTEN


def test_of_a_crowd_the_first_hear_of_it(rig: Rig) -> None:
    crowd = [f"u{number:03}" for number in range(MOST + 30)]
    for user_id in crowd:
        watch(rig, user_id)
    typists(rig, members=("ann", *crowd)).tell(rig.caller("ann"), GROUP, True)
    assert sum(len(told(rig, user_id)) for user_id in crowd) == MOST
