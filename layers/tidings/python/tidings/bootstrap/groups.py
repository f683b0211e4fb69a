"""Wires groups: their stores, which several functions need, and what one can do to a group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tidings.bootstrap import clients
from tidings.bootstrap.world import settings
from tidings.ports.groups import Memberships
from tidings.ports.messaging import Log
from tidings.ports.world import Clock
from tidings.router import Router
from tidings.routes import groups as routes
from tidings.services.claim import Claims
from tidings.services.group_changes import GroupChanges
from tidings.services.group_rooms import GroupRooms
from tidings.services.group_views import GroupViews
from tidings.services.groups import GroupActions
from tidings.services.guests import Guests
from tidings.services.metas import Metas
from tidings.services.people import People
from tidings.services.settle import Settle
from tidings.services.views import Views
from tidings.storage import keys
from tidings.storage.groups import GroupStore
from tidings.storage.members import MemberStore
from tidings.storage.pulled import PulledStore


@dataclass(frozen=True, slots=True)
class Groups:
    """The stores of groups, and what a process remembers of them."""

    clock: Clock
    groups: GroupStore
    members: MemberStore
    pulled: PulledStore
    metas: Metas

    @property
    def rooms(self) -> GroupRooms:
        """Groups as rooms."""
        return GroupRooms(self.metas, self.members, self.clock, settings().times)

    @property
    def views(self) -> Views:
        """Logs, as their readers may see them."""
        return Views(self.metas, self.members)

    def settle(self, memberships: Memberships) -> Settle:
        """What follows from a change."""
        return Settle(self.groups, self.members, memberships, self.pulled)

    def register(
        self,
        router: Router,
        claims: Claims,
        people: People,
        log: Log,
        memberships: Memberships,
        spend: Callable[[str], None],
    ) -> None:
        """Enter the routes of groups."""
        given = settings()
        changes = GroupChanges(claims, log, self.groups, self.members, self.pulled, self.clock, given.max_members)
        guests, settle = Guests(people, memberships), self.settle(memberships)
        actions = GroupActions(changes, claims, self.groups, self.members, guests, settle, self.clock)
        routes.register(router, actions, GroupViews(self.metas, self.members), spend)


def build(clock: Clock) -> Groups:
    """The stores of groups."""
    given, client = settings(), clients.dynamodb()
    conversations, mailboxes = given.table(keys.CONVERSATIONS.variable), given.table(keys.MAILBOXES.variable)
    groups = GroupStore(client, conversations, clock)
    members = MemberStore(client, given.table(keys.MEMBERS.variable), conversations, clock)
    pulled = PulledStore(client, mailboxes, clock, given.retention_ms, given.settle_ms)
    return Groups(clock, groups, members, pulled, Metas(groups, clock))
