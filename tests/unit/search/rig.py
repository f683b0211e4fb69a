"""Search on fakes: posts, two worker processes that remember which terms are awake, and a hook around every call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from random import Random
from typing import Any

from tests.fakes import FakeWorld, watched
from tests.fakes.watch import Hook
from tests.unit.fanout.rig import watching
from tidings.domain.errors import TidingsError
from tidings.domain.events import Path
from tidings.domain.identity import Caller, Connection, Identity
from tidings.domain.position import stamped
from tidings.domain.posts import Post, PostRef
from tidings.ports import User
from tidings.services.fanout.building import building_tasks
from tidings.services.fanout.edges import EdgeJobs
from tidings.services.fanout.index import index_effects, index_kinds, index_rule
from tidings.services.fanout.plan import Planner
from tidings.services.fanout.stream import StreamPlanner
from tidings.services.fanout.work import Worker
from tidings.services.live import Live
from tidings.services.people import People
from tidings.services.search.awake import AwakeTerms
from tidings.services.search.query import parse
from tidings.services.search.reader import Found, Searcher
from tidings.services.search.telling import Telling
from tidings.services.search.waking import STALL_MS, Waking
from tidings.services.search.words import words_of
from tidings.services.threads import Threads
from tidings.services.visibility import Visibility
from tidings.storage import keys

BOUND_MS = 60_000
AWAKE_MS = 6 * 3_600_000
HORIZON_MS = 7 * 86_400_000
MOST = 50
VISIBILITY_MS = 360_000


class Died(BaseException):
    """The process is gone in the middle of a call."""


class Rig:
    """The services, and what tests do with them."""

    def __init__(self, workers: int = 2) -> None:
        self.world = world = FakeWorld()
        self.clock = world.clock
        self.hook: Hook | None = None
        self.lanes = world.chunks
        self.frames = count(1)
        clock, times, meter = world.clock, world.times, world.meter

        def call(name: str) -> None:
            if self.hook is not None:
                self.hook(name)

        self.index, self.posts, self.queue = (
            watched(port, before=call, after=call) for port in (world.search, world.posts, world.chunks)
        )
        live = Live(world.registry, world.sockets, clock, meter)
        telling = Telling(world.watchers, keys.watched_term, live, clock, meter, HORIZON_MS)
        planner = Planner(index_kinds(), world.chunks, clock, meter, times.settle)
        self.planner = StreamPlanner(planner, lambda record: record["post"], [index_rule])
        edges = EdgeJobs(world.graph, world.posts, world.timelines, world.pulling(), clock, meter, times, BOUND_MS)
        tasks = building_tasks(self.index, self.posts, telling, clock, meter, times, BOUND_MS)
        self.workers = []
        for _ in range(workers):
            effects = index_effects(self.posts, self.index, AwakeTerms(self.index, clock), clock, BOUND_MS)
            told = watching(world, live)
            self.workers.append(
                Worker(index_kinds(), effects, tasks, planner, edges, told, self.queue, clock, meter, times, BOUND_MS)
            )
        awake = AwakeTerms(self.index, clock)
        waking = Waking(self.index, awake, world.watchers, keys.watched_term, self.queue, clock, times, AWAKE_MS, MOST)
        visible = Visibility(world.users, world.graph, world.blocks)
        people, threads = People(world.users), Threads(at_once=1)
        self.searcher = Searcher(self.index, waking, self.posts, visible, world.profiles, people, clock, threads)

    def caller(self, user_id: str = "reader", device: str = "phone") -> Caller:
        """Somebody who asks."""
        self.world.users.users.setdefault(user_id, User(user_id))
        connection = Connection(device, f"{user_id}-{device}", self.clock.now() - 1_000)
        return Caller(
            Identity(user_id, device, 4_102_444_800), connection, self.clock.now(), f"frame-{next(self.frames)}"
        )

    def post(self, author: str, text: str, *, planned: bool = True) -> Post:
        """A post, and what the stream makes of it."""
        self.clock.advance(1)
        self.world.users.users.setdefault(author, User(author))
        at = str(stamped(self.clock.now(), author, "phone", f"frame-{next(self.frames)}"))
        made = Post(author, at, f"c{next(self.frames)}", Path.PUSH, text)
        self.world.posts.append(made, self.world.fence())
        if planned:
            self.show(made)
        return made

    def delete(self, post: Post) -> None:
        """Take a post back."""
        self.world.posts.tombstone(post.author, post.position, self.world.fence())
        tombstone = self.world.posts.get(post.author, post.position, strong=True)
        assert tombstone is not None
        self.show(tombstone)

    def show(self, post: Post) -> None:
        """The stream shows a post as it stands."""
        self.planner.begin().run({"post": post})

    def work(self, random: Random | None = None) -> int:
        """Do the jobs that are due, by any worker; how many.  What dies is delivered again."""
        jobs = self.lanes.due()
        for job in jobs:
            self.do(job, random)
        return len(jobs)

    def do(self, job: Mapping[str, Any], random: Random | None = None) -> None:
        """One job."""
        worker = random.choice(self.workers) if random else self.workers[0]
        try:
            worker.begin().run(json.dumps(job))
        except (Died, TidingsError):
            self.lanes.send("small", [job], VISIBILITY_MS)

    def settle(self) -> None:
        """Everything that is on its way arrives, however late it is due."""
        for _ in range(1_000):
            if self.work() == 0:
                if not self.lanes.queued:
                    return
                self.clock.ms = max(self.clock.ms, min(each.due for each in self.lanes.queued))
        raise AssertionError("the lanes never run dry")

    def ask(self, text: str, before: str | None = None, limit: int = 20, user: str = "reader") -> Found:
        """One page."""
        return self.searcher.search(self.caller(user), text, before, limit)

    def all(self, text: str, limit: int = 20, user: str = "reader") -> list[PostRef]:
        """All pages of what is live, down to the end."""
        found: list[PostRef] = []
        before: str | None = None
        for _ in range(1_000):
            page = self.ask(text, before, limit, user)
            assert page.progress == 100
            found += [entry.ref for entry in page.entries]
            before = page.before
            if before is None:
                return found
        raise AssertionError("the pages never end")

    def live(self, text: str, user: str = "reader") -> list[PostRef]:
        """Search until the index is live; all that is found."""
        for _ in range(10):
            if self.ask(text, user=user).progress == 100:
                return self.all(text, user=user)
            self.settle()
            self.clock.advance(STALL_MS // 4)
        raise AssertionError("it never goes live")

    def expected(self, text: str) -> list[PostRef]:
        """What a look at every post finds."""
        query = parse(text)
        holds = [
            post
            for post in self.world.posts.posts.values()
            if post.text and query.author in (None, post.author) and words_of(post.text).match(query)
        ]
        return [post.ref for post in sorted(holds, key=lambda post: post.position, reverse=True)]
