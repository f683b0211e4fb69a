"""Progress of an index that is being built, told to the devices that asked: live, and best effort."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from tidings.domain.errors import TidingsError
from tidings.domain.events import LiveEvent, SearchProgress
from tidings.domain.search import Term
from tidings.ports.groups import Watchers
from tidings.ports.world import Clock, Meter
from tidings.services.live import Live

EVERY_MS: Final = 1_000
"""No more than one frame a second and device."""
MOST: Final = 500
"""Devices that are told; the others find out when they ask again."""


class Telling:
    """Tells who waits for a term.  `subject` names a term among what can be watched."""

    def __init__(
        self,
        watchers: Watchers,
        subject: Callable[[str], str],
        live: Live,
        clock: Clock,
        meter: Meter,
        horizon_ms: int,
    ) -> None:
        self._watchers = watchers
        self._subject = subject
        self._live = live
        self._clock = clock
        self._meter = meter
        self._horizon = horizon_ms
        self._told_at = -EVERY_MS

    def tell(self, terms: Iterable[Term], last: bool) -> None:
        """How far each term is, if it is time again or this is the `last` that a walk has to say.  Never raises for a
        dependency."""
        now = self._clock.now()
        if not last and now - self._told_at < EVERY_MS:
            return
        self._told_at = now
        told: dict[str, dict[str, list[LiveEvent]]] = {}
        try:
            for term in terms:
                event = SearchProgress(term.term, term.progress(self._horizon), term.live)
                for page in self._watchers.of(self._subject(term.term), now):
                    for each in page[:MOST]:
                        told.setdefault(each.user_id, {}).setdefault(each.device_id, []).append(event)
        except TidingsError:
            self._meter.count("LiveLookupFailed")
        self._live.tell(told)
