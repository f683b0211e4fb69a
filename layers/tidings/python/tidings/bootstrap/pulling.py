"""Wires push and pull: what the timeline function asks of authors, and the workers' crossings."""

from __future__ import annotations

from tidings.bootstrap import clients
from tidings.bootstrap.world import settings
from tidings.domain.idle import Idle
from tidings.domain.policy import Policy
from tidings.ports.timelines import Chunks, Graph, Posts
from tidings.ports.world import Clock, Meter
from tidings.services.authors import Paths
from tidings.services.fanout.kinds import Tasks
from tidings.services.fanout.pulling import author_tasks
from tidings.services.pulling import Pulling
from tidings.services.rates import HomeReads, Rates
from tidings.services.threads import Threads
from tidings.storage import keys
from tidings.storage.authors import AuthorStore
from tidings.storage.marks import MarkStore
from tidings.storage.rates import RateStore
from tidings.storage.residue import ResidueStore


def policy() -> Policy:
    """Who is pulled."""
    return Policy(settings().always_pull, settings().never_pull)


def paths(queue: Chunks, clock: Clock) -> Paths:
    """How posts are delivered."""
    return Paths(authors(clock), queue, clock, policy())


def authors(clock: Clock) -> AuthorStore:
    """What is known of authors."""
    return AuthorStore(clients.dynamodb(), settings().table(keys.GRAPH.variable), clock)


def residue(clock: Clock) -> ResidueStore:
    """Who pulls too many."""
    given = settings()
    return ResidueStore(clients.dynamodb(), given.table(keys.GRAPH.variable), clock, given.retention_ms)


def pulling(clock: Clock) -> Pulling:
    """Who pulls whom."""
    given = settings()
    marks = MarkStore(clients.dynamodb(), given.table(keys.GRAPH.variable), clock, given.retention_ms)
    return Pulling(authors(clock), marks, residue(clock), given.max_pulled)


def home_reads(delivery: Paths, clock: Clock) -> HomeReads:
    """Counts home reads."""
    return HomeReads(_rates(clock), delivery, clock, settings().times)


def crossing_authors(graph: Graph, posts: Posts, clock: Clock, meter: Meter) -> Tasks:
    """The workers' tasks."""
    rates, times = Rates(posts, graph, _rates(clock), Idle(settings().idle_days)), settings().times
    return author_tasks(authors(clock), graph, rates, pulling(clock), Threads(), clock, meter, times, policy())


def _rates(clock: Clock) -> RateStore:
    return RateStore(clients.dynamodb(), settings().table(keys.GRAPH.variable), clock)
