"""The index of search in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tidings.domain.position import LAST, floor, ms_of
from tidings.domain.search import Posting, Recent, Term
from tidings.domain.stamp import Fence
from tidings.ports import Clock

DAY = 86_400_000


class FakeSearch:
    """Recent posts and postings by key, terms by name."""

    def __init__(self, clock: Clock, horizon_ms: int = 7 * DAY) -> None:
        self.posts: dict[tuple[str, str], Recent] = {}
        self.known: dict[str, Term] = {}
        self.entered: dict[str, set[Posting]] = {}
        self._clock = clock
        self._horizon = horizon_ms

    @property
    def horizon_ms(self) -> int:
        return self._horizon

    def _gone(self, position: str) -> bool:
        return ms_of(position) <= self._clock.now() - self._horizon

    def remember(self, post: Recent, fence: Fence) -> None:
        fence.check()
        if not self._gone(post.position):
            self.posts[post.position, post.author] = post

    def forget(self, author: str, position: str, fence: Fence) -> None:
        fence.check()
        self.posts.pop((position, author), None)

    def recall(self, author: str, position: str) -> Recent | None:
        return self.posts.get((position, author))

    def recent(self, before: str, after: str, limit: int) -> tuple[list[Recent], str | None]:
        below = [post for key, post in sorted(self.posts.items(), reverse=True) if after < key[0] < before]
        if not below:
            return [], None
        day = floor(ms_of(below[0].position) // DAY * DAY)
        found = [post for post in below if post.position > day]
        if len(found) > limit:
            return found[:limit], found[limit - 1].position
        return found, day if day > after else None

    def terms(self) -> Mapping[str, Term]:
        return {name: term for name, term in self.known.items() if term.awake(self._clock.now())}

    def look(self, terms: Iterable[str]) -> Mapping[str, Term]:
        return {name: self.known[name] for name in terms if name in self.known}

    def wake(self, term: str, mark: int, until: int, fence: Fence) -> Term | None:
        fence.check()
        standing = self.known.get(term)
        if standing is not None and standing.until > mark:
            return standing
        self.known[term] = Term(term, mark, until, mark, LAST)
        return None

    def keep_awake(self, term: Term, until: int, fence: Fence) -> bool:
        fence.check()
        standing = self._standing(term.term, term.mark)
        if standing is None or standing.until != term.until:
            return standing is not None and standing.until == until
        self.known[term.term] = replace(standing, until=until)
        return True

    def cover(self, term: str, mark: int, covered: str, moved: int, fence: Fence) -> Term | None:
        fence.check()
        standing = self._standing(term, mark)
        if standing is not None and standing.covered >= covered:
            standing = self.known[term] = replace(standing, covered=covered, moved=moved)
        return standing

    def go_live(self, term: str, mark: int, moved: int, fence: Fence) -> Term | None:
        fence.check()
        standing = self._standing(term, mark)
        if standing is not None:
            standing = self.known[term] = replace(standing, live=True, moved=moved)
        return standing

    def _standing(self, term: str, mark: int) -> Term | None:
        standing = self.known.get(term)
        return standing if standing is not None and standing.mark == mark else None

    def enter(self, postings: Iterable[tuple[str, Posting]], fence: Fence) -> None:
        fence.check()
        for term, posting in postings:
            if not self._gone(posting.position):
                self.entered.setdefault(term, set()).add(posting)

    def drop(self, postings: Iterable[tuple[str, Posting]], fence: Fence) -> None:
        fence.check()
        for term, posting in postings:
            self.entered.get(term, set()).discard(posting)

    def postings(self, term: str, before: str, after: str, limit: int) -> tuple[Sequence[Posting], str | None]:
        found = sorted((each for each in self.entered.get(term, ()) if after < each.position < before), reverse=True)
        return found[:limit], found[limit - 1].position if len(found) > limit else None
