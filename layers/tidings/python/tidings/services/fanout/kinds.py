"""What the engine can be told to do.  Whoever has something to be done registers it; the engine knows none of it.

* A `Kind` is for an audience: `Kind.audience` says who, an `Effect` what happens to each.  The planner cuts the
  audience into chunks, the workers apply the effect.
* A `Task` is for a conversation as a whole: one job, done by one worker, put back until nothing is left of it.
* A `Rule` says which of these a fact asks for that a stream shows.  It is pure, so that `tidings ops redrive` plans a
  failed record as the stream would have been.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tidings.domain.fanout import MEAN_CHUNK
from tidings.domain.stamp import Fence
from tidings.ports.streams import Shown
from tidings.services.fanout.jobs import ChunkJob, LiveJob, NewsJob, PlanJob, TaskJob

Apply = Callable[[Sequence[str], Fence], None]
"""Does the effect for some recipients (at most `work.SLICE`) under a fence.  Twice is harmless."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is fanned out: a post of an author, a message of a conversation."""

    owner: str
    position: str


class Audience(Protocol):
    """Who is to be reached, in shards, each in key order."""

    def first(self, subject: Subject) -> Sequence[str]:
        """Recipients who stand before all others, whoever the members are (the author of a post)."""
        ...

    def members(self, subject: Subject, shard: int, after: str | None) -> Iterator[tuple[int, str]]:
        """The members with their shards, from `shard` and the member after `after` on, read as they are asked for."""
        ...


class Nobody:
    """The audience of a kind whose chunks are made by its rule and never planned."""

    def first(self, subject: Subject) -> Sequence[str]:  # noqa: ARG002 - an `Audience`
        """Nobody."""
        return ()

    def members(self, subject: Subject, shard: int, after: str | None) -> Iterator[tuple[int, str]]:  # noqa: ARG002
        """Nobody."""
        return iter(())


class Effect(Protocol):
    """What a kind does to its audience."""

    def prepare(self, subject: Subject) -> Apply | None:
        """Read (strongly) what the effect depends on.  None: there is nothing to do any more.

        The caller took its stamp before, and prepares again when that stamp may no longer be written with.
        """
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job, as far as planning goes.

    `gives` means that the effect gives something to the audience, which waits for it: its lag is measured.
    `members_only` means that it must not reach a member who has left meanwhile: a chunk that is done long after it
    was planned looks at the membership again.  `mean` is how many are in a chunk, on average.
    """

    audience: Audience
    gives: bool = False
    members_only: bool = False
    mean: int = MEAN_CHUNK


class Task(Protocol):
    """Something that one worker does for a conversation."""

    def run(self, job: TaskJob) -> TaskJob | None:
        """Do it, for at most a few seconds: twice is harmless.  What is left of it, None when it is done.

        Raises `RetryLater` or `Unavailable` when it has to be put off.
        """
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job that a fact asks for, and whether once `again` after the settling time: for what was still being written
    at the first (a plan or a task only)."""

    job: PlanJob | TaskJob | ChunkJob | LiveJob | NewsJob
    again: bool = False


Rule = Callable[[Shown], Iterable[Wanted]]
"""What a fact asks for; nothing where it is none of the rule's business."""

Kinds = Mapping[str, Kind]
"""By name: the planner and the workers share it."""
Effects = Mapping[str, Effect]
"""What the workers do, by kind."""
Tasks = Mapping[str, Task]
"""What the workers do for conversations, by name."""
