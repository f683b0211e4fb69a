"""Wires the fan-out: the planner of the streams and the worker of the lanes.

Whoever has something to be done for an audience, or for a conversation, enters it here: its kinds for the planner, its
effects and tasks for the worker, and its rule in `tidings.bootstrap.rules`.

The planner's function reads audiences and enqueues: it has neither the permissions nor the names of the tables that
only workers need.
"""

from __future__ import annotations

from functools import cache

from tidings.bootstrap import clients
from tidings.bootstrap.blocks import block_lists, block_tasks, mute_lists
from tidings.bootstrap.mentions import mention_tasks
from tidings.bootstrap.pulling import crossing_authors, pulling, residue
from tidings.bootstrap.rules import fanout_rules
from tidings.bootstrap.search import search_effects, search_tasks
from tidings.bootstrap.telemetry import EmbeddedMeter
from tidings.bootstrap.world import SystemClock, settings
from tidings.domain.idle import Idle
from tidings.gateway.queues import SqsChunks
from tidings.gateway.sockets import ManagedSockets
from tidings.ports.timelines import Lane
from tidings.services.announce import Announcer
from tidings.services.claim import Stamps
from tidings.services.fanout.crossing import crossing_tasks
from tidings.services.fanout.edges import EdgeJobs
from tidings.services.fanout.events import Copies, event_effects, event_kinds
from tidings.services.fanout.index import index_kinds
from tidings.services.fanout.kinds import Effects, Kinds, Tasks
from tidings.services.fanout.news import Announced, LiveFrames, News
from tidings.services.fanout.plan import Planner
from tidings.services.fanout.posts import post_effects, post_kinds
from tidings.services.fanout.returning import returning_tasks
from tidings.services.fanout.settling import SETTLE, Settling
from tidings.services.fanout.stream import StreamPlanner
from tidings.services.fanout.sweep import sweep_effects, sweep_kinds
from tidings.services.fanout.tally import tally_tasks
from tidings.services.fanout.watching import Watching
from tidings.services.fanout.work import Worker
from tidings.services.late import LateArrivals
from tidings.services.live import Live
from tidings.services.settle import Settle
from tidings.services.threads import Threads
from tidings.services.visibility import Hiding
from tidings.storage import keys
from tidings.storage.connections import ConnectionStore
from tidings.storage.graph import GraphStore
from tidings.storage.groups import GroupStore
from tidings.storage.home_watchers import HomeWatcherStore
from tidings.storage.log import LogStore
from tidings.storage.looks import LookStore
from tidings.storage.mailboxes import MailboxStore
from tidings.storage.members import MemberStore
from tidings.storage.memberships import MembershipStore
from tidings.storage.posts import PostStore
from tidings.storage.pulled import PulledStore
from tidings.storage.streams import shown_by
from tidings.storage.tally import TallyStore
from tidings.storage.timelines import TimelineStore
from tidings.storage.users import UserStore
from tidings.storage.watchers import WatcherStore


@cache
def build_planner() -> StreamPlanner:
    """The stream planner; once for the life of the process."""
    return StreamPlanner(_planner(), shown_by, fanout_rules(settings().push_members))


@cache
def build_worker() -> Worker:
    """The worker of the lanes; once for the life of the process."""
    given, clock, meter = settings(), SystemClock(), EmbeddedMeter()
    effects, tasks, bound = _effects(), _tasks(), given.fanout_bound_ms
    return Worker(_kinds(), effects, tasks, _planner(), _edges(), _frames(), _lanes(), clock, meter, given.times, bound)


def _frames() -> LiveFrames:
    """What is done for watchers."""
    given, clock, meter = settings(), SystemClock(), EmbeddedMeter()
    watchers = WatcherStore(clients.dynamodb(), given.table(keys.WATCHERS.variable), clock)
    watching = Watching(_log(), _groups(), _members(), watchers, keys.watched_conversation, _live(), clock, meter)
    hiding = Hiding(block_lists(clock), mute_lists(clock))
    news = News(_posts(), _graph(), _home_watchers(), _live(), hiding, Threads(), clock, meter)
    return LiveFrames(watching, news)


def _kinds() -> Kinds:
    """All kinds, by name."""
    return {
        **post_kinds(_graph(), residue(SystemClock()), _idle()),
        **event_kinds(_log(), _groups(), _members()),
        **sweep_kinds(_log(), _members()),
        **index_kinds(),
    }


