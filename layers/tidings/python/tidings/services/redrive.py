"""`tidings ops redrive`: puts back what failed, once the reason is gone.

Two places keep failed work.  The dead-letter queues hold jobs whole: they go back on their lanes as they are.  The
failure bucket holds batches of stream records that a function gave up on: those of `Posts` are planned anew, by a
`plan` job each on the small lane.  Everything is replayable, so a redrive that is interrupted is run again.

What nobody here can plan (a push that is long stale, a record nobody can read) stays in the bucket and is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tidings.domain.events import Post
from tidings.ports.timelines import Chunks
from tidings.services.fanout.jobs import SMALL, PlanJob, encode
from tidings.services.fanout.posts import UNPOST, kind_of


class DeadLetters(Protocol):
    """The dead-letter queue of one lane."""

    @property
    def lane(self) -> str:
        """The lane's name."""
        ...

    def put_back(self) -> int:
        """Move everything back on the lane.  How many jobs."""
        ...


class Failures(Protocol):
    """The failure bucket."""

    def keys(self) -> Iterator[str]:
        """The keys of everything that is kept."""
        ...

    def records(self, key: str) -> Sequence[Mapping[str, Any]] | None:
        """The stream records of one batch; None where the object is no such batch."""
        ...

    def forget(self, key: str) -> None:
        """Delete a batch that has been dealt with."""
        ...


@dataclass(slots=True)
class Redriven:
    """What was done.  `kept` are the keys of objects that stay in the bucket."""

    jobs: dict[str, int] = field(default_factory=dict)
    planned: int = 0
    kept: list[str] = field(default_factory=list)


class Redrive:
    """Puts back dead letters and plans failed stream records anew.

    `read` gives the post that a record shows, None where there is nothing to plan; it raises `ValueError` for the
    records of other streams.
    """

    def __init__(
        self,
        dead_letters: Iterable[DeadLetters],
        failures: Failures | None,
        queue: Chunks,
        read: Callable[[Mapping[str, Any]], Post | None],
        now: Callable[[], int],
        settle_ms: int,
    ) -> None:
        self._dead_letters = tuple(dead_letters)
        self._failures = failures
        self._queue = queue
        self._read = read
        self._now = now
        self._settle = settle_ms

    def run(self) -> Redriven:
        """Everything once.  Raises what AWS raises; run again, it goes on."""
        done = Redriven()
        for each in self._dead_letters:
            done.jobs[each.lane] = each.put_back()
        if self._failures is not None:
            for key in self._failures.keys():  # noqa: SIM118 - not a mapping
                self._replan(key, self._failures, done)
        return done

    def _replan(self, key: str, failures: Failures, done: Redriven) -> None:
        """Enqueue the plans of a batch and then forget it, unless there is a record in it that nobody can plan."""
        posts, whole = self._posts(failures.records(key))
        jobs = [job for post in posts for job in self._plans(post)]
        at_once = [encode(job) for job in jobs if not job.due]
        self._queue.send(SMALL, at_once)
        self._queue.send(SMALL, [encode(job) for job in jobs if job.due], delay_ms=self._settle)
        done.planned += len(at_once)
        if whole:
            failures.forget(key)
        else:
            done.kept.append(key)

    def _posts(self, records: Sequence[Mapping[str, Any]] | None) -> tuple[list[Post], bool]:
        """The posts that a batch shows, and whether that is all there is in it."""
        posts, whole = [], records is not None
        for record in records or ():
            try:
                post = self._read(record)
            except ValueError:
                whole = False
                continue
            if post is not None:
                posts.append(post)
        return posts, whole

    def _plans(self, post: Post) -> list[PlanJob]:
        """What the planner would have announced: a plan, and for a delete its second sweep."""
        kind = kind_of(post)
        if kind is None:
            return []
        plan = PlanJob(kind, post.author, post.position)
        again = PlanJob(kind, post.author, post.position, due=self._now() + self._settle)
        return [plan, again] if kind == UNPOST else [plan]
