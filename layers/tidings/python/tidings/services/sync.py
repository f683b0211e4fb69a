"""`sync`: what happened since a cursor, strongly read; the repair of every lost live post, and the keep-alive.

The clock is read first, so that the cursor to keep is never newer than it minus `T` (`tidings.domain.cursor`).  Then
the registry: register, then sync, so that whoever writes after our read looks up a connection that is there.  Then the
mailbox, page by page to its end, and then the logs of the conversations that are pulled (`tidings.services.pulls`).
"""

from __future__ import annotations

from dataclasses import dataclass

from tidings.domain.cursor import finish, start
from tidings.domain.errors import TokenExpired
from tidings.domain.events import Event
from tidings.domain.identity import SIGNED_OUT, Caller, signed_out
from tidings.domain.sizes import PAGE_BYTES, wire_bytes
from tidings.domain.stamp import Times
from tidings.ports.messaging import Mailboxes
from tidings.ports.people import Registry, Users
from tidings.ports.world import Clock
from tidings.services.pulls import Pulls, Room


@dataclass(frozen=True, slots=True)
class SyncPage:
    """Events of the mailbox in order of arrival, then those of logs, each in its own order.

    `cursor` to keep, `following` to go on with (None: that was all); `at`, epoch ms.
    """

    events: tuple[Event, ...]
    cursor: str
    following: str | None
    at: int


class Syncs:
    """Reads mailboxes, and puts a lost registry entry back."""

    def __init__(
        self,
        mailboxes: Mailboxes,
        registry: Registry,
        users: Users,
        clock: Clock,
        times: Times,
        retention_ms: int,
        max_devices: int,
        pulls: Pulls,
        page_bytes: int = PAGE_BYTES,
    ) -> None:
        self._mailboxes = mailboxes
        self._registry = registry
        self._users = users
        self._clock = clock
        self._times = times
        self._retention = retention_ms
        self._max_devices = max_devices
        self._pulls = pulls
        self._page_bytes = page_bytes

    def page(self, caller: Caller, cursor: str | None, following: str | None, limit: int) -> SyncPage:
        """The next page.  Raises `InvalidRequest`, `ResyncRequired`, `TokenExpired`, `Unavailable`."""
        now = self._clock.now()
        begin = start(cursor, following, now, self._retention)
        if following is None:
            self._restore(caller, now)
        box = self._mailboxes.page(caller.user_id, begin.after, limit, self._page_bytes)
        if box.more:
            cursors = finish(begin, box.events[-1].arrival, True, self._times.settle)
            return SyncPage(box.events, cursors.cursor, cursors.next, now)
        used = sum(wire_bytes(event) for event in box.events)
        room = Room(limit - len(box.events), self._page_bytes - used, not box.events)
        found, place = self._pulls.read(caller.user_id, box.pulled, begin, now, room)
        cursors = finish(begin, None, False, self._times.settle, place)
        return SyncPage((*box.events, *found), cursors.cursor, cursors.next, now)

    def _restore(self, caller: Caller, now: int) -> None:
        """Enter the caller's connection where the registry has none for the device, or only an older one.

        There may be none because the device was signed out (`tidings.services.revoke`), and this frame was on its way
        when its sockets were ended: nothing is entered then, and `TokenExpired` raised.  Whoever signs it out notes
        it on the user before they take the entry away, so where it is the reason, it is seen here.
        """
        mine = caller.connection
        entries = self._registry.lookup([caller.user_id], now).get(caller.user_id, [])
        standing = [each for each in entries if each.device_id == mine.device_id]
        if not any(each.connected_at >= mine.connected_at for each in standing):
            self._check(caller)
            self._registry.register(caller.user_id, mine, now, self._max_devices)

    def _check(self, caller: Caller) -> None:
        user, identity = self._users.get([caller.user_id]).get(caller.user_id), caller.identity
        if user and signed_out(user.revoked_at, identity.issued_at, identity.device_id, user.devices):
            raise TokenExpired(SIGNED_OUT)
