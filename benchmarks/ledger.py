"""What posts and home pages cost, as arithmetic: `benchmarks.policies` prices a day with it, and
`benchmarks.graph_run` holds it against what the meter of the development host counts.

A unit of writing is 1 KB of an item, one of reading 8 KB where it may be a moment old and 4 KB where it may not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from local.meter import prices

EDGE_BYTES: Final = 96
"""Of a follower's item in a shard, with user ids of 36 characters: about 85 to the read unit."""
POST_BYTES: Final = 300
"""Of a post or a copy of one: its keys, and a hundred characters."""
PAGE: Final = 20
"""Posts on a home page."""
CHUNK: Final = 200
"""Recipients of a job, on average."""
TOGETHER: Final = 4
"""Jobs of a large audience that a worker takes at once, on average (of five): they share its look at the post."""
BATCH: Final = 25
"""Writes in one call."""
EVENTUAL: Final = 4096
"""Bytes for which a read that may be a moment old costs half a unit."""
CALL_S: Final = 0.0014
"""Seconds of a function's time for one call to AWS: 0.8 ms of a core (docs/results.md), of which it has 58 %."""
GIGABYTES: Final = 1.0
"""Of the functions that write copies and read timelines."""


@dataclass(frozen=True, slots=True)
class Units:
    """What was used: DynamoDB units, SQS requests, invocations, and the calls to AWS that a function makes."""

    writes: float = 0.0
    reads: float = 0.0
    queue: float = 0.0
    invocations: float = 0.0
    calls: float = 0.0

    def __add__(self, other: Units) -> Units:
        return Units(
            self.writes + other.writes,
            self.reads + other.reads,
            self.queue + other.queue,
            self.invocations + other.invocations,
            self.calls + other.calls,
        )

    def __mul__(self, times: float) -> Units:
        return Units(
            self.writes * times, self.reads * times, self.queue * times, self.invocations * times, self.calls * times
        )

    @property
    def dollars(self) -> float:
        """At list prices.  What a function waits for is left out, since calls wait together; so are frames."""
        return (
            self.writes * prices.WRITE_UNIT
            + self.reads * prices.READ_UNIT
            + self.queue * prices.SQS_REQUEST
            + self.invocations * prices.INVOCATION
            + self.calls * CALL_S * GIGABYTES * prices.GB_SECOND
        )


def eventual(size: float) -> float:
    """Read units of a query that may be a moment old over `size` bytes; nothing costs as much as 4 KB."""
    return 0.5 * max(1, math.ceil(size / EVENTUAL))


def post(listed: float, pushed: float, edge_bytes: int = EDGE_BYTES) -> Units:
    """A post: what is known of its author, the outbox, the post, the author's own copy; a plan that reads the keys of
    `listed` followers; and a copy for `pushed` of them.  A job looks at the post, strongly, as does the one that
    enters it among the recent posts, for search."""
    jobs = max(1.0, pushed / CHUNK)
    takes = max(1.0, jobs / TOGETHER)
    planning = Units(reads=eventual(listed * edge_bytes), queue=jobs / 10, invocations=1, calls=1 + jobs / 10)
    # What a worker takes is received and deleted in two requests.
    working = Units(pushed + 1, takes, 2 * takes, takes, takes + (pushed + 1) / BATCH)
    entering = Units(writes=1, reads=1, queue=2.1, invocations=1, calls=2)
    return Units(writes=2, reads=0.5, invocations=1, calls=3) + planning + working + entering


def home(pulled: float = 0.0, post_bytes: int = POST_BYTES) -> Units:
    """A home page: what is known of its reader, the copies, and one query for each author who is pulled."""
    own = Units(reads=1 + eventual(PAGE * post_bytes), invocations=1, calls=2)
    return own + pull() * pulled


def pull() -> Units:
    """One author's newest posts, merged into a page: few are newer than what a page reaches down to."""
    return Units(reads=0.5, calls=1)


def copy() -> Units:
    """One follower's copy of a post."""
    takes = 1 / CHUNK / TOGETHER
    return Units(1, takes, 2 * takes + 0.1 / CHUNK, takes, 1 / BATCH + takes)


def noticing(follows: float, every_days: float) -> Units:
    """A day's share of telling the authors whom a user follows that the user is still there."""
    return Units(writes=1, reads=0, calls=1) * (follows / every_days)


def returning(follows: float) -> Units:
    """Somebody who was away for long comes back: a first page merged from all whom they follow, their items among the
    followers made fresh, and two backfills of as many copies as a page holds."""
    merged = pull() * follows
    filled = Units(writes=PAGE, calls=1) + pull() * follows
    return merged + noticing(follows, 1) + filled * 2
