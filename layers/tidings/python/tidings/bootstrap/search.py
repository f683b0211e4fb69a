"""Wires search: who answers it, and who keeps and builds its index."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from tidings.bootstrap import clients
from tidings.bootstrap.telemetry import EmbeddedMeter
from tidings.bootstrap.world import SystemClock, settings
from tidings.ports.timelines import Chunks, Posts
from tidings.services.fanout.building import building_tasks
from tidings.services.fanout.index import index_effects
from tidings.services.fanout.kinds import Effect, Task
from tidings.services.live import Live
from tidings.services.people import People
from tidings.services.search.awake import AwakeTerms
from tidings.services.search.reader import Searcher
from tidings.services.search.telling import Telling
from tidings.services.search.waking import Waking
from tidings.services.threads import Threads
from tidings.services.visibility import Visibility
from tidings.storage import keys
from tidings.storage.profiles import ProfileStore
from tidings.storage.search import SearchStore
from tidings.storage.users import UserStore
from tidings.storage.watchers import WatcherStore


@cache
def _index() -> SearchStore:
    given = settings()
    table, threads = given.table(keys.SEARCH.variable), Threads()
    return SearchStore(clients.dynamodb(), table, SystemClock(), given.search_ms, threads.each)


@cache
def _awake() -> AwakeTerms:
    return AwakeTerms(_index(), SystemClock())


def _watchers() -> WatcherStore:
    return WatcherStore(clients.dynamodb(), settings().table(keys.WATCHERS.variable), SystemClock())


def searcher(posts: Posts, visibility: Visibility, queue: Chunks) -> Searcher:
    """Who answers."""
    given, clock, client = settings(), SystemClock(), clients.dynamodb()
    users = UserStore(client, given.table(keys.USERS.variable), clock)
    handles = ProfileStore(client, given.table(keys.USERS.variable), clock)
    subject: Callable[[str], str] = keys.watched_term
    waking = Waking(
        _index(), _awake(), _watchers(), subject, queue, clock, given.times, given.search_awake_ms, given.search_terms
    )
    return Searcher(_index(), waking, posts, visibility, handles, People(users), clock, Threads())


def search_effects(posts: Posts) -> dict[str, Effect]:
    """Who keeps the index."""
    return index_effects(posts, _index(), _awake(), SystemClock(), settings().fanout_bound_ms)


def search_tasks(posts: Posts, live: Live) -> dict[str, Task]:
    """Who builds it."""
    given, clock, meter = settings(), SystemClock(), EmbeddedMeter()
    telling = Telling(_watchers(), keys.watched_term, live, clock, meter, given.search_ms)
    return building_tasks(_index(), posts, telling, clock, meter, given.times, given.fanout_bound_ms)
