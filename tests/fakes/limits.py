"""Token buckets in memory."""

from __future__ import annotations


class FakeBuckets:
    """When each user's bucket is full again.  `writes` counts, as DynamoDB's bill does, also those that are refused.

    `look` answers what stood `lag` writes ago, for it is eventually consistent.
    """

    def __init__(self, lag: int = 0) -> None:
        self.full_at: dict[str, int] = {}
        self.lag = lag
        self.writes = self.reads = 0
        self._past: dict[str, list[int]] = {}

    def look(self, user_id: str) -> int:
        self.reads += 1
        past = self._past.get(user_id, [0])
        return past[max(0, len(past) - 1 - self.lag)]

    def swap(self, user_id: str, old: int, new: int) -> int | None:
        self.writes += 1
        standing = self.full_at.get(user_id, 0)
        if standing != old:
            return standing
        self.full_at[user_id] = new
        self._past.setdefault(user_id, [0]).append(new)
        return None
