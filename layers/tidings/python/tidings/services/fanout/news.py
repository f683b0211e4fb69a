"""Live frames of home timelines: for the devices that watch them, and best effort.

    copies written  ->  do any of their owners watch?  ->  one job for those who do
    post that is pulled  ->  one job for whoever watches and pulls its author
    the live lane  ->  all jobs of a batch as one: a frame a device, with the posts while they are few, else with
                       their number

Who watches is asked where it costs least: while there are few watchers a worker lists all of them, and remembers that
for some seconds; once there are many it looks up the recipients of each batch.  So a device may hear nothing in the
first seconds after it asked; its next refresh shows what came then, as it does for everything that gets lost here.

A frame shows what the next page would: what the reader hides is left out, and what was deleted.  Nobody is told of
their own posts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tidings.domain.errors import TidingsError
from tidings.domain.events import NewPosts, Path
from tidings.domain.position import ms_of
from tidings.domain.posts import Post, PostRef, TimelineEntry
from tidings.domain.stamp import Fence
from tidings.ports.news import HomeWatchers
from tidings.ports.streams import Shown
from tidings.ports.timelines import Chunks, Graph, Posts, ReaderState
from tidings.ports.world import Clock, Meter
from tidings.services.fanout.jobs import LIVE, LiveJob, NewsJob, encode
from tidings.services.fanout.kinds import Wanted
from tidings.services.fanout.posts import CopyWriter, entry_of
from tidings.services.fanout.watching import AT_ONCE, STALE_MS, Watching
from tidings.services.live import Live
from tidings.services.threads import Threads
from tidings.services.visibility import Hiding

FEW: Final = 5
"""Posts that are told themselves; of more only the number is.  With excerpts of 600 bytes they fit a frame."""
LISTED: Final = 1_000
"""Watchers up to whom all are listed: nine read units."""
LIST_MS: Final = 5_000
"""For how long a list is remembered."""
CROWDED_MS: Final = 60_000
"""And for how long, that there were too many."""
BESIDE: Final = "#"
"""No user id holds one: other lists of posts are kept beside the home timelines."""


def news_rule(shown: Shown) -> Iterator[Wanted]:
    """A post that is pulled may be told to those who watch and pull its author."""
    if isinstance(shown, Post) and shown.path is Path.PULL and shown.text is not None:
        yield Wanted(NewsJob(shown.author, shown.position, ms_of(shown.position)))


class Announced:
    """Writes copies into home timelines, and has those told who watch theirs."""

    def __init__(
        self, timelines: CopyWriter, watchers: HomeWatchers, queue: Chunks, clock: Clock, meter: Meter
    ) -> None:
        self._timelines = timelines
        self._watchers = watchers
        self._queue = queue
        self._clock = clock
        self._meter = meter
        self._list: frozenset[str] | None = frozenset()
        self._list_ends = 0

    def write(self, entries: Sequence[tuple[str, TimelineEntry]], fence: Fence) -> None:
        """Write, then see to it that the watchers among the owners are told."""
        self._timelines.write(entries, fence)
        owners: dict[PostRef, list[str]] = {}
        for user, entry in entries:
            if user != entry.author and BESIDE not in user:
                owners.setdefault(entry.ref, []).append(user)
        try:
            for ref, users in owners.items():
                if watching := self._watching(users):
                    job = NewsJob(ref.author, ref.position, self._clock.now(), tuple(watching))
                    self._queue.send(LIVE, [encode(job)])
        except TidingsError:
            self._meter.count("LiveLookupFailed")

    def _watching(self, users: Sequence[str]) -> list[str]:
        """Those of `users` who watch."""
        now = self._clock.now()
        if now >= self._list_ends:
            self._list = self._watchers.listed(LISTED, now)
            self._list_ends = now + (CROWDED_MS if self._list is None else LIST_MS)
        there: Collection[str] = self._list if self._list is not None else self._watchers.devices(users, now)
        return [user for user in users if user in there]


@dataclass(frozen=True, slots=True)
class _Shown:
    """A post that is there, and as a timeline shows it."""

    path: Path
    entry: TimelineEntry


Owned = dict[str, dict[PostRef, bool]]
"""By user, what may be new to them; False: only where they pull its author."""


class News:
    """Tells those who watch their home timelines."""

    def __init__(
        self,
        posts: Posts,
        graph: Graph,
        watchers: HomeWatchers,
        live: Live,
        hiding: Hiding,
        threads: Threads,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self._posts = posts
        self._graph = graph
        self._hiding = hiding
        self._watchers = watchers
        self._live = live
        self._threads = threads
        self._clock = clock
        self._meter = meter

    def post(self, jobs: Sequence[NewsJob]) -> None:
        """Tell what is new.  Never raises for a dependency, and never takes longer than it is worth."""
        now = self._clock.now()
        fresh = [job for job in jobs if job.at >= now - STALE_MS]
        if len(fresh) < len(jobs):
            self._meter.count("LiveDropped", len(jobs) - len(fresh))
        try:
            found = self._found({PostRef(job.author, job.position) for job in fresh})
            for owners in self._owners(fresh):
                self._tell(owners, found)
                if self._clock.now() > now + STALE_MS:
                    self._meter.count("LiveDropped")
                    break
        except TidingsError:
            self._meter.count("LiveLookupFailed")

    def _found(self, refs: Iterable[PostRef]) -> dict[PostRef, _Shown]:
        """The posts that have not been deleted, strongly read."""
        wanted = sorted(refs)
        posts = self._threads.each(lambda ref: self._posts.get(ref.author, ref.position, strong=True), wanted)
        return {
            post.ref: _Shown(post.path, entry_of(post)) for post in posts if post is not None and post.text is not None
        }

    def _owners(self, jobs: Sequence[NewsJob]) -> Iterator[Owned]:
        """What may be new to whom, some users at a time: all of one user's together, as long as few pull an author."""
        owners: Owned = {}
        pulled: dict[str, list[PostRef]] = {}
        for job in jobs:
            ref = PostRef(job.author, job.position)
            for user in job.users:
                owners.setdefault(user, {})[ref] = True
            if not job.users:
                pulled.setdefault(job.author, []).append(ref)
        for author, refs in sorted(pulled.items()):
            for page in self._watchers.pulling(author, self._clock.now()):
                for user in page:
                    for ref in refs if user != author else ():
                        owners.setdefault(user, {}).setdefault(ref, False)
                if len(owners) >= AT_ONCE:
                    yield owners
                    owners = {}
        yield owners

    def _tell(self, owners: Owned, found: Mapping[PostRef, _Shown]) -> None:
        """One frame a device."""
        devices = self._watchers.devices(owners, self._clock.now())
        readers = dict(zip(devices, self._threads.each(self._graph.reader, devices), strict=True))
        shown = {user: _shown(owners[user], found, reader) for user, reader in readers.items()}
        asked = {(user, answers) for user, posts in shown.items() for each in posts if (answers := _asks(user, each))}
        followed = self._graph.following(asked) if asked else frozenset()
        told: dict[str, dict[str, list[NewPosts]]] = {}
        for user, posts in shown.items():
            entries = [
                each.entry for each in posts if (answers := _asks(user, each)) is None or (user, answers) in followed
            ]
            if entries := self._hiding.rest(user, readers[user], entries):
                news = NewPosts(len(entries), tuple(entries) if len(entries) <= FEW else ())
                told[user] = {device: [news] for device in devices[user]}
        self._live.tell(told)


