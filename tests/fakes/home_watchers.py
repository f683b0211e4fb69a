"""Who watches their home timeline, in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from tidings.domain.stamp import Fence
from tidings.ports import Watcher


def _whole(until: int) -> int:
    return -(-until // 1_000) * 1_000


class FakeHomeWatchers:
    """Ends of watching (epoch ms) by device; of users in whole seconds, as a TTL has them."""

    def __init__(self, page: int = 100) -> None:
        self.entries: dict[str, dict[str, int]] = {}
        self.users: dict[str, int] = {}
        self.authors: dict[str, dict[str, int]] = {}
        self.page = page

    def enter(self, watcher: Watcher, authors: Collection[str], until: int, fence: Fence) -> None:
        fence.check()
        self.entries.setdefault(watcher.user_id, {})[watcher.device_id] = until
        fence.check()
        self.users[watcher.user_id] = _whole(until)
        for author in authors:
            self.authors.setdefault(author, {})[watcher.user_id] = _whole(until)

    def leave(self, watcher: Watcher, now: int, fence: Fence) -> None:
        fence.check()
        there = self.entries.get(watcher.user_id, {})
        if there.pop(watcher.device_id, None) is not None and not any(until > now for until in there.values()):
            fence.check()
            self.users.pop(watcher.user_id, None)

    def listed(self, most: int, now: int) -> frozenset[str] | None:
        # A query that was filled to its limit does not know whether anything follows.
        return None if len(self.users) >= most else frozenset(user for user, until in self.users.items() if until > now)

    def devices(self, users: Iterable[str], now: int) -> dict[str, frozenset[str]]:
        found = {user: self.entries.get(user, {}) for user in users}
        alive = {user: frozenset(name for name, until in there.items() if until > now) for user, there in found.items()}
        return {user: there for user, there in alive.items() if there}

    def pulling(self, author: str, now: int) -> Iterator[list[str]]:
        mine = sorted(user for user, until in self.authors.get(author, {}).items() if until > now)
        for start in range(0, len(mine), self.page):
            yield mine[start : start + self.page]
