"""`Search`: recent posts by time, terms that are awake, postings; read in pieces that leave nothing out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from tests.contract.engines import HORIZON_MS, Stores
from tests.contract.made import position
from tidings.domain.errors import RetryLater
from tidings.domain.position import FIRST, LAST, floor, ms_of, stamped
from tidings.domain.search import Posting, Recent, Term

T = TypeVar("T", Recent, Posting)
DAY = 86_400_000


def pieces(read: Callable[[str], tuple[list[T], str | None]]) -> list[T]:
    """Everything, piece by piece; each piece lies above where it says that nothing is missing."""
    found: list[T] = []
    before: str | None = LAST
    while before is not None:
        piece, level = read(before)
        below = before
        assert all(each.position < below and each.position >= (level or "") for each in piece)
        found += piece
        assert level is None or level < before
        before = level
    return found


def recent(stores: Stores, number: int, ms: int, **more: bool) -> Recent:
    """A post at a position that nobody else has: it holds a tag of its sender."""
    author = stores.user("ann")
    return Recent(author, str(stamped(ms, author, "phone", "frame", number)), f"news {number}", **more)


class TestRecent:
    def test_posts_of_several_days_come_back_newest_first(self, stores: Stores) -> None:
        now = stores.clock.now()
        made = [recent(stores, n, now - n * (DAY // 7) - n, cut=n == 3) for n in range(20)]
        for each in [*made, made[0]]:
            stores.search.remember(each, stores.fence())
        mine = stores.user("ann")
        for limit in (1, 5, 100):
            found = pieces(lambda before, limit=limit: stores.search.recent(before, floor(now - 4 * DAY), limit))
            assert [each for each in found if each.author == mine] == made
        stores.search.forget(mine, made[1].position, stores.fence())
        stores.search.forget(mine, made[1].position, stores.fence())
        bottom = made[10].position
        found = pieces(lambda before: stores.search.recent(before, bottom, 4))
        assert [each for each in found if each.author == mine] == [made[0], *made[2:10]], "strictly above"

    def test_what_is_beyond_the_horizon_is_not_entered(self, stores: Stores) -> None:
        old = recent(stores, 1, stores.clock.now() - HORIZON_MS)
        stores.search.remember(old, stores.fence())
        found = pieces(lambda before: stores.search.recent(before, floor(ms_of(old.position) - 1), 100))
        assert old not in found

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        new = recent(stores, 1, stores.clock.now())
        with pytest.raises(RetryLater):
            stores.search.remember(new, stores.stale())
        stores.search.remember(new, stores.fence())
        with pytest.raises(RetryLater):
            stores.search.forget(new.author, new.position, stores.stale())
        assert new in pieces(lambda before: stores.search.recent(before, floor(stores.clock.now() - DAY), 100))


class TestPostings:
    def test_they_come_back_piece_by_piece(self, stores: Stores) -> None:
        word, now = stores.user("wörd"), stores.clock.now()
        made = [Posting(position(now - n, n), stores.user("a/b~") if n % 3 else "ann") for n in range(40)]
        stores.search.enter([(word, each) for each in [*made, made[0]]], stores.fence())
        stores.search.enter([(f"#{word}", made[0])], stores.fence())
        for limit in (1, 7, 100):
            found = pieces(lambda before, limit=limit: list_of(stores, word, before, FIRST, limit))
            assert found == made
        assert pieces(lambda before: list_of(stores, f"#{word}", before, FIRST, 5)) == made[:1]
        assert pieces(lambda before: list_of(stores, word, before, made[5].position, 3)) == made[:5]
        stores.search.drop([(word, each) for each in made[3:]], stores.fence())
        assert pieces(lambda before: list_of(stores, word, before, FIRST, 100)) == made[:3]
        assert stores.search.postings(word, made[5].position, made[0].position, 5) == ([], None)

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        word, each = stores.user("word"), Posting(position(stores.clock.now()), "ann")
        with pytest.raises(RetryLater):
            stores.search.enter([(word, each)], stores.stale())
        stores.search.enter([(word, each)], stores.fence())
        with pytest.raises(RetryLater):
            stores.search.drop([(word, each)], stores.stale())
        assert list_of(stores, word, LAST, FIRST, 5) == ([each], None)


def list_of(stores: Stores, word: str, before: str, after: str, limit: int) -> tuple[list[Posting], str | None]:
    found, level = stores.search.postings(word, before, after, limit)
    return list(found), level


class TestTerms:
    def test_a_term_is_woken_once(self, stores: Stores) -> None:
        word, now = stores.user("word"), stores.clock.now()
        assert stores.search.look([word]) == {}
        assert stores.search.wake(word, now, now + 1_000, stores.fence()) is None
        standing = Term(word, now, now + 1_000, now)
        assert stores.search.wake(word, now + 999, now + 9_000, stores.fence()) == standing
        assert stores.search.look([word, stores.user("other")]) == {word: standing}
        assert stores.search.terms()[word] == standing
        stores.clock.advance(1_000)
        assert word not in stores.search.terms(), "it fell asleep"
        again = stores.clock.now()
        assert stores.search.wake(word, again, again + 1_000, stores.fence()) is None
        assert stores.search.terms()[word] == Term(word, again, again + 1_000, again)

    def test_it_gets_further_and_goes_live(self, stores: Stores) -> None:
        word, now, at = stores.user("word"), stores.clock.now(), position(stores.clock.now())
        stores.search.wake(word, now, now + 1_000, stores.fence())
        first = Term(word, now, now + 1_000, now + 1, at)
        assert stores.search.cover(word, now, at, now + 1, stores.fence()) == first
        low = floor(now - DAY)
        lower = replace(first, covered=low, moved=now + 2)
        assert stores.search.cover(word, now, low, now + 2, stores.fence()) == lower
        assert stores.search.cover(word, now, at, now + 3, stores.fence()) == lower, "never up again"
        assert stores.search.cover(word, now - 1, FIRST, now + 3, stores.fence()) is None, "another waking"
        assert stores.search.go_live(word, now - 1, now + 3, stores.fence()) is None
        live = replace(lower, live=True, moved=now + 3)
        assert stores.search.go_live(word, now, now + 3, stores.fence()) == live
        assert stores.search.look([word]) == {word: live}
        assert stores.search.cover(stores.user("other"), now, at, now, stores.fence()) is None
        assert stores.user("other") not in stores.search.look([stores.user("other")])

    def test_it_is_kept_awake(self, stores: Stores) -> None:
        word, now = stores.user("word"), stores.clock.now()
        stores.search.wake(word, now, now + 1_000, stores.fence())
        term = stores.search.look([word])[word]
        assert stores.search.keep_awake(term, now + 5_000, stores.fence())
        assert stores.search.keep_awake(term, now + 5_000, stores.fence()), "somebody else was as quick"
        assert not stores.search.keep_awake(term, now + 6_000, stores.fence())
        assert not stores.search.keep_awake(replace(term, mark=1), now + 6_000, stores.fence())
        assert stores.search.look([word])[word] == replace(term, until=now + 5_000)

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        word, now, stale = stores.user("word"), stores.clock.now(), stores.stale()
        with pytest.raises(RetryLater):
            stores.search.wake(word, now, now + 1_000, stale)
        assert stores.search.look([word]) == {}
        stores.search.wake(word, now, now + 1_000, stores.fence())
        term = stores.search.look([word])[word]
        for write in (
            lambda: stores.search.cover(word, now, FIRST, now, stale),
            lambda: stores.search.go_live(word, now, now, stale),
            lambda: stores.search.keep_awake(term, now + 2_000, stale),
        ):
            with pytest.raises(RetryLater):
                write()
        assert stores.search.look([word]) == {word: term}
