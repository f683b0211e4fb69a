"""In-memory fakes of every port.  The contract suite holds them to what the DynamoDB stores do."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.fakes.authors import FakeAuthors, FakeReadRates, FakeResidue
from tests.fakes.blocks import FakeBlockLists, FakeMutes
from tests.fakes.devices import FakeDevices, FakePush
from tests.fakes.engagements import FakeEngagements
from tests.fakes.follows import FakeFollowLists
from tests.fakes.groups import FakeGroups, FakeMembers
from tests.fakes.home_watchers import FakeHomeWatchers
from tests.fakes.limits import FakeBuckets
from tests.fakes.looks import FakeLooks
from tests.fakes.marks import FakeMarks
from tests.fakes.memberships import FakeMemberships
from tests.fakes.messaging import FakeLog, FakeMailboxes, FakeOutbox
from tests.fakes.people import FakeRegistry, FakeSockets, FakeUsers
from tests.fakes.people_index import FakePeopleIndex
from tests.fakes.profiles import FakeProfiles
from tests.fakes.pulled import FakePulled
from tests.fakes.reactions import FakeReactions
from tests.fakes.search import FakeSearch as FakeSearch
from tests.fakes.tally import FakeTallies
from tests.fakes.timelines import FakeChunks, FakeGraph, FakePosts, FakeTimelines, Queued
from tests.fakes.watch import watched
from tests.fakes.watchers import FakeWatchers
from tests.fakes.world import FakeClock, FakeMeter
from tidings.domain.stamp import Fence, Times
from tidings.services.pulling import Pulling

__all__ = [
    "FakeAuthors",
    "FakeBlockLists",
    "FakeBuckets",
    "FakeChunks",
    "FakeClock",
    "FakeDevices",
    "FakeEngagements",
    "FakeFollowLists",
    "FakeGraph",
    "FakeGroups",
    "FakeHomeWatchers",
    "FakeLog",
    "FakeLooks",
    "FakeMailboxes",
    "FakeMarks",
    "FakeMembers",
    "FakeMemberships",
    "FakeMeter",
    "FakeMutes",
    "FakeOutbox",
    "FakePeopleIndex",
    "FakePosts",
    "FakeProfiles",
    "FakePulled",
    "FakePush",
    "FakeReactions",
    "FakeReadRates",
    "FakeRegistry",
    "FakeResidue",
    "FakeSockets",
    "FakeTallies",
    "FakeTimelines",
    "FakeUsers",
    "FakeWatchers",
    "FakeWorld",
    "Queued",
    "watched",
]


@dataclass
class FakeWorld:
    """All fakes around one clock."""

    clock: FakeClock = field(default_factory=FakeClock)
    times: Times = field(default_factory=Times)

    def __post_init__(self) -> None:
        self.meter = FakeMeter()
        self.users = FakeUsers()
        self.profiles = FakeProfiles(self.users)
        self.people_index = FakePeopleIndex()
        self.registry = FakeRegistry()
        self.sockets = FakeSockets()
        self.outbox = FakeOutbox(self.clock)
        self.buckets = FakeBuckets()
        self.search = FakeSearch(self.clock)
        self.log = FakeLog()
        self.reactions = FakeReactions()
        self.mailboxes = FakeMailboxes(self.clock)
        self.pulled = FakePulled(self.mailboxes, self.clock)
        self.memberships = FakeMemberships()
        self.groups = FakeGroups(self.log)
        self.members = FakeMembers(self.groups, self.log)
        self.tallies = FakeTallies()
        self.posts = FakePosts()
        self.engagements = FakeEngagements(self.posts)
        self.timelines = FakeTimelines(self.clock)
        self.graph = FakeGraph()
        self.marks = FakeMarks(self.graph, self.clock)
        self.follow_lists = FakeFollowLists(self.graph)
        self.looks = FakeLooks(self.graph)
        self.authors = FakeAuthors(self.graph)
        self.residue = FakeResidue()
        self.rates = FakeReadRates(self.graph)
        self.blocks = FakeBlockLists()
        self.mutes = FakeMutes()
        self.graph.blocked, self.graph.muted = self.blocks.hidden, self.mutes.hidden
        self.devices = FakeDevices()
        self.push = FakePush()
        self.watchers = FakeWatchers()
        self.home_watchers = FakeHomeWatchers()
        self.chunks = FakeChunks(self.clock)

    def pulling(self) -> Pulling:
        """Who pulls whom."""
        return Pulling(self.authors, self.marks, self.residue, 50)

    def fence(self, stamp: int | None = None) -> Fence:
        """A fence for `stamp`, or for now."""
        return Fence(self.clock.now() if stamp is None else stamp, self.times, self.clock.now)
