"""`conversations` of a group: its name, what happened last, and where a stay ends."""

from __future__ import annotations

from tests.contract.made import position
from tests.unit.messaging.home import only, page
from tests.unit.messaging.rig import Rig
from tidings.domain.events import Change, Edit, GroupChange, Message, Path
from tidings.domain.groups import Group

GROUP = "g#aaaaaaaaaaaaaaaa"


class Room:
    """A group that ann made and bob was added to, as its helpers leave it in the stores."""

    def __init__(self, rig: Rig, title: str = "Weekend") -> None:
        self.rig = rig
        at = position(rig.clock.advance(1))
        rig.world.groups.create(Group(GROUP, at, title, picture="https://example.com/p.png"), rig.world.fence())
        self.event("ann", Change.CREATED, at=at)
        for user in ("ann", "bob"):
            rig.world.memberships.begin(user, GROUP, at, rig.world.fence())

    def event(self, sender: str, change: Change, *users: str, at: str | None = None) -> str:
        at = at or position(self.rig.clock.advance(1))
        made = GroupChange(GROUP, at, sender, f"c-{at}", change, users)
        self.rig.world.log.append(made, Path.CHUNK, self.rig.world.fence())
        return at

    def say(self, sender: str, text: str = "hello") -> str:
        at = position(self.rig.clock.advance(1))
        self.rig.world.log.append(Message(GROUP, at, sender, f"c-{at}", text), Path.CHUNK, self.rig.world.fence())
        return at

    def leave(self, user: str) -> None:
        at = self.event("ann", Change.REMOVED, user)
        self.rig.world.memberships.end(user, GROUP, at, self.rig.world.fence())

    def rejoin(self, user: str) -> None:
        at = self.event("ann", Change.ADDED, user)
        self.rig.world.memberships.begin(user, GROUP, at, self.rig.world.fence())


def test_a_group_has_its_name_and_what_happened_last(rig: Rig) -> None:
    room = Room(rig)
    room.say("ann", "hello all")
    at = room.event("ann", Change.ADDED, "cid")
    found = only(rig)
    assert isinstance(found.last, GroupChange)
    assert (found.last.position, found.unread) == (at, 1)
    assert found.group is not None
    assert (found.group.title, found.group.picture) == ("Weekend", "https://example.com/p.png")


def test_who_left_sees_the_end_of_their_stay(rig: Rig) -> None:
    room = Room(rig)
    room.say("ann", "for all")
    room.leave("bob")
    room.say("ann", "not for bob")
    found = only(rig)
    assert isinstance(found.last, GroupChange)
    assert (found.last.change, found.unread, found.row.left, found.group) == (Change.REMOVED, 1, True, None)
    assert page(rig).unread == 0
    room.rejoin("bob")
    room.say("ann", "for bob again")
    found = only(rig)
    assert isinstance(found.last, Message)
    assert (found.last.text, found.unread, found.row.left) == ("for bob again", 1, False)


def test_who_left_sees_no_text_that_came_after(rig: Rig) -> None:
    room = Room(rig)
    kept, edited = room.say("ann", "for all"), room.say("ann", "first words")
    room.leave("bob")
    removed = room.rig.world.memberships.rows["bob", GROUP].left_at
    rig.world.memberships.hide("bob", GROUP, removed, rig.world.fence())
    found = only(rig)
    assert isinstance(found.last, Message)
    assert found.last.text == "first words"
    at = position(rig.clock.advance(1))
    rig.world.log.edit(Edit(GROUP, at, "ann", "e", edited, "not for bob"), rig.world.fence())
    found = only(rig)
    assert found.last is not None
    assert found.last.position == kept
