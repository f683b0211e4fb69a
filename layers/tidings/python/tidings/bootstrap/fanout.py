"""Wires the fan-out: the planner of the streams and the worker of the lanes.

The planner's function reads followers and enqueues: it has neither the permissions nor the names of the tables that
only workers need.
"""

from __future__ import annotations

from functools import cache

from tidings.bootstrap import clients
from tidings.bootstrap.telemetry import EmbeddedMeter
from tidings.bootstrap.world import SystemClock, settings
from tidings.gateway.queues import SqsChunks
from tidings.services.fanout.edges import EdgeJobs
from tidings.services.fanout.plan import Planner
from tidings.services.fanout.posts import post_effects, post_kinds
from tidings.services.fanout.stream import StreamPlanner
from tidings.services.fanout.work import Worker
from tidings.storage import keys
from tidings.storage.graph import GraphStore
from tidings.storage.posts import PostStore
from tidings.storage.streams import post_of
from tidings.storage.timelines import TimelineStore


@cache
def build_planner() -> StreamPlanner:
    """The stream planner; once for the life of the process."""
    return StreamPlanner(_planner(), post_of)


@cache
def build_worker() -> Worker:
    """The worker of the lanes; once for the life of the process."""
    given, clock, client, meter = settings(), SystemClock(), clients.dynamodb(), EmbeddedMeter()
    posts = PostStore(client, given.table(keys.POSTS.variable))
    timelines = TimelineStore(client, given.table(keys.TIMELINES.variable), clock, given.retention_ms)
    return Worker(
        post_kinds(_graph()),
        post_effects(posts, timelines),
        _planner(),
        EdgeJobs(_graph(), posts, timelines, clock, meter, given.times),
        _lanes(),
        clock,
        meter,
        given.times,
        given.fanout_bound_ms,
    )


@cache
def _graph() -> GraphStore:
    given = settings()
    return GraphStore(clients.dynamodb(), given.table(keys.GRAPH.variable), SystemClock(), given.retention_ms)


@cache
def _lanes() -> SqsChunks:
    given, clock = settings(), SystemClock()
    return SqsChunks(clients.sqs(), {"small": given.queue_small, "large": given.queue_large}, clock)


@cache
def _planner() -> Planner:
    return Planner(post_kinds(_graph()), _lanes(), SystemClock(), EmbeddedMeter(), settings().settle_ms)
