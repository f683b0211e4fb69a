"""`search` and `timeline.tag`: posts that hold all words of a query, newest first.

                              the query
                                  |
    from:?  --yes-->  the author's own posts, read down and compared: no index is needed
                                  |
    no term live?  --yes-->  wake those that sleep, and put the walk that builds them on its lane
                                  |
    postings of what is live (or, if nothing is, of what is being built, as far as that has got)
                                  |
    whose authors the reader may see, and whose posts, strongly read, are there and hold all that was asked for

The post itself has the last word, so an index can only be too small, and a live one is not.  Everything is bounded: a
page may come short of its limit, and even empty, with a cursor to go on with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tidings.domain.identity import Caller
from tidings.domain.position import floor
from tidings.domain.posts import Post, PostRef, TimelineEntry
from tidings.domain.search import Posting, Query, cursor_at, place_of
from tidings.ports.profiles import Handles
from tidings.ports.search import SearchIndex
from tidings.ports.timelines import Posts
from tidings.ports.world import Clock
from tidings.services.people import People, unknown
from tidings.services.search.candidates import candidates
from tidings.services.search.query import parse, tagged
from tidings.services.search.waking import Waking
from tidings.services.search.words import words_of
from tidings.services.threads import Threads
from tidings.services.timeline import one_page, whole
from tidings.services.visibility import Visibility

ROUNDS: Final = 4
"""Pieces of postings, or pages of an author's posts, for one answer at most."""
LOOKED_AT: Final = 100
"""Posts that are read for one answer at most, but for the last piece."""
SPARE: Final = 5
"""Posts that are read at a time at least, when a page lacks the last ones."""
PIECE: Final = 100
"""Postings of a term in one piece, about: two read units."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page.  `before` goes on, None at the end; `progress` is how far the index has got, in percent: below 100 there
    may be more, which the same question brings later."""

    entries: Sequence[TimelineEntry]
    before: str | None
    progress: int = 100


@dataclass(slots=True)
class _Page:
    """A page in the making."""

    limit: int
    entries: list[TimelineEntry]
    looked_at: int = 0

    @property
    def full(self) -> bool:
        return len(self.entries) >= self.limit or self.looked_at >= LOOKED_AT


class Searcher:
    """Answers searches."""

    def __init__(
        self,
        index: SearchIndex,
        waking: Waking,
        posts: Posts,
        visibility: Visibility,
        handles: Handles,
        people: People,
        clock: Clock,
        threads: Threads,
    ) -> None:
        self._index = index
        self._waking = waking
        self._posts = posts
        self._visibility = visibility
        self._handles = handles
        self._people = people
        self._clock = clock
        self._threads = threads

    def search(self, caller: Caller, text: str, before: str | None, limit: int) -> Found:
        """A page for what was typed.

        Raises `InvalidRequest` for a query that makes no sense or a cursor that the server never gave, `UnknownUser`
        for `from:` with nobody's name, `RateLimited` for too many new words, `Unavailable`.
        """
        query, place = parse(text), place_of(before)
        if query.author is not None:
            return self._by(caller, self._author(caller, query.author), query, place, limit)
        return self._holding(caller, query, place, before, limit)

    def tag(self, caller: Caller, tag: str, before: str | None, limit: int) -> Found:
        """A page of posts with a tag.  Raises the same."""
        return self._holding(caller, tagged(tag), place_of(before), before, limit)

    def _author(self, caller: Caller, name: str) -> str:
        """Who has the handle `name`, or is called so."""
        found = self._handles.resolve([name]).get(name)
        if found is not None:
            return found
        if name not in self._people.circle(caller, [name], own=False).known:
            raise unknown()
        return name

    def _by(self, caller: Caller, author: str, query: Query, place: str, limit: int) -> Found:
        """Posts of one author, compared with the query one by one."""
        if self._visibility.hidden(caller.user_id, [author]):
            return Found((), None)
        page, last = _Page(limit, []), place
        more: str | None = place
        for _ in range(ROUNDS):
            posts, more = self._posts.page(author, floor(query.since), last, PIECE // 2, strong=True)
            for post in posts:
                last = post.position
                self._take(page, post, query)
                if len(page.entries) == limit:
                    return _answer(page, last if post is not posts[-1] else more and last)
            if more is None:
                break
            last = more
        return _answer(page, more)

    def _holding(self, caller: Caller, query: Query, place: str, before: str | None, limit: int) -> Found:
        """Posts that hold all terms, by the index of those that are live; or of all, as far as they have got."""
        states = self._waking.states(caller, query.terms)
        live = [state for state in states.values() if state.live]
        used = live or [*states.values()]
        oldest = max(floor(query.since), floor(self._clock.now() - self._index.horizon_ms))
        reached = oldest if live else max(state.covered for state in used)
        after = oldest if live else max(oldest, _under(reached))
        page, level = self._collect(caller, query, [state.term for state in used], place, after, limit)
        if live:
            if level is not None and len(page.entries) < limit:
                self._waking.wake_rest(caller, states, query.terms)
            return _answer(page, level)
        progress = min(state.progress(self._index.horizon_ms) for state in used)
        if level is None and reached >= place:
            return Found((), before, progress)
        return _answer(page, reached if level is None and reached > oldest else level, progress)

    def _collect(
        self, caller: Caller, query: Query, terms: Sequence[str], place: str, after: str, limit: int
    ) -> tuple[_Page, str | None]:
        """A page, and the last position looked at; None where that was the end."""
        page, at = _Page(limit, []), place
        for _ in range(ROUNDS):
            piece = candidates(self._index.postings, self._threads, terms, at, after, PIECE)
            todo = list(piece.found)
            while todo:
                size = max(SPARE, limit - len(page.entries))
                part, todo = todo[:size], todo[size:]
                last = self._look(caller, query, page, part)
                if page.full and (todo or last != part[-1].position or piece.level is not None):
                    return page, last
            if piece.level is None:
                return page, None
            at = piece.level
        return page, at

    def _look(self, caller: Caller, query: Query, page: _Page, part: Sequence[Posting]) -> str:
        """Take those of `part` that show, until the page is full.  The position of the last one looked at."""
        hidden = self._visibility.hidden(caller.user_id, {each.author for each in part})
        refs = [PostRef(each.author, each.position) for each in part if each.author not in hidden]
        posts = self._posts.many(refs, strong=True)
        page.looked_at += len(refs)
        last = ""
        for each in part:
            last = each.position
            post = posts.get(PostRef(each.author, each.position))
            if post is not None:
                self._take(page, post, query)
            if len(page.entries) == page.limit:
                break
        return last

    @staticmethod
    def _take(page: _Page, post: Post, query: Query) -> None:
        """Put the post on the page if it is there and holds what was asked for."""
        if post.text and words_of(post.text).match(query):
            page.entries.append(whole(post))


def _under(covered: str) -> str:
    """A bound strictly above which lies what was looked at down to `covered`, a post at that position included."""
    return covered[:-1] + chr(ord(covered[-1]) - 1) if "-" in covered else covered


def _answer(page: _Page, level: str | None, progress: int = 100) -> Found:
    """What of the page fits a reply."""
    entries, level = one_page(page.entries, level)
    return Found(entries, cursor_at(level), progress)
