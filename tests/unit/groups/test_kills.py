"""A worker dies before or after any call: the change is whole or not there at all, and a resend makes it once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.groups.rig import Rig
from tests.unit.messaging.rig import Crash, DieAt
from tidings.domain.errors import RetryLater
from tidings.domain.events import Change, GroupChange
from tidings.domain.groups import Role
from tidings.domain.pulled import ENDING
from tidings.services.groups import Changed

OWNER, ADMIN, MEMBER = Role.OWNER, Role.ADMIN, Role.MEMBER
CALLS = 12
"""More than any change makes."""


class Scene:
    """ann's group with bob and cid in it, and a request."""

    def __init__(self, act: str) -> None:
        self.rig = rig = Rig("ann", "bob", "cid", "dan")
        self.chat = rig.create("ann", "bob", "cid")
        self.act = act
        self.finish()

    def ask(self) -> Changed:
        """The request, in a frame of its own."""
        actions, caller = self.rig.actions, self.rig.caller
        acts: dict[str, Callable[[], Changed]] = {
            "create": lambda: actions.create(caller("ann"), "it", ["dan"], (("title", "Other"),)),
            "add": lambda: actions.add(caller("ann"), "it", self.chat, ["dan"]),
            "remove": lambda: actions.remove(caller("ann"), "it", self.chat, "bob"),
            "leave": lambda: actions.leave(caller("ann"), "it", self.chat),
            "role": lambda: actions.role(caller("ann"), "it", self.chat, "bob", OWNER),
            "update": lambda: actions.update(caller("ann"), "it", self.chat, (("title", "New"),)),
        }
        return acts[self.act]()

    def finish(self) -> None:
        """What the stream of the log asks for."""
        for entry in self.rig.world.log.entries.values():
            event = entry.event
            if isinstance(event, GroupChange):
                self.rig.settle.apply(event, event.users, self.rig.world.fence())

    def check(self, done: int) -> None:
        """`done` is how often the change was made: members, counts, logs and rows agree."""
        world = self.rig.world
        mine = [entry for entry in world.log.entries.values() if entry.client_id == "it"]
        assert len(mine) == done
        for chat, group in world.groups.all.items():
            there = self.rig.roles(chat) if chat in world.members.all else {}
            assert group.members == len(there)
            assert list(there.values()).count(OWNER) == bool(there)
            told: set[str] = set()
            for event in self.rig.told(chat):
                if event.change in (Change.CREATED, Change.ADDED):
                    told |= set(event.users)
                elif event.change in (Change.REMOVED, Change.LEFT):
                    told -= set(event.users)
            assert told == set(there)
            listed = {
                user_id
                for user_id in ("ann", "bob", "cid", "dan")
                if (row := world.memberships.get(user_id, chat)) and row.since and not row.left
            }
            assert listed == told
            for user_id, member in world.members.all.get(chat, {}).items():
                noted = self.rig.noted(chat, user_id)
                for stay in member.stays:
                    assert noted[stay.joined] == (stay.left or 0) or (not done and noted[stay.joined] == ENDING)
        expected = {
            "create": {"ann": OWNER, "bob": MEMBER, "cid": MEMBER},
            "add": {"ann": OWNER, "bob": MEMBER, "cid": MEMBER, "dan": MEMBER},
            "remove": {"ann": OWNER, "cid": MEMBER},
            "leave": {"bob": OWNER, "cid": MEMBER},
            "role": {"ann": ADMIN, "bob": OWNER, "cid": MEMBER},
            "update": {"ann": OWNER, "bob": MEMBER, "cid": MEMBER},
        }
        if done:
            assert self.rig.roles(self.chat) == expected[self.act]
        assert (self.rig.group(self.chat).title == "New") == (done == 1 and self.act == "update")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("later_ms", [1, 20_000, 60_000])
@pytest.mark.parametrize("act", ["create", "add", "remove", "leave", "role", "update"])
def test_dead_at_any_call(act: str, later_ms: int, when: str) -> None:
    deaths = 0
    for number in range(1, CALLS + 1):
        scene = Scene(act)
        setattr(scene.rig, when, DieAt(number))
        try:
            scene.ask()
        except Crash:
            deaths += 1
        scene.rig.before = scene.rig.after = None
        scene.finish()
        made = [entry for entry in scene.rig.world.log.entries.values() if entry.client_id == "it"]
        scene.check(len(made))
        scene.rig.build()
        scene.rig.clock.advance(later_ms)
        try:
            done = scene.ask()
        except RetryLater:
            assert later_ms == 20_000
            scene.rig.clock.advance(40_000)
            done = scene.ask()
        if made:
            assert done.position == made[0].position
        scene.finish()
        scene.check(1)
    assert 3 < deaths < CALLS
