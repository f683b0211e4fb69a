"""Wires the fan-out: the planner of the streams and the worker of the lanes.

Whoever has something to be done for an audience, or for a conversation, enters it here: its kinds for the planner, its
effects and tasks for the worker, and its rule in `tidings.bootstrap.rules`.

The planner's function reads audiences and enqueues: it has neither the permissions nor the names of the tables that
only workers need.
"""

from __future__ import annotations

from functools import cache

from tidings.bootstrap import clients
from tidings.bootstrap.blocks import block_tasks
from tidings.bootstrap.rules import fanout_rules
from tidings.bootstrap.telemetry import EmbeddedMeter
from tidings.bootstrap.world import SystemClock, settings
from tidings.gateway.queues import SqsChunks
from tidings.gateway.sockets import ManagedSockets
from tidings.services.announce import Announcer
from tidings.services.fanout.edges import EdgeJobs
from tidings.services.fanout.kinds import Effects, Kinds, Tasks
from tidings.services.fanout.plan import Planner
from tidings.services.fanout.posts import post_effects, post_kinds
from tidings.services.fanout.stream import StreamPlanner
from tidings.services.fanout.sweep import sweep_effects, sweep_kinds
from tidings.services.fanout.tally import tally_tasks
from tidings.services.fanout.work import Worker
from tidings.services.live import Live
from tidings.storage import keys
from tidings.storage.connections import ConnectionStore
from tidings.storage.graph import GraphStore
from tidings.storage.groups import GroupStore
from tidings.storage.log import LogStore
from tidings.storage.mailboxes import MailboxStore
from tidings.storage.members import MemberStore
from tidings.storage.memberships import MembershipStore
from tidings.storage.posts import PostStore
from tidings.storage.streams import shown_by
from tidings.storage.tally import TallyStore
from tidings.storage.timelines import TimelineStore
from tidings.storage.users import UserStore


@cache
def build_planner() -> StreamPlanner:
    """The stream planner; once for the life of the process."""
    return StreamPlanner(_planner(), shown_by, fanout_rules())


@cache
def build_worker() -> Worker:
    """The worker of the lanes; once for the life of the process."""
    given, clock, meter = settings(), SystemClock(), EmbeddedMeter()
    edges = EdgeJobs(_graph(), _posts(), _timelines(), clock, meter, given.times)
    effects, tasks = _effects(), _tasks()
    return Worker(
        _kinds(), effects, tasks, _planner(), edges, _lanes(), clock, meter, given.times, given.fanout_bound_ms
    )


def _kinds() -> Kinds:
    """All kinds, by name."""
    return {**post_kinds(_graph()), **sweep_kinds(_log(), _members())}


def _effects() -> Effects:
    """What is done for each."""
    return {**post_effects(_posts(), _timelines()), **sweep_effects(_log(), _mailboxes())}


def _tasks() -> Tasks:
    """All tasks, by name."""
    return {**tally_tasks(_announcer()), **block_tasks(_graph(), _lanes(), SystemClock())}


def _announcer() -> Announcer:
    given, client, clock = settings(), clients.dynamodb(), SystemClock()
    conversations = given.table(keys.CONVERSATIONS.variable)
    return Announcer(
        GroupStore(client, conversations, clock),
        _members(),
        MembershipStore(client, given.table(keys.MEMBERSHIPS.variable), clock),
        UserStore(client, given.table(keys.USERS.variable), clock),
        TallyStore(client, conversations),
        _log(),
        _mailboxes(),
        _live(),
        clock,
        given.times,
        given.retention_ms,
    )


@cache
def _live() -> Live:
    registry = ConnectionStore(clients.dynamodb(), settings().table(keys.CONNECTIONS.variable), SystemClock())
    return Live(registry, ManagedSockets(clients.management()), SystemClock(), EmbeddedMeter())


@cache
def _posts() -> PostStore:
    return PostStore(clients.dynamodb(), settings().table(keys.POSTS.variable))


@cache
def _timelines() -> TimelineStore:
    given = settings()
    return TimelineStore(clients.dynamodb(), given.table(keys.TIMELINES.variable), SystemClock(), given.retention_ms)


@cache
def _log() -> LogStore:
    return LogStore(clients.dynamodb(), settings().table(keys.CONVERSATIONS.variable))


@cache
def _members() -> MemberStore:
    given = settings()
    table, conversations = given.table(keys.MEMBERS.variable), given.table(keys.CONVERSATIONS.variable)
    return MemberStore(clients.dynamodb(), table, conversations, SystemClock())


@cache
def _mailboxes() -> MailboxStore:
    given = settings()
    return MailboxStore(clients.dynamodb(), given.table(keys.MAILBOXES.variable), SystemClock(), given.retention_ms)


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
    return Planner(_kinds(), _lanes(), SystemClock(), EmbeddedMeter(), settings().settle_ms)
