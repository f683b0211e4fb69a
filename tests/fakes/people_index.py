"""By which words people are found, in memory."""

from __future__ import annotations

from collections.abc import Iterable

from tidings.domain.names import Entry, lead
from tidings.domain.stamp import Fence


class FakePeopleIndex:
    """Positions by entry."""

    def __init__(self) -> None:
        self.entries: dict[Entry, str] = {}
        self.shared: set[Entry] = set()

    def enter(self, entries: Iterable[Entry], position: str, fence: Fence) -> frozenset[Entry]:
        made = set()
        for entry in sorted(entries):
            fence.check()
            if entry in self.entries:
                self.shared.add(entry)
            else:
                made.add(entry)
            self.entries[entry] = max(position, self.entries.get(entry, ""))
        return frozenset(made)

    def withdraw(self, entries: Iterable[Entry], position: str, fence: Fence) -> None:
        for entry in sorted(entries):
            fence.check()
            if self.entries.get(entry) == position and entry not in self.shared:
                del self.entries[entry]

    def leave(self, entries: Iterable[Entry], position: str, fence: Fence) -> None:
        for entry in sorted(entries):
            fence.check()
            if self.entries.get(entry, position) <= position:
                self.entries.pop(entry, None)
                self.shared.discard(entry)

    def find(self, prefix: str, after: Entry | None, limit: int) -> tuple[list[Entry], bool]:
        hits = [
            entry
            for entry in sorted(self.entries, key=str)
            if lead(entry.word) == lead(prefix) and entry.word.startswith(prefix)
        ]
        rest = [entry for entry in hits if after is None or str(entry) > str(after)]
        return rest[:limit], len(rest) > limit
