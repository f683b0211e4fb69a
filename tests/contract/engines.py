"""What the contract runs against: fakes, DynamoDB on moto, and DynamoDB on ministack (or on any endpoint)."""

from __future__ import annotations

import asyncio
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

import boto3

from local.ministack import Ministack
from tests.fakes import FakeBuckets, FakeClock, FakeWorld
from tidings import ports
from tidings.domain.stamp import Fence, Times
from tidings.ports.news import HomeWatchers
from tidings.ports.people_index import PeopleIndex
from tidings.ports.pulled import Pulled
from tidings.ports.search import SearchIndex
from tidings.storage import keys
from tidings.storage.attributes import number, string
from tidings.storage.authors import AuthorStore
from tidings.storage.blocks import BlockStore, MuteStore
from tidings.storage.buckets import BucketStore
from tidings.storage.connections import ConnectionStore
from tidings.storage.devices import DeviceStore
from tidings.storage.engagements import EngagementStore
from tidings.storage.follow_lists import FollowListStore
from tidings.storage.graph import GraphStore
from tidings.storage.groups import GroupStore
from tidings.storage.home_watchers import HomeWatcherStore
from tidings.storage.log import LogStore
from tidings.storage.looks import LookStore
from tidings.storage.mailboxes import MailboxStore
from tidings.storage.marks import MarkStore
from tidings.storage.members import MemberStore
from tidings.storage.memberships import MembershipStore
from tidings.storage.outbox import OutboxStore
from tidings.storage.people_index import PeopleIndexStore
from tidings.storage.posts import PostStore
from tidings.storage.profiles import ProfileStore
from tidings.storage.pulled import PulledStore
from tidings.storage.rates import RateStore
from tidings.storage.reactions import ReactionStore
from tidings.storage.residue import ResidueStore
from tidings.storage.search import SearchStore
from tidings.storage.tally import TallyStore
from tidings.storage.timelines import TimelineStore
from tidings.storage.users import UserStore
from tidings.storage.watchers import WatcherStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RETENTION_MS = 30 * 86_400_000
HORIZON_MS = 7 * 86_400_000
TIMES = Times()
START_S = 40.0
FULL_SHARD = 30
"""Followers in the first shard, from which on an author gets more of them."""
FULL = 3
"""Members a shard, from which on a group gets more of them."""


class HandedOut(ports.Profiles, ports.Handles, Protocol):
    """Profiles, and whose the handles in them are."""


