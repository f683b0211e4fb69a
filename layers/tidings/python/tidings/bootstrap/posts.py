"""Wires posts for the timeline function, which writes and reads them."""

from __future__ import annotations

from tidings.bootstrap import clients
from tidings.bootstrap.world import settings
from tidings.ports.world import Clock
from tidings.router import Router
from tidings.routes.posts import register
from tidings.services.authors import Paths
from tidings.services.claim import Claims
from tidings.services.embeds import Embeds
from tidings.services.engage import Engager
from tidings.services.mentions import MentionsReader
from tidings.services.originals import Originals
from tidings.services.post import Poster
from tidings.services.post_threads import ThreadReader
from tidings.services.visibility import Hiding, Visibility
from tidings.storage import keys
from tidings.storage.engagements import EngagementStore
from tidings.storage.graph import GraphStore
from tidings.storage.posts import PostStore
from tidings.storage.profiles import ProfileStore
from tidings.storage.timelines import TimelineStore


def register_posts(
    router: Router,
    claims: Claims,
    posts: PostStore,
    timelines: TimelineStore,
    graph: GraphStore,
    visibility: Visibility,
    hiding: Hiding,
    paths: Paths,
    clock: Clock,
) -> Embeds:
    """Enter the routes of posts.  What shows the originals of what is quoted or passed on."""
    given, client = settings(), clients.dynamodb()
    engagements = EngagementStore(
        client,
        given.table(keys.ENGAGEMENTS.variable),
        given.table(keys.POSTS.variable),
        clock,
        given.retention_ms,
    )
    originals, embeds = Originals(posts, visibility), Embeds(posts, visibility)
    handles = ProfileStore(client, given.table(keys.USERS.variable), clock)
    register(
        router,
        Poster(claims, posts, engagements, originals, handles, paths),
        Engager(claims, engagements, originals, visibility, paths),
        ThreadReader(posts, engagements, originals, visibility),
        MentionsReader(timelines, graph, visibility, hiding, clock, given.fanout_bound_ms),
        embeds,
    )
    return embeds
