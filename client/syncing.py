"""The sync loop: page after page until the mailbox is drained, then again as the keep-alive.

The gateway closes a connection that is idle for ten minutes, so the keep-alive interval must stay under that; and the
keep-alive *is* the sync, so whatever live delivery lost is repaired within one interval.

A sync that was interrupted, be it by the end of the program, goes on where it was, and another one follows at once: the
kept cursor moves over the logs of large groups only at the end, so that beginning again could be for ever.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from client.errors import RequestError
from client.events import Event
from client.inbox import Inbox, State
from client.lanes import Request

PAGE = 100
"""Events asked for in a page."""
JITTER = 0.1
"""Share of the interval by which keep-alives differ, so that clients which connected together drift apart."""


class Step(NamedTuple):
    """What a page leads to: events (and the state after them), the next request, and who has been served."""

    events: list[Event | State]
    following: Request | None
    served: list[Request]


class SyncLoop:
    """Where the loop stands.  Callers who ask for a sync wait for one that begins after they asked."""

    def __init__(self, interval: float, rng: random.Random) -> None:
        self.running = False
        self._resumed = False
        self._interval = interval
        self._random = rng
        self._next_at = 0.0
        self._served: list[Request] = []
        self._asked: list[Request] = []

    def join(self, request: Request) -> bool:
        """Wait for the next sync; whether it is to begin now."""
        self._asked.append(request)
        return not self.running

    def begin(self, inbox: Inbox) -> Request:
        """The first request."""
        self.running = True
        self._resumed = inbox.following is not None
        if self._resumed:
            return _request(next=inbox.following)
        self._served += self._asked
        self._asked = []
        return _request(cursor=inbox.cursor)

    def answered(self, request: Request, inbox: Inbox, now: float) -> Step:
        """A page came, or an error: one cursor that the server does not take is dropped, to begin without it."""
        if request.reply is None:
            if isinstance(request.error, RequestError) and (inbox.following or inbox.cursor) is not None:
                inbox.cursor = inbox.cursor if inbox.following is not None else None
                inbox.following = None
                return Step([], self.begin(inbox), [])
            return self._ended(request, [], inbox, now)
        page = request.reply
        events: list[Event | State] = [*inbox.take(page.get("events", ()), "sync")]
        inbox.cursor, inbox.following = page.get("cursor", inbox.cursor), page.get("next")
        events.append(inbox.state())
        if inbox.following is not None:
            return Step(events, _request(next=inbox.following), [])
        if self._resumed:
            return Step(events, self.begin(inbox), [])
        return self._ended(request, events, inbox, now)

    def _ended(self, last: Request, events: list[Event | State], inbox: Inbox, now: float) -> Step:
        """Who waited is served; who asked meanwhile gets a sync of their own."""
        self.running = False
        self._next_at = now + self._interval * self._random.uniform(1 - JITTER, 1)
        served, self._served = self._served, []
        for each in served:
            each.reply, each.error = last.reply, last.error
        return Step(events, self.begin(inbox) if self._asked else None, served)

    def interrupted(self) -> None:
        """The connection went: those who wait are served by the next sync."""
        self.running = False
        self._asked = self._served + self._asked
        self._served = []

    def due(self, now: float) -> bool:
        """Whether it is time for the keep-alive."""
        return not self.running and now >= self._next_at

    @property
    def next_at(self) -> float | None:
        """When the keep-alive is due; None while a sync runs."""
        return None if self.running else self._next_at

    def waiting(self) -> list[Request]:
        """Everybody who still waits."""
        return self._served + self._asked


def _request(**cursor: Any) -> Request:
    return Request("sync", cursor | {"limit": PAGE}, "sync")