@dataclass
class Stores(ABC):
    """All stores of one engine, for one test.  User ids made by `user` are nobody else's."""

    clock: FakeClock
    outbox: ports.Outbox
    log: ports.Log
    reactions: ports.Reactions
    mailboxes: ports.Mailboxes
    pulled: Pulled
    memberships: ports.Memberships
    groups: ports.Groups
    members: ports.Members
    tallies: ports.Tallies
    users: ports.Users
    profiles: HandedOut
    people_index: PeopleIndex
    registry: ports.Registry
    posts: ports.Posts
    engagements: ports.Engagements
    timelines: ports.Timelines
    graph: ports.Graph
    marks: ports.PulledMarks
    lists: ports.FollowLists
    looks: ports.Looks
    authors: ports.Authors
    residue: ports.Residue
    rates: ports.ReadRates
    blocks: ports.BlockLists
    mutes: ports.Mutes
    devices: ports.Devices
    watchers: ports.Watchers
    home_watchers: HomeWatchers
    buckets: ports.Buckets
    other_buckets: ports.Buckets
    search: SearchIndex
    prefix: str = field(default_factory=lambda: uuid4().hex[:8])

    def user(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def fence(self, stamp: int | None = None) -> Fence:
        """A fence for `stamp`, or for now."""
        return Fence(self.clock.now() if stamp is None else stamp, TIMES, self.clock.now)

    def stale(self) -> Fence:
        """A fence that has just passed."""
        return self.fence(self.clock.now() - TIMES.fence - 1)

    @abstractmethod
    def split(self, author: str, shards: int) -> None:
        """Give an author's followers more shards."""


class FakeStores(Stores):
    """The fakes."""

    def __init__(self) -> None:
        self._world = world = FakeWorld()
        world.graph.full = FULL_SHARD
        super().__init__(
            clock=world.clock,
            outbox=world.outbox,
            log=world.log,
            reactions=world.reactions,
            mailboxes=world.mailboxes,
            pulled=world.pulled,
            memberships=world.memberships,
            groups=world.groups,
            members=world.members,
            tallies=world.tallies,
            users=world.users,
            profiles=world.profiles,
            people_index=world.people_index,
            registry=world.registry,
            posts=world.posts,
            engagements=world.engagements,
            timelines=world.timelines,
            graph=world.graph,
            marks=world.marks,
            lists=world.follow_lists,
            looks=world.looks,
            authors=world.authors,
            residue=world.residue,
            rates=world.rates,
            blocks=world.blocks,
            mutes=world.mutes,
            devices=world.devices,
            watchers=world.watchers,
            home_watchers=world.home_watchers,
            buckets=world.buckets,
            other_buckets=FakeBuckets(),
            search=world.search,
        )

    def split(self, author: str, shards: int) -> None:
        self._world.graph.shard_counts[author] = shards


class DynamoStores(Stores):
    """The stores in `tidings.storage`.  Tables carry the names of `keys`."""

    def __init__(self, client: DynamoDBClient) -> None:
        self.client = client
        clock = FakeClock()
        super().__init__(
            clock=clock,
            outbox=OutboxStore(client, keys.OUTBOX.name, clock, RETENTION_MS),
            log=LogStore(client, keys.CONVERSATIONS.name),
            reactions=ReactionStore(client, keys.CONVERSATIONS.name),
            mailboxes=MailboxStore(client, keys.MAILBOXES.name, clock, RETENTION_MS),
            pulled=PulledStore(client, keys.MAILBOXES.name, clock, RETENTION_MS, TIMES.settle),
            memberships=MembershipStore(client, keys.MEMBERSHIPS.name, clock),
            groups=GroupStore(client, keys.CONVERSATIONS.name, clock),
            members=MemberStore(client, keys.MEMBERS.name, keys.CONVERSATIONS.name, clock, FULL),
            tallies=TallyStore(client, keys.CONVERSATIONS.name),
            users=UserStore(client, keys.USERS.name, clock),
            profiles=ProfileStore(client, keys.USERS.name, clock),
            people_index=PeopleIndexStore(client, keys.SEARCH.name),
            registry=ConnectionStore(client, keys.CONNECTIONS.name, clock),
            posts=PostStore(client, keys.POSTS.name, clock),
            engagements=EngagementStore(client, keys.ENGAGEMENTS.name, keys.POSTS.name, clock, RETENTION_MS),
            timelines=TimelineStore(client, keys.TIMELINES.name, clock, RETENTION_MS),
            marks=MarkStore(client, keys.GRAPH.name, clock, RETENTION_MS),
            lists=FollowListStore(client, keys.GRAPH.name, clock),
            graph=GraphStore(client, keys.GRAPH.name, clock, RETENTION_MS, FULL_SHARD),
            looks=LookStore(client, keys.GRAPH.name),
            authors=AuthorStore(client, keys.GRAPH.name, clock),
            residue=ResidueStore(client, keys.GRAPH.name, clock, RETENTION_MS),
            rates=RateStore(client, keys.GRAPH.name, clock),
            blocks=BlockStore(client, keys.GRAPH.name, clock, RETENTION_MS),
            mutes=MuteStore(client, keys.GRAPH.name, clock, RETENTION_MS),
            devices=DeviceStore(client, keys.DEVICES.name),
            watchers=WatcherStore(client, keys.WATCHERS.name, clock),
            home_watchers=HomeWatcherStore(client, keys.WATCHERS.name, clock),
            buckets=BucketStore(client, keys.OUTBOX.name),
            other_buckets=BucketStore(client, keys.OUTBOX.name, f"{keys.RATE}#post"),
            search=SearchStore(client, keys.SEARCH.name, clock, HORIZON_MS),
        )

    def split(self, author: str, shards: int) -> None:
        self.client.update_item(
            TableName=keys.GRAPH.name,
            Key={"owner": string(keys.followers(author, 0)), "edge": string(keys.EDGE_SHARDS)},
            UpdateExpression="SET #shards = :shards",
            ExpressionAttributeNames={"#shards": "shards"},
            ExpressionAttributeValues={":shards": number(shards)},
        )


def make_tables(client: DynamoDBClient) -> None:
    """All tables of the schema; those that are there already are left alone."""
    there = set(client.list_tables()["TableNames"])
    for table in keys.TABLES:
        if table.name in there:
            continue
        schema: list[Any] = [{"AttributeName": table.partition, "KeyType": "HASH"}]
        if table.sort:
            schema.append({"AttributeName": table.sort, "KeyType": "RANGE"})
        client.create_table(
            TableName=table.name,
            KeySchema=schema,
            AttributeDefinitions=[{"AttributeName": key["AttributeName"], "AttributeType": "S"} for key in schema],
            BillingMode="PAY_PER_REQUEST",
        )


def connect(endpoint: str | None) -> DynamoDBClient:
    """A client for an emulator (None: moto, which needs no endpoint)."""
    return boto3.client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@contextmanager
def ministack() -> Iterator[str]:
    """An endpoint: `TIDINGS_CONTRACT_ENDPOINT` if set, else a ministack of our own while the block runs."""
    given = os.environ.get("TIDINGS_CONTRACT_ENDPOINT")
    if given:
        yield given
        return
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="ministack", daemon=True)
    thread.start()
    process = Ministack()
    try:
        asyncio.run_coroutine_threadsafe(process.start(), loop).result(START_S)
        yield process.endpoint
    finally:
        asyncio.run_coroutine_threadsafe(process.stop(), loop).result(START_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
