"""Who wants live frames, in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tidings.domain.stamp import Fence
from tidings.ports import Watcher


class FakeWatchers:
    """Ends of watching (epoch ms, whole seconds) by (subject, watcher).  `page` is the size of a page."""

    def __init__(self, page: int = 100) -> None:
        self.entries: dict[tuple[str, Watcher], int] = {}
        self.lists: dict[Watcher, tuple[frozenset[str], int]] = {}
        self.page = page

    def add(self, subject: str, watcher: Watcher, until: int) -> None:
        self.entries[subject, watcher] = -(-until // 1_000) * 1_000

    def replace(self, watcher: Watcher, subjects: Collection[str], now: int, until: int, fence: Fence) -> None:
        listed, ends = self.lists.get(watcher, (frozenset(), 0))
        fresh, wanted = ends >= now + (until - now) // 2, frozenset(subjects)
        for subject in sorted(wanted - listed if fresh else wanted):
            fence.check()
            self.add(subject, watcher, until)
        for subject in listed - wanted:
            fence.check()
            self.remove(subject, watcher)
        self.lists[watcher] = wanted, ends if fresh else -(-until // 1_000) * 1_000

    def remove(self, subject: str, watcher: Watcher) -> None:
        self.entries.pop((subject, watcher), None)

    def of(self, subject: str, now: int) -> Iterator[list[Watcher]]:
        mine = sorted(
            (watcher for (about, watcher), until in self.entries.items() if about == subject and until > now),
            key=lambda each: (each.user_id, each.device_id),
        )
        for start in range(0, max(1, len(mine)), self.page):
            yield mine[start : start + self.page]
