"""How an author's posts are delivered, remembered for a few seconds; and who has to be weighed."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from typing import Final

from tidings.domain.authors import Author
from tidings.domain.errors import Unavailable
from tidings.domain.events import Path
from tidings.domain.policy import Policy
from tidings.ports.pulling import Authors
from tidings.ports.timelines import Chunks
from tidings.ports.world import Clock
from tidings.services.fanout.jobs import SMALL, TaskJob, encode

KEPT_MS: Final = 3_000
REMEMBERED: Final = 1_000
WEIGH: Final = "weigh"
"""The name of the task."""


class Paths:
    """Says how a post is to be delivered: half a read unit, none for a few seconds after that.

    What it says may be `tidings.domain.authors.REMEMBERED_MS` old.
    """

    def __init__(self, authors: Authors, queue: Chunks, clock: Clock, policy: Policy, kept_ms: int = KEPT_MS) -> None:
        self._authors = authors
        self._queue = queue
        self._clock = clock
        self._policy = policy
        self._kept = kept_ms
        self._seen: OrderedDict[str, tuple[int, Author]] = OrderedDict()

    def of(self, author: str) -> Path:
        """The path of a post by `author`.  Has them weighed where that is due."""
        now = self._clock.now()
        read_at, found = self._seen.get(author, (0, None))
        if found is None or now - read_at >= self._kept:
            found = self._authors.get(author, strong=False)
            self._remember(author, now, found)
            if self._policy.due(found, now):
                # No post fails for it: the next one asks again.
                with suppress(Unavailable):
                    self._queue.send(SMALL, [encode(TaskJob(WEIGH, author))])
        return found.path

    def _remember(self, author: str, now: int, found: Author) -> None:
        self._seen[author] = now, found
        self._seen.move_to_end(author)
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
