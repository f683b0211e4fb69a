"""From the streams to the planner: what has been written, and which fan-out it asks for.

The path was decided by the sender and is stored with the fact: the planner obeys it, for its readers may have
changed since, and otherwise nobody would deliver, or both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tidings.domain.events import Post
from tidings.services.fanout.plan import Allowance, Planner
from tidings.services.fanout.posts import kind_of

Record = Mapping[str, Any]
Read = Callable[[Record], Post | None]
"""The post that a stream record shows, None where there is nothing to see.  Raises `ValueError` for other records."""


class StreamPlanner:
    """Plans what the stream of `Posts` shows.  One `Turn` an invocation."""

    def __init__(self, planner: Planner, read: Read) -> None:
        self._planner = planner
        self._read = read

    def begin(self) -> Turn:
        """The turn for one batch of records."""
        return Turn(self._planner, self._read)


class Turn:
    """One invocation: it reads a bounded number of members, however many records it was given."""

    def __init__(self, planner: Planner, read: Read) -> None:
        self._planner = planner
        self._read = read
        self._allowance = Allowance()

    def run(self, record: Record) -> None:
        """Plan one record.  Raises `ValueError` for one that nobody can plan; it is kept in the failure bucket."""
        post = self._read(record)
        kind = None if post is None else kind_of(post)
        if post is not None and kind is not None:
            self._planner.announce(kind, post.author, post.position, self._allowance)
