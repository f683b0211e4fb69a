"""Wires what follows from a block: for the timeline function, which does it at once, and the workers, who finish it."""

from __future__ import annotations

from tidings.bootstrap import clients
from tidings.bootstrap.world import settings
from tidings.gateway.queues import SqsChunks
from tidings.ports.world import Clock
from tidings.services.blocking import BLOCK, Effects
from tidings.services.edge_queue import EdgeQueue
from tidings.services.fanout.kinds import Tasks
from tidings.storage import keys
from tidings.storage.blocks import BlockStore, MuteStore
from tidings.storage.graph import GraphStore
from tidings.storage.memberships import MembershipStore


def block_lists(clock: Clock) -> BlockStore:
    """Who has blocked whom."""
    given = settings()
    return BlockStore(clients.dynamodb(), given.table(keys.GRAPH.variable), clock, given.retention_ms)


def mute_lists(clock: Clock) -> MuteStore:
    """Who has muted whom."""
    given = settings()
    return MuteStore(clients.dynamodb(), given.table(keys.GRAPH.variable), clock, given.retention_ms)


def edge_queue(lanes: SqsChunks, clock: Clock) -> EdgeQueue:
    """What changes of follows ask the workers to do."""
    given = settings()
    return EdgeQueue(lanes, clock, given.times, given.fanout_bound_ms)


def block_effects(graph: GraphStore, lanes: SqsChunks, clock: Clock) -> Effects:
    """What follows from blocks."""
    given = settings()
    memberships = MembershipStore(clients.dynamodb(), given.table(keys.MEMBERSHIPS.variable), clock)
    return Effects(block_lists(clock), memberships, graph, edge_queue(lanes, clock), clock, given.times)


def block_tasks(graph: GraphStore, lanes: SqsChunks, clock: Clock) -> Tasks:
    """The workers' task."""
    return {BLOCK: block_effects(graph, lanes, clock)}
