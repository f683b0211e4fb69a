"""When readers were last known to look, on both sides of their follows (`tidings.domain.idle`)."""

from __future__ import annotations

from typing import Protocol

from tidings.domain.stamp import Fence
from tidings.ports.timelines import Edge


class Looks(Protocol):
    """The days on the halves of follows, and each reader's note of them, which `Graph.reader` reads."""

    def follows(self, reader: str, after: str | None, limit: int, *, strong: bool) -> tuple[list[Edge], str | None]:
        """Those whom a reader follows, in order of authors, after the author `after`: out of up to `limit` edges, ended
        ones being left out; and the author to go on after, None at the end."""
        ...

    def refresh(self, reader: str, edge: Edge, day: int, fence: Fence) -> None:
        """The author's half of a follow is fresh as of `day`, if it is there; it never goes back."""
        ...

    def note(self, reader: str, day: int, fence: Fence) -> None:
        """All halves are fresh as of `day`; the note never goes back."""
        ...

    def ask(self, reader: str, at: int, fence: Fence) -> None:
        """A return has been asked for at `at` (epoch ms)."""
        ...
