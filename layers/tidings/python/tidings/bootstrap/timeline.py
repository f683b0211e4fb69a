"""Wires the timeline function."""

from __future__ import annotations

from functools import cache

from tidings.bootstrap import clients
from tidings.bootstrap.blocks import block_effects, block_lists, edge_queue, mute_lists
from tidings.bootstrap.limits import register_limits
from tidings.bootstrap.people import profile_store, register_people
from tidings.bootstrap.posts import register_posts
from tidings.bootstrap.pulling import home_reads, paths, pulling
from tidings.bootstrap.search import searcher
from tidings.bootstrap.telemetry import logger
from tidings.bootstrap.world import SystemClock, settings
from tidings.domain.idle import Idle
from tidings.gateway.queues import SqsChunks
from tidings.router import Router
from tidings.routes import blocks, search
from tidings.routes.timeline import register, register_watch
from tidings.services.blocking import Blocking
from tidings.services.claim import Claims
from tidings.services.feeds import Feeds
from tidings.services.follow import Follows
from tidings.services.hot import AuthorPages
from tidings.services.muting import Muting
from tidings.services.people import People
from tidings.services.returning import Returns
from tidings.services.threads import Threads
from tidings.services.timeline import TimelineReader
from tidings.services.timeline_watch import TimelineWatches
from tidings.services.visibility import Hiding, Visibility
from tidings.storage import keys
from tidings.storage.graph import GraphStore
from tidings.storage.home_watchers import HomeWatcherStore
from tidings.storage.looks import LookStore
from tidings.storage.outbox import OutboxStore
from tidings.storage.posts import PostStore
from tidings.storage.timelines import TimelineStore
from tidings.storage.users import UserStore


@cache
def build() -> Router:
    """The router of the timeline function; once for the life of the process."""
    given, clock, client = settings(), SystemClock(), clients.dynamodb()

    def table(which: keys.Table) -> str:
        return given.table(which.variable)

    posts = PostStore(client, table(keys.POSTS), clock)
    timelines = TimelineStore(client, table(keys.TIMELINES), clock, given.retention_ms)
    graph = GraphStore(client, table(keys.GRAPH), clock, given.retention_ms)
    lists = block_lists(clock)
    outbox = OutboxStore(client, table(keys.OUTBOX), clock, given.retention_ms)
    users = UserStore(client, table(keys.USERS), clock)
    people = People(users)
    queue = SqsChunks(clients.sqs(), {"small": given.queue_small, "large": given.queue_large}, clock)

    claims = Claims(outbox, clock, given.times)
    follows = Follows(claims, people, graph, profile_store(clock), lists, edge_queue(queue, clock), pulling(clock))
    pages = AuthorPages(posts, clock, given.hot_page_ms)
    feeds = Feeds(timelines, pages, graph, clock, Threads(), given.retention_ms)
    visibility, mutes = Visibility(users, graph, lists), mute_lists(clock)
    hiding, delivery = Hiding(lists, mutes), paths(queue, clock)
    reads = home_reads(delivery, clock)
    returns = Returns(LookStore(client, table(keys.GRAPH)), queue, clock, given.times, Idle(given.idle_days))
    bound = given.fanout_bound_ms
    reader = TimelineReader(feeds, returns, posts, graph, visibility, hiding, people, reads, clock, bound)
    blocking = Blocking(claims, people, lists, block_effects(graph, queue, clock), queue, clock, given.times)

    router = Router(clock, logger())
    embeds = register_posts(router, claims, posts, timelines, graph, visibility, hiding, delivery, clock)
    register(router, follows, reader, embeds)
    register_people(router, claims, graph, queue, clock)
    blocks.register(router, blocking, Muting(claims, people, mutes))
    watchers = HomeWatcherStore(client, table(keys.WATCHERS), clock)
    register_watch(router, TimelineWatches(watchers, graph, clock, given.times))
    search.register(router, searcher(posts, visibility, queue), embeds)
    register_limits(router, clock)
    return router
