"""What the services need of the world.  Stores, sockets, push, queues and the clock, as protocols.

Every write takes a `Fence` and checks it before each call to AWS; an expired one raises `RetryLater` and writes
nothing more.  All times are epoch milliseconds.  A dependency that does not answer raises `Unavailable`.
"""

from __future__ import annotations

from tidings.ports.blocks import Block, BlockLists, Mute, Mutes
from tidings.ports.devices import Device, Devices, Notification, Push
from tidings.ports.engagements import Engagements
from tidings.ports.follows import Counts, FollowLists
from tidings.ports.groups import Advance, Groups, Members, Membership, Memberships, Watcher, Watchers
from tidings.ports.idle import Looks
from tidings.ports.limits import Buckets
from tidings.ports.messaging import Log, Mailboxes, Outbox, OutboxEntry, Reactions, StandingReaction
from tidings.ports.people import Activity, Delivery, PostResult, Registry, Sockets, User, Users
from tidings.ports.profiles import Handles, Profiles
from tidings.ports.pulling import Authors, PulledMarks, ReadRates, Residue
from tidings.ports.tally import Tallies
from tidings.ports.timelines import Chunks, Edge, Graph, Posts, Timelines
from tidings.ports.world import Clock, Meter

__all__ = [
    "Activity",
    "Advance",
    "Authors",
    "Block",
    "BlockLists",
    "Buckets",
    "Chunks",
    "Clock",
    "Counts",
    "Delivery",
    "Device",
    "Devices",
    "Edge",
    "Engagements",
    "FollowLists",
    "Graph",
    "Groups",
    "Handles",
    "Log",
    "Looks",
    "Mailboxes",
    "Members",
    "Membership",
    "Memberships",
    "Meter",
    "Mute",
    "Mutes",
    "Notification",
    "Outbox",
    "OutboxEntry",
    "PostResult",
    "Posts",
    "Profiles",
    "PulledMarks",
    "Push",
    "Reactions",
    "ReadRates",
    "Registry",
    "Residue",
    "Sockets",
    "StandingReaction",
    "Tallies",
    "Timelines",
    "User",
    "Users",
    "Watcher",
    "Watchers",
]
