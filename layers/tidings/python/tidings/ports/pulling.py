"""Which authors a reader's home pulls, besides what is pushed into it (`tidings.domain.authors`)."""

from __future__ import annotations

from typing import Protocol

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

    def drop(self, reader: str, author: str, fence: Fence) -> None:
        """Forget all marks of `author`: who is not followed any more is not pulled, whenever it was."""
        ...
