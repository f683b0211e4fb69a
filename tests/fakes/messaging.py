"""The outbox, logs, mailboxes and watermarks in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tidings.domain.errors import RetryLater
from tidings.domain.events import MAX_EDITS, Edit, Event, LogEntry, LogEvent, Message, Path
from tidings.domain.notice import may_sound
from tidings.domain.position import FIRST, floor
from tidings.domain.pulled import Marks
from tidings.domain.sizes import wire_bytes
from tidings.domain.stamp import Fence
from tidings.ports import Clock, OutboxEntry
from tidings.ports.messaging import MailboxPage

DAY = 86_400_000


class FakeOutbox:
    """Entries by (user id, client id)."""

    def __init__(self, clock: Clock, retention_ms: int = 30 * DAY) -> None:
        self.entries: dict[tuple[str, str], OutboxEntry] = {}
        self._clock = clock
        self._retention = retention_ms

    def _standing(self, user_id: str, client_id: str) -> OutboxEntry | None:
        entry = self.entries.get((user_id, client_id))
        oldest = floor(self._clock.now() - self._retention)
        return entry if entry is not None and entry.position >= oldest else None

    def claim(self, user_id: str, client_id: str, entry: OutboxEntry, fence: Fence) -> OutboxEntry | None:
        fence.check()
        standing = self._standing(user_id, client_id)
        if standing is None:
            self.entries[user_id, client_id] = entry
        return standing

    def get(self, user_id: str, client_id: str) -> OutboxEntry | None:
        return self._standing(user_id, client_id)

    def reclaim(self, user_id: str, client_id: str, old: str, new: str, fence: Fence) -> OutboxEntry | None:
        fence.check()
        standing = self.entries.get((user_id, client_id))
        if standing is None:
            raise RetryLater("The first try of this request is no longer kept. Send it again.")
        if standing.position != old:
            return standing
        self.entries[user_id, client_id] = replace(standing, position=new)
        return None


class FakeLog:
    """Log entries by (conversation id, position)."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], LogEntry] = {}

    def append(
        self,
        event: LogEvent,
        path: Path,
        fence: Fence,
        *,
        withheld: bool = False,
        quiet: bool = False,
        alone: bool = False,
    ) -> LogEntry | None:
        fence.check()
        key = (event.conversation_id, event.position)
        if key in self.entries:
            return self.entries[key]
        kept = replace(event, arrival="")
        self.entries[key] = LogEntry(
            event.position, event.sender, event.client_id, path, kept, withheld=withheld, quiet=quiet, alone=alone
        )
        return None

    def void(self, event: LogEvent, path: Path, fence: Fence) -> bool:
        fence.check()
        key = (event.conversation_id, event.position)
        if key in self.entries:
            return False
        self.entries[key] = LogEntry(event.position, event.sender, event.client_id, path, None)
        return True

    def get(self, conversation_id: str, position: str, *, strong: bool) -> LogEntry | None:
        return self.entries.get((conversation_id, position))

    def edit(self, edit: Edit, fence: Fence, *, withheld: bool = False) -> LogEntry | None:
        fence.check()
        key = (edit.conversation_id, edit.target)
        entry = self.entries.get(key)
        if entry is None or not isinstance(entry.event, Message) or entry.sender != edit.sender:
            return entry
        event = entry.event
        if len(entry.edits) >= MAX_EDITS:
            return entry
        if (event.edited or "") < edit.position and (entry.withheld or not withheld):
            event = replace(event, text=edit.text, edited=edit.position)
        edits = tuple(sorted({*entry.edits, edit.position}))
        self.entries[key] = replace(entry, event=event, edits=edits)
        return self.entries[key]

    def tombstone(
        self, conversation_id: str, position: str, unsend: str, fence: Fence, *, sender: str = "", instead: str = ""
    ) -> LogEntry | None:
        fence.check()
        key = (conversation_id, position)
        entry = self.entries.get(key)
        if entry is None or (sender and entry.sender != sender):
            return entry
        alive = isinstance(entry.event, Message)
        if alive or (entry.unsent and entry.unsent == (instead or unsend)):
            mentions = entry.event.mentions if isinstance(entry.event, Message) else entry.mentions
            self.entries[key] = replace(entry, event=None, unsent=unsend, mentions=mentions)
        return self.entries[key]

    def erase(self, conversation_id: str, position: str, sender: str, fence: Fence) -> None:
        fence.check()
        key = (conversation_id, position)
        entry = self.entries.get(key)
        if entry is None:
            self.entries[key] = LogEntry(position, sender, "", Path.INLINE, None)
        elif entry.sender == sender and isinstance(entry.event, Edit):
            self.entries[key] = replace(entry, event=None)

    def claim_late(
        self, conversation_id: str, position: str, old: tuple[int, ...], new: int, fence: Fence
    ) -> tuple[int, ...] | None:
        fence.check()
        key = (conversation_id, position)
        entry = self.entries.get(key)
        if entry is None or entry.event is None:
            return None
        if entry.claims == old:
            entry = self.entries[key] = replace(entry, claims=(*old, new))
        return entry.claims

    def _between(self, conversation_id: str, after: str, before: str) -> list[LogEntry]:
        mine = [entry for (of, at), entry in self.entries.items() if of == conversation_id and after < at < before]
        return sorted(mine, key=lambda entry: entry.position)

    def page(
        self,
        conversation_id: str,
        before: str,
        limit: int,
        show: Callable[[LogEntry], bool],
        *,
        after: str = FIRST,
    ) -> tuple[list[LogEntry], str | None]:
        found = self._between(conversation_id, after, before)[::-1]
        shown = [entry for entry in found if entry.event is not None and show(entry)]
        page = shown[:limit]
        return page, page[-1].position if len(shown) > limit else None

    def since(
        self, conversation_id: str, after: str, before: str, limit: int, *, strong: bool = True
    ) -> tuple[list[LogEntry], str | None]:
        found = self._between(conversation_id, after, before)
        return found[:limit], found[limit - 1].position if len(found) > limit else None


