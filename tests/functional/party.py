"""A group in the tables, as the stores write it."""

from __future__ import annotations

from tests.contract.made import changed, message, position
from tests.fakes import FakeClock
from tidings.bootstrap import clients
from tidings.domain.events import Change, Path
from tidings.domain.groups import Group, Member, Move, Role, Stay
from tidings.domain.stamp import Fence, Times
from tidings.storage import keys
from tidings.storage.groups import GroupStore
from tidings.storage.log import LogStore
from tidings.storage.members import MemberStore
from tidings.storage.memberships import MembershipStore

GROUP = "g#aaaaaaaaaaaaaaaa"


def make_group(clock: FakeClock, *users: str) -> str:
    """A group of these users; the position of a message that the first of them wrote a moment later."""
    client = clients.dynamodb()
    fence = Fence(clock.now(), Times(), clock.now)
    at = position(clock.now(), 1)
    groups = GroupStore(client, keys.CONVERSATIONS.name, clock)
    members = MemberStore(client, keys.MEMBERS.name, keys.CONVERSATIONS.name, clock)
    groups.create(Group(GROUP, at, "party"), fence)
    group = groups.get(GROUP, strong=True)
    assert group is not None
    moves = [Move(None, Member(name, (Stay(at),), Role.MEMBER, at)) for name in users]
    assert members.change(group, moves, changed(GROUP, at, Change.CREATED, ()), Path.CHUNK, len(users), fence)
    rows = MembershipStore(client, keys.MEMBERSHIPS.name, clock)
    for name in users:
        rows.begin(name, GROUP, at, fence)
    sent = position(clock.advance(1), 2)
    LogStore(client, keys.CONVERSATIONS.name).append(message(GROUP, users[0], sent), Path.CHUNK, fence)
    return sent