def _shown(refs: Mapping[PostRef, bool], found: Mapping[PostRef, _Shown], reader: ReaderState) -> list[_Shown]:
    """What a reader's page shows of the posts, oldest first: of those that were not pushed to them, what their marks
    cover."""
    there = [(found[ref], pushed) for ref, pushed in refs.items() if ref in found]
    shown = [each for each, pushed in there if (pushed or _pulls(reader, each)) and not reader.hides(each.entry)]
    return sorted(shown, key=lambda each: each.entry.position)


def _pulls(reader: ReaderState, each: _Shown) -> bool:
    return any(mark.author == each.entry.author and mark.covers(each.entry.position) for mark in reader.pulled)


def _asks(user: str, each: _Shown) -> str | None:
    """Whom the user has to follow to be shown a pulled reply (pushed ones have been sorted out)."""
    answered = each.entry.reply_to.author if each.entry.reply_to is not None else user
    return None if each.path is not Path.PULL or answered in (user, each.entry.author) else answered


class LiveFrames:
    """The jobs of the live lane: those of groups, and those of timelines."""

    def __init__(self, watching: Watching, news: News) -> None:
        self._watching = watching
        self._news = news

    def post(self, jobs: Sequence[LiveJob | NewsJob]) -> None:
        """Do all of a batch."""
        if events := [job for job in jobs if isinstance(job, LiveJob)]:
            self._watching.post(events)
        if news := [job for job in jobs if isinstance(job, NewsJob)]:
            self._news.post(news)
