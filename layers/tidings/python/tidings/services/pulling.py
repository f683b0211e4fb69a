"""Who pulls an author: a follower marks them before they follow, and is in their residue where there is no room.

`keep` may be done any number of times, by the follow itself, by its backfills, and by whoever walks through all
followers of an author; so may `end`.  What one does in the middle of the other is made good by the second backfill or
purge, which comes when nothing late can follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tidings.domain.authors import Author
from tidings.domain.position import LAST, floor, ms_of
from tidings.domain.stamp import Fence
from tidings.ports.pulling import Authors, PulledMarks, Residue


class Pulling:
    """Marks and residue."""

    def __init__(self, authors: Authors, marks: PulledMarks, residue: Residue, most: int) -> None:
        self._authors = authors
        self._marks = marks
        self._residue = residue
        self._most = most

    def before_follow(self, reader: str, author: str, fence: Fence, look_later: Callable[[], None]) -> None:
        """`reader` is about to follow.  Half a read unit where nobody pulls the author.

        Else `look_later` is called before anything is written: it has somebody look whether they followed in the end
        (`EdgeQueue.look_later`), for whoever pulls an author sees the posts.  Raises `RetryLater`, `Unavailable`.
        """
        found = self._authors.get(author, strong=False)
        if found.pulled_from:
            look_later()
            self.keep(reader, found, fence)

    def keep(self, reader: str, author: Author, fence: Fence) -> None:
        """`reader` pulls an author who is pulled by their followers, or is pushed to in spite of that."""
        start = author.pulled_from
        if not self._marks.open(reader, author.user_id, start, self._most, fence):
            self._residue.enter(author.user_id, reader, start, fence)

    def renew(self, reader: str, author: str, pulled: Sequence[str], fence: Fence) -> bool:
        """`reader` follows; `pulled` are the positions of recent posts that were not pushed.  Whether copies of these
        have to be written; else the reader will find them."""
        found = self._authors.get(author, strong=False)
        start, marks = found.pulled_from, self._marks.of(reader, author) if found.pulling else ()
        for mark in marks:
            if mark.open and mark.start != start:
                # Who was no follower when a pull was over, and is one again before they were purged, still has it.
                self._marks.close(reader, author, mark.start, fence.now(), fence)
        if start and all(mark.start != start for mark in marks):
            self.keep(reader, found, fence)
        if not pulled or self._residue.holds(author, reader):
            return bool(pulled)
        before = floor(start) if start else LAST
        older = [position for position in pulled if position < before]
        if older:
            self._marks.close(reader, author, ms_of(min(older)), ms_of(max(older)) + 1, fence)
        return False

    def over(self, reader: str, author: str, start: int, until: int, fence: Fence) -> None:
        """What began at `start` is over for a follower (both epoch ms)."""
        self._marks.close(reader, author, start, until, fence)

    def left(self, author: str, after: str | None) -> Iterator[list[str]]:
        """The residue, in key order after `after`, a page at a time."""
        return self._residue.members(author, after, dropped=False)

    def leave(self, reader: str, author: str, start: int, fence: Fence) -> None:
        """And for somebody in the residue."""
        self._residue.leave(author, reader, start, fence)

    def end(self, reader: str, author: str, fence: Fence) -> int | None:
        """`reader` does not follow any more.  Until when they were pushed to as part of the residue (epoch ms); None:
        never."""
        if not self._authors.get(author, strong=False).pulling:
            return None
        self._marks.drop(reader, author, fence)
        return self._residue.drop(author, reader, fence)
