"""`history`: the older messages of a conversation, newest first, from its log, among them what happened to a group."""

from __future__ import annotations

from dataclasses import dataclass

from tidings.domain import conversation, position
from tidings.domain.events import GroupChange, LogEntry, Message
from tidings.domain.identity import Caller
from tidings.domain.sizes import PAGE_BYTES, fitting, wire_bytes
from tidings.ports.messaging import Log


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Newest first; `before` is where to go on, None at the beginning of the conversation."""

    events: tuple[Message | GroupChange, ...]
    before: str | None


class Histories:
    """Reads logs, for their members."""

    def __init__(self, log: Log, page_bytes: int = PAGE_BYTES) -> None:
        self._log = log
        self._page_bytes = page_bytes

    def page(self, caller: Caller, conversation_id: str, before: str | None, limit: int) -> HistoryPage:
        """Up to `limit` messages below `before`.  Raises `Forbidden`, `NotFound`, `InvalidRequest`."""
        conversation.other(conversation_id, caller.user_id)
        below = position.LAST if before is None else str(position.parse(before))

        def show(entry: LogEntry) -> bool:
            mine = not entry.withheld or entry.sender == caller.user_id
            return mine and isinstance(entry.event, Message | GroupChange)

        entries, further = self._log.page(conversation_id, below, limit, show)
        events = [entry.event for entry in entries if isinstance(entry.event, Message | GroupChange)]
        fit = fitting(map(wire_bytes, events), self._page_bytes)
        if fit < len(events):
            further = events[fit - 1].position
        return HistoryPage(tuple(events[:fit]), further)
