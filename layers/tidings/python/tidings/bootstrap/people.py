"""Wires profiles, follows and who is hidden from whom, for the timeline function."""

from __future__ import annotations

from tidings.bootstrap import clients
from tidings.bootstrap.blocks import block_lists, edge_queue, mute_lists
from tidings.bootstrap.mentions import visibility
from tidings.bootstrap.pulling import pulling
from tidings.bootstrap.world import settings
from tidings.gateway.queues import SqsChunks
from tidings.ports.world import Clock
from tidings.router import Router
from tidings.routes import profiles
from tidings.services.claim import Claims
from tidings.services.directory import Directory
from tidings.services.people_search import PeopleSearch
from tidings.services.profile import ProfileSettings
from tidings.services.requests import FollowRequests
from tidings.storage import keys
from tidings.storage.follow_lists import FollowListStore
from tidings.storage.graph import GraphStore
from tidings.storage.people_index import PeopleIndexStore
from tidings.storage.profiles import ProfileStore
from tidings.storage.users import UserStore


def profile_store(clock: Clock) -> ProfileStore:
    """What users say of themselves."""
    return ProfileStore(clients.dynamodb(), settings().table(keys.USERS.variable), clock)


def register_people(router: Router, claims: Claims, graph: GraphStore, queue: SqsChunks, clock: Clock) -> None:
    """Enter the routes."""
    client, table = clients.dynamodb(), settings().table(keys.GRAPH.variable)
    said, lists = profile_store(clock), FollowListStore(client, table, clock)
    index = PeopleIndexStore(client, settings().table(keys.SEARCH.variable))
    users = UserStore(client, settings().table(keys.USERS.variable), clock)
    profiles.register(
        router,
        ProfileSettings(claims, said, index),
        Directory(users, said, graph, lists, block_lists(clock), mute_lists(clock), visibility(graph, clock)),
        PeopleSearch(index, users, graph, block_lists(clock)),
        FollowRequests(claims, graph, lists, edge_queue(queue, clock), pulling(clock)),
    )
