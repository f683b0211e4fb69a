"""The services of groups on fakes, with a hook before and after every call to a port."""

from __future__ import annotations

from itertools import count

from tests.fakes import FakeWorld, watched
from tests.fakes.watch import Hook
from tidings.domain.conversation import direct_id
from tidings.domain.events import GroupChange
from tidings.domain.groups import Group, Member, Role
from tidings.domain.identity import Caller, Connection, Identity
from tidings.ports import User
from tidings.services.claim import Claims
from tidings.services.group_changes import GroupChanges
from tidings.services.group_views import GroupViews
from tidings.services.groups import Changed, GroupActions
from tidings.services.guests import Guests
from tidings.services.metas import Metas
from tidings.services.people import People
from tidings.services.settle import Settle

HOUR = 3_600_000
MOST = 12
EVERYBODY = ("ann", "bob", "cid", "dan", *(f"user-{n}" for n in range(MOST)))


class Rig:
    """The services, and what tests do with them."""

    def __init__(self, *people: str, world: FakeWorld | None = None, most: int = MOST) -> None:
        self.world = world or FakeWorld()
        self.clock = self.world.clock
        self.most = most
        self.before: Hook | None = None
        self.after: Hook | None = None
        self._numbers = count(1)
        for user_id in people:
            self.world.users.users[user_id] = User(user_id)
        self.build()

    def build(self) -> None:
        """Make the services anew, as a cold start does."""
        world = self.world

        def hooked(target):  # type: ignore[no-untyped-def]
            return watched(target, before=self._before, after=self._after)

        outbox, log, users = hooked(world.outbox), hooked(world.log), hooked(world.users)
        groups, members, pulled = hooked(world.groups), hooked(world.members), hooked(world.pulled)
        memberships = hooked(world.memberships)
        claims = Claims(outbox, self.clock, world.times)
        changes = GroupChanges(claims, log, groups, members, pulled, self.clock, self.most)
        self.settle = Settle(groups, members, memberships, pulled)
        guests = Guests(People(users), memberships)
        self.actions = GroupActions(changes, claims, groups, members, guests, self.settle, self.clock)
        self.views = GroupViews(Metas(groups, self.clock), members)

    def _before(self, name: str) -> None:
        if self.before is not None:
            self.before(name)

    def _after(self, name: str) -> None:
        if self.after is not None:
            self.after(name)

    def caller(self, user_id: str, stamp: int | None = None) -> Caller:
        """The sender of a new frame that the gateway took now (a moment after the last one), or at `stamp`."""
        self.clock.advance(1)
        connection = Connection("phone", f"{user_id}-phone", self.clock.now() - HOUR)
        taken = self.clock.now() if stamp is None else stamp
        return Caller(Identity(user_id, "phone", 4_102_444_800), connection, taken, f"change-{next(self._numbers)}")

    def id(self) -> str:
        """A new client id."""
        return f"c-{next(self._numbers)}"

    def create(self, owner: str, *users: str, **values: str) -> str:
        """A group; its conversation id."""
        details = tuple(sorted({"title": "Team", **values}.items()))
        return self.actions.create(self.caller(owner), self.id(), users, details).conversation_id

    def add(self, by: str, chat: str, *users: str) -> Changed:
        """Add members."""
        return self.actions.add(self.caller(by), self.id(), chat, users)

    def remove(self, by: str, chat: str, user_id: str) -> Changed:
        """Remove a member."""
        return self.actions.remove(self.caller(by), self.id(), chat, user_id)

    def leave(self, by: str, chat: str) -> Changed:
        """Leave."""
        return self.actions.leave(self.caller(by), self.id(), chat)

    def role(self, by: str, chat: str, user_id: str, role: Role) -> Changed:
        """Give a role."""
        return self.actions.role(self.caller(by), self.id(), chat, user_id, role)

    def block(self, who: str, whom: str) -> None:
        """What `block` does to the row of the 1:1."""
        self.world.memberships.set(who, direct_id(who, whom), {"blocked": True}, "0", self.world.fence())

    def group(self, chat: str) -> Group:
        """The group as it stands."""
        return self.world.groups.all[chat]

    def member(self, chat: str, user_id: str) -> Member:
        """A member as they stand."""
        return self.world.members.all[chat][user_id]

    def roles(self, chat: str) -> dict[str, Role]:
        """Who is there, as what."""
        return {user_id: each.role for user_id, each in self.world.members.all[chat].items() if each.present}

    def noted(self, chat: str, user_id: str) -> dict[str, int]:
        """What a member's mailbox notes of their stays."""
        return dict(self.world.mailboxes.marks[user_id][chat].stays)

    def told(self, chat: str) -> list[GroupChange]:
        """The log of the group, in order."""
        entries = sorted((at, entry.event) for (where, at), entry in self.world.log.entries.items() if where == chat)
        return [event for _, event in entries if isinstance(event, GroupChange)]
