"""Live frames of pulled conversations: for the devices that watch them, and best effort.

Their lane has few workers, which caps the rate of frames, and a batch of its jobs is done as one: all events for a
connection in one frame.  What is some seconds old is dropped, for by then there is newer, and the next sync brings all
of it.  A watcher is told only what a stay of theirs covers, which is strongly read: who was removed hears nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from tidings.domain.errors import TidingsError
from tidings.domain.events import LiveEvent, LogEvent, Path
from tidings.domain.position import ms_of, parse, tag
from tidings.ports.groups import Groups, Members, Watcher, Watchers
from tidings.ports.messaging import Log
from tidings.ports.streams import Logged, Shown
from tidings.ports.world import Clock, Meter
from tidings.services.fanout.jobs import LiveJob
from tidings.services.fanout.kinds import Wanted
from tidings.services.live import Live

STALE_MS: Final = 5_000
"""Older than this an event is not worth a live frame."""
AT_ONCE: Final = 500
"""Users told at a time; whoever watches two conversations may get two frames beyond that."""

Told = dict[str, dict[str, list[LiveEvent]]]
"""By user and device, in order."""


def watching_rule(shown: Shown) -> Iterator[Wanted]:
    """A new event of a pulled conversation may be told to those who watch."""
    if isinstance(shown, Logged) and shown.fresh and shown.entry.event is not None and shown.entry.path is Path.PULL:
        yield Wanted(LiveJob(shown.conversation_id, shown.entry.position))


class Watching:
    """Tells watchers.  `subject` names a conversation among what can be watched."""

    def __init__(
        self,
        log: Log,
        groups: Groups,
        members: Members,
        watchers: Watchers,
        subject: Callable[[str], str],
        live: Live,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self._log = log
        self._groups = groups
        self._members = members
        self._watchers = watchers
        self._subject = subject
        self._live = live
        self._clock = clock
        self._meter = meter

    def post(self, jobs: Sequence[LiveJob]) -> None:
        """Tell what is new to whoever watches.  Never raises for a dependency, and never takes longer than it is
        worth."""
        now = self._clock.now()
        fresh = {(job.owner, job.position) for job in jobs if ms_of(job.position) >= now - STALE_MS}
        if len(fresh) < len(jobs):
            self._meter.count("LiveDropped", len(jobs) - len(fresh))
        told: Told = {}
        for chat, page in self._pages({owner for owner, _ in fresh}):
            positions = sorted(position for owner, position in fresh if owner == chat)
            try:
                self._enter(chat, positions, page, told)
            except TidingsError:
                self._meter.count("LiveLookupFailed")
            if len(told) >= AT_ONCE:
                self._live.tell(told)
                told = {}
            if self._clock.now() > now + STALE_MS:
                self._meter.count("LiveDropped")
                break
        self._live.tell(told)

    def _pages(self, chats: Iterable[str]) -> Iterator[tuple[str, list[Watcher]]]:
        """The watchers of each conversation, a page at a time."""
        for chat in sorted(chats):
            try:
                for page in self._watchers.of(self._subject(chat), self._clock.now()):
                    yield chat, page
            except TidingsError:
                self._meter.count("LiveLookupFailed")

    def _enter(self, chat: str, positions: Sequence[str], page: Sequence[Watcher], told: Told) -> None:
        """Enter what the devices of a page are told of these positions."""
        group = self._groups.get(chat, strong=True) if page else None
        if group is None:
            return
        members = self._members.many(group, {each.user_id for each in page})
        events = [event for event in (self._event(chat, position) for position in positions) if event is not None]
        for each in page:
            member = members.get(each.user_id)
            author = tag(each.user_id, each.device_id)
            for event in events:
                mine = parse(event.position).sender == author
                if member is not None and member.gets(event, group.history) and not mine:
                    told.setdefault(each.user_id, {}).setdefault(each.device_id, []).append(event)

    def _event(self, chat: str, position: str) -> LogEvent | None:
        """What stands at a position, as it arrives for those who pull; None for a tombstone."""
        entry = self._log.get(chat, position, strong=True)
        return None if entry is None or entry.event is None else replace(entry.event, arrival=position)
