"""`timeline.mentions`: what mentions, answers or quotes the reader, newest first; paged as home is.

A copy stays where it was written.  Who is blocked, muted or private by now is left out of each page; that somebody was
unfollowed makes no difference here.
"""

from __future__ import annotations

from dataclasses import replace

from tidings.domain.identity import Caller
from tidings.domain.timeline import keep, mentions_of, page_down, window
from tidings.ports.timelines import Graph, Timelines
from tidings.ports.world import Clock
from tidings.services.timeline import Page, one_page
from tidings.services.visibility import Hiding, Visibility


class MentionsReader:
    """Reads it."""

    def __init__(
        self,
        timelines: Timelines,
        graph: Graph,
        visibility: Visibility,
        hiding: Hiding,
        clock: Clock,
        bound_ms: int,
    ) -> None:
        self._timelines = timelines
        self._graph = graph
        self._visibility = visibility
        self._hiding = hiding
        self._clock = clock
        self._bound = bound_ms

    def page(self, caller: Caller, before: str | None, since: str | None, limit: int) -> Page:
        """A page.  Raises `InvalidRequest` for a cursor that the server never gave."""
        clock = self._clock.now()
        asked = window(before, since)
        reader = replace(self._graph.reader(caller.user_id), removed=frozenset())
        found, last = self._timelines.page(mentions_of(caller.user_id), asked.after, asked.before, limit)
        hidden = self._visibility.hidden(caller.user_id, (entry.author for entry in found))
        shown = [entry for entry in found if entry.author not in hidden and not reader.hides(entry)]
        shown, last = one_page(shown, last)
        shown = self._hiding.rest(caller.user_id, reader, shown)
        return Page(shown, page_down(asked, last), None if before else keep(clock, self._bound))
