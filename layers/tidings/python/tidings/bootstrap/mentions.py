"""Wires who may see what, and the workers' telling of whom posts mention."""

from __future__ import annotations

from tidings.bootstrap import clients
from tidings.bootstrap.blocks import block_lists
from tidings.bootstrap.world import settings
from tidings.ports.world import Clock
from tidings.services.claim import Stamps
from tidings.services.fanout.kinds import Tasks
from tidings.services.fanout.mentions import MENTION, Mentioning
from tidings.services.visibility import Visibility
from tidings.storage import keys
from tidings.storage.graph import GraphStore
from tidings.storage.posts import PostStore
from tidings.storage.timelines import TimelineStore
from tidings.storage.users import UserStore


def visibility(graph: GraphStore, clock: Clock) -> Visibility:
    """Whose posts a reader may see."""
    users = UserStore(clients.dynamodb(), settings().table(keys.USERS.variable), clock)
    return Visibility(users, graph, block_lists(clock))


def mention_tasks(posts: PostStore, timelines: TimelineStore, graph: GraphStore, clock: Clock) -> Tasks:
    """The workers' task."""
    stamps = Stamps(clock, settings().times)
    return {MENTION: Mentioning(posts, timelines, visibility(graph, clock), stamps, clock)}
