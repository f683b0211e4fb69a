"""Posts, follows, timelines and the fan-out on fakes: a stream, two lanes, and a hook around every call to a port.

`commit` is called between a write's fence check and its taking effect, as the network does; time that passes there is
cut to `C`, the longest that a call can take.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from tests.fakes import FakeAuthors, FakeFollowLists, FakeLooks, FakeReadRates, FakeWorld, watched
from tests.fakes.watch import Hook
from tests.unit.fanout.rig import watching
from tests.unit.timelines.slow import SlowEngagements, SlowGraph, SlowMarks, SlowResidue, SlowTimelines, StreamedPosts
from tidings.domain.errors import TidingsError
from tidings.domain.identity import Caller, Connection, Identity
from tidings.domain.idle import Idle
from tidings.domain.policy import Policy
from tidings.domain.posts import Post, PostRef
from tidings.ports import User
from tidings.services.authors import Paths
from tidings.services.blocking import BLOCK, Blocking, Effects
from tidings.services.claim import Claims, Stamps
from tidings.services.edge_queue import EdgeQueue
from tidings.services.embeds import Embeds
from tidings.services.engage import Engager
from tidings.services.fanout.edges import EdgeJobs
from tidings.services.fanout.kinds import Tasks
from tidings.services.fanout.mentions import MENTION, Mentioning, mention_rule
from tidings.services.fanout.news import Announced, LiveFrames, News, news_rule
from tidings.services.fanout.plan import Planner
from tidings.services.fanout.posts import post_effects, post_kinds, post_rule
from tidings.services.fanout.pulling import author_tasks
from tidings.services.fanout.returning import returning_tasks
from tidings.services.fanout.stream import StreamPlanner
from tidings.services.fanout.work import Worker
from tidings.services.feeds import Feeds
from tidings.services.follow import Follows
from tidings.services.hot import AuthorPages
from tidings.services.live import Live
from tidings.services.mentions import MentionsReader
from tidings.services.muting import Muting
from tidings.services.originals import Originals
from tidings.services.people import People
from tidings.services.post import Draft, Poster
from tidings.services.post_threads import ThreadReader
from tidings.services.pulling import Pulling
from tidings.services.rates import HomeReads, Rates
from tidings.services.requests import FollowRequests
from tidings.services.returning import Returns
from tidings.services.threads import Threads
from tidings.services.timeline import TimelineReader
from tidings.services.timeline_watch import TimelineWatches
from tidings.services.visibility import Hiding, Visibility

BOUND_MS = 60_000
HOT_MS = 2_000
RETENTION_MS = 30 * 86_400_000
IDLE = Idle(14)
VISIBILITY_MS = 360_000


class Died(BaseException):
    """The worker is gone in the middle of a call; nothing in it can catch that."""


class Rig:
    """The services, and what tests do with them.  `most`: authors whom one reader pulls."""

    policy = Policy()
    most = 50
    idle = IDLE

    def __init__(self) -> None:
        self.world = FakeWorld()
        self.clock = self.world.clock
        self.hook: Hook | None = None
        self.commit: Callable[[], None] | None = None
        self._limits: list[int] = []
        self._frames = count(1)
        self.posts = StreamedPosts(self._commit)
        self.world.engagements = SlowEngagements(self.posts)
        self.timelines = SlowTimelines(self.clock)
        self.timelines.commit = self._commit
        self.graph = SlowGraph()
        self.graph.commit = self._commit
        self.graph.blocked, self.graph.muted = self.world.graph.blocked, self.world.graph.muted
        self.world.authors, self.world.rates = FakeAuthors(self.graph), FakeReadRates(self.graph)
        self.marks = SlowMarks(self.graph, self.clock)
        self.residue = SlowResidue()
        self.marks.commit = self.residue.commit = self._commit
        self.lanes = self.world.chunks
        self.build()

    def build(self) -> None:
        """Make the services anew, as a cold start does."""
        world, clock = self.world, self.clock

        def call(name: str) -> None:
            if self.hook is not None:
                self.hook(name)

        posts, timelines, graph, lanes, outbox = (
            watched(port, before=call, after=call)
            for port in (self.posts, self.timelines, self.graph, self.lanes, world.outbox)
        )
        lists, rows = (watched(port, before=call, after=call) for port in (world.blocks, world.memberships))
        looks = watched(FakeLooks(self.graph), before=call, after=call)
        claims, people = Claims(outbox, clock, world.times), People(world.users)
        engagements = watched(world.engagements, before=call, after=call)
        sees = Visibility(world.users, graph, lists)
        originals = Originals(posts, sees)
        authors, marks, residue, rates = (
            watched(port, before=call, after=call) for port in (world.authors, self.marks, self.residue, world.rates)
        )
        pulling = Pulling(authors, marks, residue, self.most)
        paths = Paths(authors, lanes, clock, self.policy)
        self.poster = Poster(claims, posts, engagements, originals, world.profiles, paths)
        self.engager = Engager(claims, engagements, originals, sees, paths)
        self.threads = ThreadReader(posts, engagements, originals, sees)
        hides = Hiding(lists, world.mutes)
        self.mentions = MentionsReader(timelines, graph, sees, hides, clock, BOUND_MS)
        self.embeds = Embeds(posts, sees)
        queue = EdgeQueue(lanes, clock, world.times, BOUND_MS)
        self.follows = Follows(claims, people, graph, world.profiles, lists, queue, pulling)
        pages = AuthorPages(posts, clock, HOT_MS)
        feeds = Feeds(timelines, pages, graph, clock, Threads(at_once=1), RETENTION_MS)
        returns = Returns(looks, lanes, clock, world.times, self.idle)
        reads = HomeReads(rates, paths, clock, world.times)
        self.reader = TimelineReader(feeds, returns, posts, graph, sees, hides, people, reads, clock, BOUND_MS)
        self.requests = FollowRequests(claims, graph, FakeFollowLists(self.graph), queue, pulling)
        self.muting = Muting(claims, people, world.mutes)
        blocks = Effects(lists, rows, graph, queue, clock, world.times)
        self.blocking = Blocking(claims, people, lists, blocks, lanes, clock, world.times)
        kinds = post_kinds(graph, residue, self.idle)
        planner = Planner(kinds, lanes, clock, world.meter, world.times.settle)
        edges = EdgeJobs(graph, posts, timelines, pulling, clock, world.meter, world.times, BOUND_MS)
        announced = Announced(timelines, world.home_watchers, lanes, clock, world.meter)
        effects = post_effects(posts, timelines, graph, announced)
        self.planner = StreamPlanner(planner, _as_post, [post_rule, mention_rule, news_rule])
        live, times = Live(world.registry, world.sockets, clock, world.meter), world.times
        news = News(posts, graph, world.home_watchers, live, hides, Threads(1), clock, world.meter)
        told = LiveFrames(watching(world, live), news)
        self.watches = TimelineWatches(world.home_watchers, graph, clock, times)
        stamps, measures = Stamps(clock, world.times), Rates(posts, graph, rates, self.idle)
        crossings = author_tasks(authors, graph, measures, pulling, Threads(1), clock, world.meter, times, self.policy)
        mentioning = Mentioning(posts, timelines, sees, stamps, clock)
        back = returning_tasks(graph, looks, edges, clock, world.meter, times, self.idle)
        tasks: Tasks = {BLOCK: blocks, MENTION: mentioning, **crossings, **back}
        self.worker = Worker(kinds, effects, tasks, planner, edges, told, lanes, clock, world.meter, times, BOUND_MS)

    def _commit(self) -> None:
        """A write is on its way: up to `C` may pass, and others may do their work."""
        if self.commit is None:
            return
        self._limits.append(self.clock.now() + self.world.times.call)
        try:
            self.commit()
        finally:
            self._limits.pop()

    def pass_time(self, ms: int) -> None:
        """Let up to `ms` pass; no more than the calls that are on their way allow."""
        until = min([self.clock.now() + ms, *self._limits])
        self.clock.advance(max(0, until - self.clock.now()))

    def people(self, *names: str) -> None:
        """Users who have connected before."""
        for name in names:
            self.world.users.users[name] = User(name)

    def caller(self, user_id: str, stamp: int | None = None) -> Caller:
        """The sender of a new frame that the gateway took now, or at `stamp`."""
        connection = Connection("phone", f"{user_id}-phone", self.clock.now() - 1_000)
        taken = self.clock.now() if stamp is None else stamp
        return Caller(Identity(user_id, "phone", 4_102_444_800), connection, taken, f"frame-{next(self._frames)}")

    def post(
        self,
        author: str,
        text: str = "hello",
        client_id: str | None = None,
        reply_to: PostRef | None = None,
        quote: PostRef | None = None,
    ) -> str:
        """One post in a frame of its own, a millisecond after whatever was before."""
        self.clock.advance(1)
        caller = self.caller(author)
        return self.poster.post(caller, client_id or caller.frame_id, Draft(text, reply_to, quote))

    def like(self, user: str, ref: PostRef, client_id: str | None = None, *, on: bool = True) -> str:
        """One like, or its end, in a frame of its own."""
        self.clock.advance(1)
        caller = self.caller(user)
        return self.engager.like(caller, client_id or caller.frame_id, ref, on=on)

    def repost(self, user: str, ref: PostRef, client_id: str | None = None, *, on: bool = True) -> str:
        """One repost, or its end, in a frame of its own."""
        self.clock.advance(1)
        caller = self.caller(user)
        return self.engager.repost(caller, client_id or caller.frame_id, ref, on=on)

    def delete(self, author: str, position: str) -> None:
        """Take a post back."""
        self.poster.delete(self.caller(author), position)

    def follow(self, follower: str, author: str, client_id: str | None = None) -> str:
        """One follow in a frame of its own."""
        self.clock.advance(1)
        caller = self.caller(follower)
        return self.follows.follow(caller, client_id or caller.frame_id, author).position

    def unfollow(self, follower: str, author: str, client_id: str | None = None) -> str:
        """One unfollow in a frame of its own."""
        self.clock.advance(1)
        caller = self.caller(follower)
        return self.follows.unfollow(caller, client_id or caller.frame_id, author)

    def block(self, user: str, whom: str, client_id: str | None = None) -> str:
        """One block in a frame of its own."""
        self.clock.advance(1)
        caller = self.caller(user)
        return self.blocking.block(caller, client_id or caller.frame_id, whom)

    def unblock(self, user: str, whom: str, client_id: str | None = None) -> str:
        """One unblock in a frame of its own."""
        self.clock.advance(1)
        caller = self.caller(user)
        return self.blocking.unblock(caller, client_id or caller.frame_id, whom)

    def plan(self) -> None:
        """Run the stream dry; a record whose planner dies is replayed."""
        while self.posts.stream:
            self.plan_record(self.posts.stream.pop(0))

    def plan_record(self, post: Post) -> None:
        """One record, put back when its planner dies."""
        try:
            self.planner.begin().run({"post": post})
        except (Died, TidingsError):
            self.posts.stream.append(post)

    def work(self, batch: int = 5) -> int:
        """Do the jobs that are due, some at a time; how many.  A job whose worker dies is delivered again."""
        jobs = self.lanes.due()
        for start in range(0, len(jobs), batch):
            shift = self.worker.begin()
            for job in jobs[start : start + batch]:
                self.do(job, shift)
            shift.end()
        return len(jobs)

    def do(self, job: Mapping[str, Any], shift: Any = None) -> None:
        """One job, put back as SQS would when its worker dies."""
        try:
            (shift or self.worker.begin()).run(json.dumps(job))
        except (Died, TidingsError):
            self.lanes.send("small", [job], VISIBILITY_MS)

    def settle(self) -> None:
        """Everything that is on its way arrives, however late it is due."""
        for _ in range(1_000):
            self.plan()
            if self.work() == 0 and not self.posts.stream:
                if not self.lanes.queued:
                    return
                self.clock.ms = max(self.clock.ms, min(each.due for each in self.lanes.queued))
        raise AssertionError("the lanes never run dry")

    def feed(self, user_id: str) -> list[str]:
        """The positions in a home timeline as it is stored, newest first."""
        return sorted(self.timelines.feeds.get(user_id, {}), reverse=True)

    def home(self, user_id: str, limit: int = 20) -> list[str]:
        """The positions that a reader sees, paging down from the top to the end."""
        seen: list[str] = []
        before: str | None = None
        while True:
            page = self.reader.home(self.caller(user_id), before, None, limit)
            seen += [entry.position for entry in page.entries]
            before = page.before
            if before is None:
                return seen


def _as_post(record: Mapping[str, Any]) -> Post:
    post: Post = record["post"]
    return post
