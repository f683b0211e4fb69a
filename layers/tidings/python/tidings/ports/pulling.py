"""Authors who are pulled: what is known of them, who marks them, and who is pushed to all the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from tidings.domain.authors import Author, PulledAuthor, ReadRate
from tidings.domain.stamp import Fence


class PulledMarks(Protocol):
    """Each reader's marks; `Graph.reader` reads them.  All writes may come twice, late and in any order: what is
    open never overwrites an end."""

    def open(self, reader: str, author: str, start: int, most: int, fence: Fence) -> bool:
        """From `start` (epoch ms) on `author` is pulled.  False, and nothing is written, where that would make more
        than `most` open marks.  True also where this mark is open, or has ended, already."""
        ...

    def close(self, reader: str, author: str, start: int, until: int, fence: Fence) -> None:
        """The pull that began at `start` ends at `until` (epoch ms, exclusive), once: an end never changes."""
        ...

    def of(self, reader: str, author: str) -> Sequence[PulledAuthor]:
        """The reader's marks of `author`, in order (strongly read)."""
        ...

    def drop(self, reader: str, author: str, fence: Fence) -> None:
        """Forget all marks of `author`: who is not followed any more is not pulled, whenever it was."""
        ...


class Residue(Protocol):
    """Followers of an author who pull as many as they may: what is pulled by the others is pushed to them.

    Whoever was in it is remembered for as long as copies may lie with them, for a delete has to find these.
    """

    def enter(self, author: str, reader: str, start: int, fence: Fence) -> None:
        """From the pull on that began at `start` (epoch ms)."""
        ...

    def leave(self, author: str, reader: str, start: int, fence: Fence) -> None:
        """The pull that began at `start` is over; what was posted in it may still be on its way to them."""
        ...

    def drop(self, author: str, reader: str, fence: Fence) -> int | None:
        """They do not follow any more: nothing is pushed to them.  Since when (epoch ms), be it by an earlier call;
        None: nothing ever was."""
        ...

    def holds(self, author: str, reader: str) -> bool:
        """Whether the reader is in it (strongly read)."""
        ...

    def members(self, author: str, after: str | None, *, dropped: bool) -> Iterator[list[str]]:
        """Everybody in it in key order after `after`, a page at a time; with `dropped` also who was dropped."""
        ...


class Authors(Protocol):
    """What is known of authors."""

    def get(self, user_id: str, *, strong: bool) -> Author:
        """The author, whether they have followers or not."""
        ...

    def followers(self, author: Author) -> int:
        """How many followers there are in all shards."""
        ...

    def turn(self, old: Author, new: Author, fence: Fence) -> bool:
        """Put the path, `pulled_from`, `leaving` and `crossed` of `new`, if the first three stand as in `old`."""
        ...

    def weigh(self, author: Author, fence: Fence) -> bool:
        """Put `weighed`, what was counted and the rates, unless later ones stand."""
        ...


class ReadRates(Protocol):
    """How often people read their home, roughly.  `Graph.reader` reads it."""

    def put(self, reader: str, rate: ReadRate, fence: Fence) -> None:
        """Put it.  It is an estimate: of two at once one is lost."""
        ...

    def get(self, readers: Iterable[str]) -> Mapping[str, ReadRate]:
        """Those that are known (eventually consistent, in batches)."""
        ...
