"""Wires the send function."""

from __future__ import annotations

from functools import cache

from tidings.bootstrap import clients, groups, lists
from tidings.bootstrap.telemetry import EmbeddedMeter, logger
from tidings.bootstrap.world import SystemClock, settings
from tidings.domain.rate import Rate
from tidings.gateway.sockets import ManagedSockets
from tidings.router import Router
from tidings.routes import life, typing, watch
from tidings.routes import receipts as receipts_route
from tidings.routes.send import register
from tidings.services.claim import Claims
from tidings.services.deliver import Deliverer
from tidings.services.direct import Meetings
from tidings.services.edit import Editor
from tidings.services.facts import Facts
from tidings.services.hide import Hider
from tidings.services.history import Histories
from tidings.services.late import LateArrivals
from tidings.services.limits import Limits
from tidings.services.live import Live
from tidings.services.messaging import Messaging
from tidings.services.own_rows import OwnRows
from tidings.services.people import People
from tidings.services.pulls import Pulls
from tidings.services.react import Reactor
from tidings.services.readers import Readers
from tidings.services.receipts import Receipts
from tidings.services.rooms import Rooms
from tidings.services.send import Sender
from tidings.services.sync import Syncs
from tidings.services.tallies import Tallies
from tidings.services.targets import Targets
from tidings.services.typing import Typists
from tidings.services.unsend import Unsender
from tidings.services.uses import life_uses, messaging_uses
from tidings.services.watch import Watches
from tidings.storage import keys
from tidings.storage.buckets import BucketStore
from tidings.storage.connections import ConnectionStore
from tidings.storage.log import LogStore
from tidings.storage.mailboxes import MailboxStore
from tidings.storage.memberships import MembershipStore
from tidings.storage.outbox import OutboxStore
from tidings.storage.reactions import ReactionStore
from tidings.storage.tally import TallyStore
from tidings.storage.users import UserStore
from tidings.storage.watchers import WatcherStore


@cache
def build() -> Router:
    """The router of the send function; once for the life of the process."""
    given, clock, client = settings(), SystemClock(), clients.dynamodb()

    def table(which: keys.Table) -> str:
        return given.table(which.variable)

    log = LogStore(client, table(keys.CONVERSATIONS))
    mailboxes = MailboxStore(client, table(keys.MAILBOXES), clock, given.retention_ms)
    registry = ConnectionStore(client, table(keys.CONNECTIONS), clock)
    outbox = OutboxStore(client, table(keys.OUTBOX), clock, given.retention_ms)
    users = UserStore(client, table(keys.USERS), clock)
    memberships = MembershipStore(client, table(keys.MEMBERSHIPS), clock)

    shared = groups.build(clock)
    claims = Claims(outbox, clock, given.times)
    facts = Facts(claims, log, LateArrivals(claims, log, mailboxes))
    live = Live(registry, ManagedSockets(clients.management()), clock, EmbeddedMeter())
    reactions = ReactionStore(client, table(keys.CONVERSATIONS))
    tallies = TallyStore(client, table(keys.CONVERSATIONS))
    rows = OwnRows(shared.groups, shared.members, memberships)
    receipts = Receipts(claims, log, memberships, rows, tallies)
    people = People(users)
    rooms, targets = Rooms(Meetings(memberships, people), shared.rooms), Targets(log)
    uses = messaging_uses(Sender(facts, rooms, targets), receipts)
    uses |= life_uses(
        Editor(claims, facts, rooms, log, given.edit_window_ms),
        Unsender(claims, facts, rooms, log, given.unsend_window_ms),
        Reactor(claims, facts, rooms, targets, reactions),
        Hider(claims, shared.views, targets, memberships),
    )
    uses |= lists.uses(claims, memberships, rows)
    limits = Limits(BucketStore(client, table(keys.OUTBOX)), clock, Rate(given.send_rate, given.send_burst))
    messaging = Messaging(people, Deliverer(mailboxes, live), uses, limits.spend)
    pulls = Pulls(log, shared.groups, shared.members, given.times, given.retention_ms)
    syncs = Syncs(mailboxes, registry, users, clock, given.times, given.retention_ms, given.max_devices, pulls)

    watchers = WatcherStore(client, table(keys.WATCHERS), clock)
    typists = Typists(rooms, memberships, watchers, live, clock, keys.watched_conversation)

    router = Router(clock, logger())
    register(router, messaging, syncs, Histories(shared.views, log, memberships, Tallies(reactions)))
    life.register(router, messaging)
    receipts_route.register(router, Readers(log, memberships, shared.groups, shared.members, users))
    lists.register(router, messaging, log, memberships, shared.groups, mailboxes, clock)
    shared.register(router, claims, people, log, memberships, limits.spend)
    watch.register(router, Watches(rooms, watchers, keys.watched_conversation, clock))
    typing.register(router, typists)
    return router
