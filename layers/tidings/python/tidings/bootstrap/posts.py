"""Wires posts for the timeline function, which writes and reads them."""

from __future__ import annotations

from tidings.bootstrap import clients
from tidings.bootstrap.mentions import visibility
from tidings.bootstrap.world import settings
from tidings.ports.world import Clock
from tidings.router import Router
from tidings.routes.posts import register
from tidings.services.claim import Claims
from tidings.services.engage import Engager
from tidings.services.mentions import MentionsReader
from tidings.services.originals import Originals
from tidings.services.post import Poster
from tidings.services.post_threads import ThreadReader
from tidings.storage import keys
from tidings.storage.engagements import EngagementStore
from tidings.storage.graph import GraphStore
from tidings.storage.posts import PostStore
from tidings.storage.profiles import ProfileStore
from tidings.storage.timelines import TimelineStore


def register_posts(
    router: Router, claims: Claims, posts: PostStore, timelines: TimelineStore, graph: GraphStore, clock: Clock
) -> None:
    """Enter the routes of posts."""
    given, client = settings(), clients.dynamodb()
    engagements = EngagementStore(
        client,
        given.table(keys.ENGAGEMENTS.variable),
        given.table(keys.POSTS.variable),
        clock,
        given.retention_ms,
    )
    sees = visibility(graph, clock)
    originals = Originals(posts, sees)
    handles = ProfileStore(client, given.table(keys.USERS.variable), clock)
    register(
        router,
        Poster(claims, posts, engagements, originals, handles),
        Engager(claims, engagements, originals, sees),
        ThreadReader(posts, engagements, originals, sees),
        MentionsReader(timelines, graph, sees, clock, given.fanout_bound_ms),
    )
