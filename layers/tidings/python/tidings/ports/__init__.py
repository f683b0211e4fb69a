"""What the services need of the world.  Stores, sockets, push, queues and the clock, as protocols.

Every write takes a `Fence` and checks it before each call to AWS; an expired one raises `RetryLater` and writes
nothing more.  All times are epoch milliseconds.  A dependency that does not answer raises `Unavailable`.

A name is imported when it is first asked for: no function needs all of them, and each costs its start some time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tidings.ports.blocks import Block, BlockLists, Mute, Mutes
    from tidings.ports.devices import Device, Devices, Notification, Push
    from tidings.ports.engagements import Engagements
    from tidings.ports.follows import Counts, FollowLists
    from tidings.ports.groups import Advance, Groups, Members, Membership, Memberships, Watcher, Watchers
    from tidings.ports.idle import Looks
    from tidings.ports.limits import Buckets
    from tidings.ports.messaging import Log, Mailboxes, Outbox, OutboxEntry, Reactions, StandingReaction
    from tidings.ports.people import Activity, Delivery, Entered, PostResult, Registry, Sockets, User, Users
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
    "Entered",
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

_HOMES: Final = {
    "blocks": (
        "Block",
        "BlockLists",
        "Mute",
        "Mutes",
    ),
    "devices": (
        "Device",
        "Devices",
        "Notification",
        "Push",
    ),
    "engagements": ("Engagements",),
    "follows": (
        "Counts",
        "FollowLists",
    ),
    "groups": (
        "Advance",
        "Groups",
        "Members",
        "Membership",
        "Memberships",
        "Watcher",
        "Watchers",
    ),
    "idle": ("Looks",),
    "limits": ("Buckets",),
    "messaging": (
        "Log",
        "Mailboxes",
        "Outbox",
        "OutboxEntry",
        "Reactions",
        "StandingReaction",
    ),
    "people": (
        "Activity",
        "Delivery",
        "Entered",
        "PostResult",
        "Registry",
        "Sockets",
        "User",
        "Users",
    ),
    "profiles": (
        "Handles",
        "Profiles",
    ),
    "pulling": (
        "Authors",
        "PulledMarks",
        "ReadRates",
        "Residue",
    ),
    "tally": ("Tallies",),
    "timelines": (
        "Chunks",
        "Edge",
        "Graph",
        "Posts",
        "Timelines",
    ),
    "world": (
        "Clock",
        "Meter",
    ),
}
"""Where each name is."""


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
