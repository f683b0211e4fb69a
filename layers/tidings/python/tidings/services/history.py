"""`history`: the older messages of a conversation, newest first, from its log, among them what happened to a group.

A message is shown as it stands: with its last text and with the reactions to it, counted.  What was unsent, withheld
from the caller or deleted by them is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tidings.domain import position
from tidings.domain.events import GroupChange, LogEntry, Message, tells_of
from tidings.domain.identity import Caller
from tidings.domain.sizes import PAGE_BYTES, fitting, wire_bytes
from tidings.ports.groups import Memberships
from tidings.ports.messaging import Log
from tidings.services.own_edits import as_seen
from tidings.services.tallies import Tallies, Tally, tallies_bytes
from tidings.services.views import View, Views

Shown = Message | GroupChange


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Newest first; `before` is where to go on, None at the beginning of the conversation; `reactions` by position."""

    events: tuple[Shown, ...]
    before: str | None
    reactions: Mapping[str, tuple[Tally, ...]] = field(default_factory=dict)


class Histories:
    """Reads logs, for their members."""

    def __init__(
        self, views: Views, log: Log, memberships: Memberships, tallies: Tallies, page_bytes: int = PAGE_BYTES
    ) -> None:
        self._views = views
        self._log = log
        self._memberships = memberships
        self._tallies = tallies
        self._page_bytes = page_bytes

    def page(self, caller: Caller, conversation_id: str, before: str | None, limit: int) -> HistoryPage:
        """Up to `limit` messages below `before`; only the absence of a further one says that there are no more.

        Raises `Forbidden`, `NotFound`, `InvalidRequest`.
        """
        view = self._views.of(caller, conversation_id)
        below = position.LAST if before is None else str(position.parse(before))

        def show(entry: LogEntry) -> bool:
            mine = not entry.withheld or entry.sender == caller.user_id
            return mine and isinstance(entry.event, Shown) and _in_sight(entry.event, view)

        span, earlier = view.below(below)
        entries, further = self._log.page(conversation_id, span.end, limit, show, after=span.after)
        if further is None:
            further = earlier
        seen = (as_seen(self._log, entry, caller.user_id) for entry in entries)
        every = [event for event in seen if isinstance(event, Shown)]
        events = self._unhidden(caller, conversation_id, every)
        if not events:
            return HistoryPage((), further)
        fit = fitting(map(wire_bytes, events), self._page_bytes)
        asked = [event.position for event in events[:fit]]
        tallies, covered = self._tallies.of(caller, conversation_id, asked, view.shows)
        sizes = (wire_bytes(event) + tallies_bytes(tallies.get(event.position, ())) for event in events[:covered])
        fit = fitting(sizes, self._page_bytes)
        if fit < len(events):
            further = events[fit - 1].position
        shown = tuple(events[:fit])
        counted = {event.position: tallies[event.position] for event in shown if event.position in tallies}
        return HistoryPage(shown, further, counted)

    def _unhidden(self, caller: Caller, conversation_id: str, events: Sequence[Shown]) -> list[Shown]:
        """`events` without what the caller has deleted for themselves."""
        if not events:
            return []
        lowest, highest = events[-1].position, events[0].position
        hidden = self._memberships.hidden(caller.user_id, conversation_id, lowest[:-1], highest + "~")
        return [event for event in events if event.position not in hidden]


def _in_sight(event: Shown, view: View) -> bool:
    """Whether the caller may see the event, and the edit whose text it shows: who has left learns of no later one."""
    other = tells_of(event)
    return view.shows(event.position) and (other is None or view.shows(other))
