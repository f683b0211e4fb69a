"""Who wants live frames, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidings.domain.stamp import Fence
from tidings.ports import Watcher


class FakeWatchers:
    """Ends of watching (epoch ms, whole seconds) by (subject, watcher).  `page` is the size of a page."""

    def __init__(self, page: int = 100) -> None:
        self.entries: dict[tuple[str, Watcher], int] = {}
        self.page = page

    def add(self, subject: str, watcher: Watcher, until: int) -> None:
        self.entries[subject, watcher] = -(-until // 1_000) * 1_000

    def add_all(self, subjects: Sequence[str], watcher: Watcher, until: int, fence: Fence) -> None:
        missing = [each for each in subjects if self.entries.get((each, watcher), 0) < until]
        for subject in missing:
            fence.check()
            self.add(subject, watcher, until)

    def remove(self, subject: str, watcher: Watcher) -> None:
        self.entries.pop((subject, watcher), None)

    def of(self, subject: str, now: int) -> Iterator[list[Watcher]]:
        mine = sorted(
            (watcher for (about, watcher), until in self.entries.items() if about == subject and until > now),
            key=lambda each: (each.user_id, each.device_id),
        )
        for start in range(0, max(1, len(mine)), self.page):
            yield mine[start : start + self.page]
