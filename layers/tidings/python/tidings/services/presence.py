"""Presence: who is there, for those who asked and may see it.

    presence.watch       enter the watcher  ->  look up connections (strongly), ask the gateway about them
    $connect             enter the socket   ->  look up watchers (strongly), tell them
    $disconnect          remove the socket  ->  look up watchers (strongly), tell them

So of a watcher and a change at the same time at least one sees the other.  Only what changes is told: the first device
of a user that comes and the last one that goes, where a device that the gateway has not heard of for a while does not
count.  `at` is read after the registry was written: whoever is told twice believes the later one.

Whatever fails here is repaired when the watcher asks again, so `came` and `left` never raise for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from tidings.domain.errors import RateLimited, TidingsError
from tidings.domain.events import Presence
from tidings.domain.identity import CONNECTION_LIFE_MS, Caller, Connection
from tidings.domain.presence import HIDDEN, ONLINE_MS, State, state
from tidings.domain.privacy import Audience
from tidings.domain.stamp import Fence, Times
from tidings.ports.groups import Watcher, Watchers
from tidings.ports.people import User, Users
from tidings.ports.world import Clock, Meter
from tidings.services.activity import Activities
from tidings.services.live import Live
from tidings.services.pace import Pace
from tidings.services.sight import Sight

WATCH_MS: Final = CONNECTION_LIFE_MS
"""How long a list is kept that nobody asks about again."""

OFTEN: Final = 30
"""Times in ten seconds that a user may ask: each may read hundreds of items."""

MOST: Final = 500
"""Users who are told of one change: it happens while a handshake waits.  The others find out when they ask."""

ENTRIES: Final = 10 * MOST
"""Devices of theirs that are looked at, of which anybody can make up as many as they like."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How each user stands, in the order of asking, at the server's clock `at` (epoch ms)."""

    states: Mapping[str, State]
    at: int


class Presences:
    """Answers who is there, and tells of changes.  `subject` is the `Watchers` subject of a user's presence."""

    def __init__(
        self,
        users: Users,
        watchers: Watchers,
        activities: Activities,
        sight: Sight,
        live: Live,
        clock: Clock,
        meter: Meter,
        times: Times,
        subject: Callable[[str], str],
    ) -> None:
        self._users = users
        self._watchers = watchers
        self._activities = activities
        self._sight = sight
        self._live = live
        self._clock = clock
        self._meter = meter
        self._times = times
        self._subject = subject
        self._pace = Pace(clock, OFTEN)

    def watch(self, caller: Caller, users: Iterable[str]) -> Seen:
        """How `users` stand; the caller's device is told of changes from now on, of theirs and nobody else's.

        Raises `RateLimited`, `Unavailable`, `RetryLater`.
        """
        if wait := self._pace.wait(caller.user_id):
            raise RateLimited("You are asking too often who is there.", retry_after_ms=wait)
        now = self._clock.now()
        known = self._users.get(asked := list(dict.fromkeys(users)))
        mine = Watcher(caller.user_id, caller.identity.device_id)
        fence = Fence(now, self._times, self._clock.now)
        self._watchers.replace(mine, [self._subject(each) for each in known], now, now + WATCH_MS, fence)
        shown = self._sight.of(caller.user_id, known.values())
        now = self._clock.now()
        active = self._activities.of(sorted(shown), now)
        states = {each: state(active[each], known[each].last_seen, now) if each in shown else HIDDEN for each in asked}
        return Seen(states, now)

    def came(self, user: User, connection: Connection, entries: Sequence[Connection]) -> None:
        """A device of `user` has connected; `entries` is what the registry holds now."""
        try:
            watching = self._watching(user, connection) if connection in entries else []
            if watching and not self._others(user.user_id, connection, entries):
                now = self._clock.now()
                self._tell(watching, user, Presence(user.user_id, online=True, at=now, until=now + ONLINE_MS))
        except TidingsError:
            self._meter.count("PresenceFailed")

    def left(self, user_id: str, connection: Connection, left_at: int, entries: Sequence[Connection]) -> None:
        """A device of the user has gone; `entries` is what the registry still holds."""
        try:
            if self._others(user_id, connection, entries):
                return
            user = self._users.seen(user_id, left_at)
            event = Presence(user_id, online=False, at=self._clock.now(), last_seen=user.last_seen)
            self._tell(self._watching(user, connection), user, event)
        except TidingsError:
            self._meter.count("PresenceFailed")

    def _others(self, user_id: str, connection: Connection, entries: Sequence[Connection]) -> bool:
        """Whether the user is there on another device."""
        others = [each for each in entries if each.device_id != connection.device_id]
        if not others:
            return False
        now = self._clock.now()
        return state(self._activities.judge({user_id: others}, now)[user_id], 0, now).online

    def _watching(self, user: User, connection: Connection) -> list[Watcher]:
        """Who wants to know, but for the device itself: nothing can be posted to a socket that just opens."""
        if user.privacy.last_seen is Audience.NOBODY:
            return []
        own = Watcher(user.user_id, connection.device_id)
        pages = self._watchers.of(self._subject(user.user_id), self._clock.now())
        devices: dict[str, list[Watcher]] = {}
        for each in islice((each for page in pages for each in page if each != own), ENTRIES):
            if each.user_id not in devices and len(devices) == MOST:
                break
            devices.setdefault(each.user_id, []).append(each)
        return [each for found in devices.values() for each in found]

    def _tell(self, watching: Sequence[Watcher], user: User, event: Presence) -> None:
        """Post to those who may see it."""
        seeing = self._sight.by({each.user_id for each in watching}, user)
        events: dict[str, dict[str, tuple[Presence]]] = {}
        for each in watching:
            if each.user_id in seeing:
                events.setdefault(each.user_id, {})[each.device_id] = (event,)
        self._live.tell(events)