def _effects() -> Effects:
    """What is done for each."""
    stamps = Stamps(SystemClock(), settings().times)
    announced = Announced(_timelines(), _home_watchers(), _lanes(), SystemClock(), EmbeddedMeter())
    copies = Copies(stamps, _mailboxes(), LateArrivals(stamps, _log(), _mailboxes()))
    return {
        **post_effects(_posts(), _timelines(), _graph(), announced),
        **event_effects(_log(), _groups(), _members(), copies, _live()),
        **sweep_effects(_log(), _mailboxes()),
        **search_effects(_posts()),
    }


def _tasks() -> Tasks:
    """All tasks, by name."""
    given, clock = settings(), SystemClock()
    table = given.table(keys.MAILBOXES.variable)
    pulled = PulledStore(clients.dynamodb(), table, clock, given.retention_ms, given.settle_ms)
    most = given.push_members
    settle = Settle(_groups(), _members(), _memberships(), pulled)
    return {
        SETTLE: Settling(_log(), settle, Stamps(clock, given.times), clock),
        **crossing_tasks(_groups(), _members(), pulled, clock, EmbeddedMeter(), given.times, most),
        **tally_tasks(_announcer()),
        **block_tasks(_graph(), _lanes(), clock),
        **mention_tasks(_posts(), _timelines(), _graph(), clock),
        **returning_tasks(_graph(), _looks(), _edges(), clock, EmbeddedMeter(), given.times, _idle()),
        **crossing_authors(_graph(), _posts(), clock, EmbeddedMeter()),
        **search_tasks(_posts(), _live()),
    }


def _idle() -> Idle:
    return Idle(settings().idle_days)


def _edges() -> EdgeJobs:
    given, clock = settings(), SystemClock()
    bound = given.fanout_bound_ms
    return EdgeJobs(_graph(), _posts(), _timelines(), pulling(clock), clock, EmbeddedMeter(), given.times, bound)


def _looks() -> LookStore:
    return LookStore(clients.dynamodb(), settings().table(keys.GRAPH.variable))


def _announcer() -> Announcer:
    given, client, clock = settings(), clients.dynamodb(), SystemClock()
    conversations = given.table(keys.CONVERSATIONS.variable)
    return Announcer(
        _groups(),
        _members(),
        _memberships(),
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
def _posts() -> PostStore:
    return PostStore(clients.dynamodb(), settings().table(keys.POSTS.variable), SystemClock())


@cache
def _timelines() -> TimelineStore:
    given = settings()
    return TimelineStore(clients.dynamodb(), given.table(keys.TIMELINES.variable), SystemClock(), given.retention_ms)


@cache
def _home_watchers() -> HomeWatcherStore:
    return HomeWatcherStore(clients.dynamodb(), settings().table(keys.WATCHERS.variable), SystemClock())


@cache
def _log() -> LogStore:
    return LogStore(clients.dynamodb(), settings().table(keys.CONVERSATIONS.variable))


@cache
def _groups() -> GroupStore:
    return GroupStore(clients.dynamodb(), settings().table(keys.CONVERSATIONS.variable), SystemClock())


@cache
def _live() -> Live:
    clock = SystemClock()
    registry = ConnectionStore(clients.dynamodb(), settings().table(keys.CONNECTIONS.variable), clock)
    return Live(registry, ManagedSockets(clients.management()), clock, EmbeddedMeter())


@cache
def _members() -> MemberStore:
    given = settings()
    table, conversations = given.table(keys.MEMBERS.variable), given.table(keys.CONVERSATIONS.variable)
    return MemberStore(clients.dynamodb(), table, conversations, SystemClock())


@cache
def _memberships() -> MembershipStore:
    return MembershipStore(clients.dynamodb(), settings().table(keys.MEMBERSHIPS.variable), SystemClock())


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
    urls: dict[Lane, str] = {"small": given.queue_small, "large": given.queue_large, "live": given.queue_live}
    return SqsChunks(clients.sqs(), urls, clock)


@cache
def _planner() -> Planner:
    return Planner(_kinds(), _lanes(), SystemClock(), EmbeddedMeter(), settings().settle_ms)
