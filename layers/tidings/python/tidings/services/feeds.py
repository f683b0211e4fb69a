"""What a home timeline is made of: the reader's own feed, and the posts of the authors whom they pull.

    reader's state        own feed (pushed)      author  author  author …
    (marks, filters)           |                    |       |       |      first pages, all at once;
         |                     `------ k-way merge, newest first ---'      of hot authors from memory
         `----- hides ----------------------|
                                     whoever has run dry is read on, all at once, a few times

A mark says where to look, the path on each post what to take: a pushed post is in the feed, and one that stands in
both (somebody who had no room for a mark has become a reader with one) is shown once.

Who has been away is missing pushed posts, until they have been copied: so long they are read from their authors, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tidings.domain.authors import joined
from tidings.domain.events import Path
from tidings.domain.idle import Away
from tidings.domain.merge import Merge
from tidings.domain.position import LAST, floor
from tidings.domain.posts import TimelineEntry
from tidings.domain.timeline import Window
from tidings.ports.timelines import Graph, ReaderState, Timelines
from tidings.ports.world import Clock
from tidings.services.hot import BATCH, AuthorPages
from tidings.services.threads import Threads

ROUNDS: Final = 5
"""Reads of one source for one page at most.  A page may come short of its limit, and even empty, with a cursor."""
OWN: Final = ""
"""The name of the reader's own feed among the sources."""

Found = tuple[list[TimelineEntry], str | None]
"""Entries, newest first, and the last position looked at when there may be more."""


@dataclass(frozen=True, slots=True)
class _Pull:
    """An author's posts of a path, strictly between two positions."""

    author: str
    after: str
    before: str
    path: Path = Path.PULL


class Feeds:
    """Reads pages of home timelines."""

    def __init__(
        self, timelines: Timelines, pages: AuthorPages, graph: Graph, clock: Clock, threads: Threads, retention_ms: int
    ) -> None:
        self._timelines = timelines
        self._pages = pages
        self._graph = graph
        self._clock = clock
        self._threads = threads
        self._retention = retention_ms

    def page(self, user_id: str, reader: ReaderState, asked: Window, limit: int, away: Away | None = None) -> Found:
        """Up to `limit` entries between the positions, newest first, and the position below which to go on; None at
        the end.  `reader` was read after whatever clock a cursor is made of."""
        pulls = self._pulls(user_id, reader, asked, away)
        merge = Merge((OWN, *pulls), asked.before, limit, lambda entry: entry.author != user_id and reader.hides(entry))
        known: dict[str, bool] = {}
        for turn in range(ROUNDS):
            wanted = merge.wanted()
            if not wanted:
                break
            own = _own_size(limit, merge.missing, first=turn == 0, alone=not pulls)

            def read(name: str, own: int = own) -> Found:
                if name == OWN:
                    return self._timelines.page(user_id, asked.after, merge.reached(OWN), own)
                pull, size = pulls[name], max(BATCH, limit // 3)
                return self._pages.read(pull.author, pull.after, min(pull.before, merge.reached(name)), size, pull.path)

            found = dict(zip(wanted, self._threads.each(read, wanted), strict=True))
            self._ask(user_id, found, known)
            for name, (entries, last) in found.items():
                shown = entries if name == OWN else [each for each in entries if _answers(each, user_id, known)]
                merge.take(name, shown, last)
        merge.wanted()
        return merge.page()

    def _pulls(self, user_id: str, reader: ReaderState, asked: Window, away: Away | None) -> dict[str, _Pull]:
        """The sources beside the feed, by name: one for each mark that can hold anything between the positions, and for
        who is back one for each author."""
        oldest = max(asked.after, floor(self._clock.now() - self._retention))
        found = {}
        for mark in joined(reader.pulled):
            after, before = max(oldest, floor(mark.start)), LAST if mark.open else floor(mark.until)
            # One's own posts are in one's own feed, whoever else pulls them.
            if mark.author != user_id and after < min(before, asked.before):
                found[f"{mark.author}#{mark.start}"] = _Pull(mark.author, after, before)
        if away is not None and max(oldest, floor(away.since)) < asked.before:
            after = max(oldest, floor(away.since))
            found |= {author: _Pull(author, after, LAST, Path.PUSH) for author in away.authors}
        return found

    def _ask(self, user_id: str, found: Mapping[str, Found], known: dict[str, bool]) -> None:
        """Find out which of those whom pulled replies answer the reader follows (pushed ones have been sorted out)."""
        asked = {
            entry.reply_to.author
            for name, (entries, _) in found.items()
            for entry in entries
            if name != OWN and entry.reply_to is not None and entry.reply_to.author not in (user_id, entry.author)
        } - known.keys()
        if asked:
            followed = self._graph.following((user_id, author) for author in sorted(asked))
            known |= {author: (user_id, author) in followed for author in asked}


def _own_size(limit: int, missing: int, *, first: bool, alone: bool) -> int:
    """How many entries of the reader's own feed to read: beside pulled authors a little less than a page at first."""
    if first:
        return limit if alone else limit - limit // 4
    return min(limit, 2 * missing if alone else max(BATCH, missing))


def _answers(entry: TimelineEntry, user_id: str, known: Mapping[str, bool]) -> bool:
    """Whether a pulled entry belongs into the reader's home: a reply does when they follow whom it answers."""
    answered = entry.reply_to.author if entry.reply_to is not None else user_id
    return answered in (user_id, entry.author) or known[answered]
