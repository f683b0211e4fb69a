"""Kinds of fan-out: who the audience of a subject is, and what happens to each of its members."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tidings.domain.stamp import Fence

Apply = Callable[[Sequence[str], Fence], None]
"""Does the effect for some recipients (at most `work.SLICE`) under a fence.  Twice is harmless."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is fanned out: a post of an author, a message of a conversation."""

    owner: str
    position: str


class Audience(Protocol):
    """Who is to be reached, in shards, each in key order."""

    def first(self, owner: str) -> Sequence[str]:
        """Recipients who stand before all others, whoever the members are (the author of a post)."""
        ...

    def members(self, owner: str, shard: int, after: str | None) -> Iterator[tuple[int, str]]:
        """The members with their shards, from `shard` and the member after `after` on, read as they are asked for."""
        ...


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

    `gives` means that the effect gives something to the audience, so that it must not reach a member who has left:
    a chunk that is done long after it was planned looks at the membership again.  `again` means that the whole
    audience is planned once more after the settling time, for what was still being written at the first sweep.
    """

    audience: Audience
    gives: bool = False
    again: bool = False


Kinds = Mapping[str, Kind]
"""The registry that the planner and the workers share."""
Effects = Mapping[str, Effect]
"""What the workers do, by kind."""