class FakeMailboxes:
    """Events by user id and arrival.  `pushes` has what the push stream would show: (user id, event); `marks` what
    syncs pull, by user id and conversation id."""

    def __init__(self, clock: Clock, retention_ms: int = 30 * DAY) -> None:
        self.boxes: dict[str, dict[str, Event]] = {}
        self.pushes: list[tuple[str, Event]] = []
        self.marks: dict[str, dict[str, Marks]] = {}
        self._clock = clock
        self._retention = retention_ms

    def put(self, items: Sequence[tuple[str, Event]], fence: Fence) -> None:
        for start in range(0, len(items), 25):
            fence.check()
            for user_id, event in items[start : start + 25]:
                fresh = event.arrival not in self.boxes.setdefault(user_id, {})
                self.boxes[user_id][event.arrival] = event
                if fresh and may_sound(event, user_id):
                    self.pushes.append((user_id, event))

    def read(self, user_id: str, after: str, limit: int, max_bytes: int) -> tuple[list[Event], bool]:
        after = max(after, floor(self._clock.now() - self._retention))
        behind = [event for arrival, event in sorted(self.boxes.get(user_id, {}).items()) if arrival > after]
        page: list[Event] = []
        used = 0
        for event in behind[:limit]:
            used += wire_bytes(event)
            if page and used > max_bytes:
                break
            page.append(event)
        return page, len(page) < len(behind)

    def page(self, user_id: str, after: str, limit: int, max_bytes: int) -> MailboxPage:
        events, more = self.read(user_id, after, limit, max_bytes)
        marks = [each for _, each in sorted(self.marks.get(user_id, {}).items())]
        return MailboxPage(tuple(events), more, () if more else tuple(marks))

    def newest(self, user_id: str, limit: int) -> list[Event]:
        oldest = floor(self._clock.now() - self._retention)
        found = [event for arrival, event in self.boxes.get(user_id, {}).items() if arrival > oldest]
        return sorted(found, key=lambda event: event.arrival, reverse=True)[:limit]

    def delete(self, keys: Sequence[tuple[str, str]], fence: Fence) -> None:
        for start in range(0, len(keys), 25):
            fence.check()
            for user_id, arrival in keys[start : start + 25]:
                self.boxes.get(user_id, {}).pop(arrival, None)
