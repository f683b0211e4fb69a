"""Where a home page reads: each author once, all at the same time, and loudly where one cannot be read."""

from __future__ import annotations

import threading

import pytest

from tests.unit.timelines.rig import HOT_MS, RETENTION_MS, Rig
from tests.unit.timelines.test_home_merge import close, pull, put
from tidings.domain.errors import Unavailable
from tidings.services.feeds import Feeds
from tidings.services.hot import AuthorPages
from tidings.services.threads import Threads


def reads(rig: Rig, reader: str) -> int:
    """Queries of feeds and of authors for the first page."""
    calls: list[str] = []
    rig.hook = lambda name: calls.append(name) if name == "page" else None
    rig.reader.home(rig.caller(reader), None, None, 20)
    rig.hook = None
    return len(calls) // 2


def test_marks_of_one_author_that_touch_are_one_place_to_look(rig: Rig) -> None:
    start = pull(rig, "cid", "ann")
    first = put(rig, "ann")
    rig.clock.advance(1)
    close(rig, "cid", "ann", start)
    pull(rig, "cid", "ann")
    second = put(rig, "ann")
    assert reads(rig, "cid") == 2
    assert rig.home("cid") == [second.position, first.position]


def test_a_mark_that_ended_before_the_page_is_not_read(rig: Rig) -> None:
    start = pull(rig, "cid", "ann")
    put(rig, "ann")
    rig.clock.advance(1)
    close(rig, "cid", "ann", start)
    rig.clock.advance(RETENTION_MS)
    assert reads(rig, "cid") == 1


def test_a_source_that_cannot_be_read_is_no_empty_source(rig: Rig) -> None:
    pull(rig, "cid", "ann")
    put(rig, "ann")
    rig.home("cid")
    rig.clock.advance(HOT_MS)
    calls = 0

    def hook(name: str) -> None:
        nonlocal calls
        calls += name == "page"
        if calls == 3:
            raise Unavailable("busy")

    rig.hook = hook
    with pytest.raises(Unavailable):
        rig.home("cid")


def test_all_sources_are_read_at_the_same_time(rig: Rig) -> None:
    """A barrier that only opens when the feed and both authors are being read."""
    for author in ("ann", "bob"):
        pull(rig, "cid", author)
        put(rig, author)
    barrier = threading.Barrier(3, timeout=10)

    class Slow(AuthorPages):
        def read(self, *given: object, **more: object) -> object:  # type: ignore[override]
            barrier.wait()
            return super().read(*given, **more)  # type: ignore[arg-type]

    def feed(*given: object) -> object:
        barrier.wait()
        return [], None

    rig.timelines.page = feed  # type: ignore[assignment, method-assign]
    feeds = Feeds(
        rig.timelines, Slow(rig.posts, rig.clock, HOT_MS), rig.graph, rig.clock, Threads(at_once=3), RETENTION_MS
    )
    rig.reader._feeds = feeds
    page = rig.reader.home(rig.caller("cid"), None, None, 20)
    assert [entry.author for entry in page.entries] == ["bob", "ann"]
