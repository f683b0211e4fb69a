"""`Timelines`: written and deleted in batches, read newest first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.engines import RETENTION_MS, Stores
from tests.contract.made import all_pages, entry, flat, position
from tidings.domain.errors import RetryLater
from tidings.domain.position import FIRST, LAST
from tidings.domain.posts import PostRef, TimelineEntry


def news(stores: Stores, count: int) -> list[TimelineEntry]:
    """`count` entries a millisecond apart, oldest first."""
    now = stores.clock.now()
    return [entry(stores.user("ann"), position(now + n), f"news {n}") for n in range(count)]


def feed(stores: Stores, user_id: str) -> list[TimelineEntry]:
    page, more = stores.timelines.page(user_id, FIRST, LAST, 100)
    assert more is None
    return page


class TestTimelines:
    def test_entries_come_back_as_they_were(self, stores: Stores) -> None:
        bob, at = stores.user("bob"), position(stores.clock.now())
        whole, cut = entry("ann", at, "ä 🎈"), TimelineEntry("ann", position(stores.clock.now(), 1), "a…", True)
        refers = PostRef("a/b", at)
        third = replace(entry("cid", position(stores.clock.now(), 2)), reply_to=refers, quote=refers, repost_of=refers)
        stores.timelines.write([(bob, whole), (bob, cut), (bob, third)], stores.fence())
        assert feed(stores, bob) == [third, cut, whole]
        assert feed(stores, stores.user("cid")) == []

    def test_a_chunk_is_larger_than_a_batch_and_may_be_replayed(self, stores: Stores) -> None:
        [one] = news(stores, 1)
        readers = [stores.user(f"r{n}") for n in range(60)]
        for _ in range(2):
            stores.timelines.write([(reader, one) for reader in [*readers, readers[0]]], stores.fence())
        assert all(feed(stores, reader) == [one] for reader in readers)
        stores.timelines.delete([(reader, one.position) for reader in [*readers[:40], readers[0]]], stores.fence())
        assert all(feed(stores, reader) == [] for reader in readers[:40])
        assert all(feed(stores, reader) == [one] for reader in readers[40:])

    def test_deleting_nothing_is_fine(self, stores: Stores) -> None:
        stores.timelines.delete([(stores.user("bob"), position(stores.clock.now()))], stores.fence())
        stores.timelines.delete([], stores.fence())
        stores.timelines.write([], stores.fence())
        assert feed(stores, stores.user("bob")) == []

    def test_pages_go_down_and_end(self, stores: Stores) -> None:
        bob, written = stores.user("bob"), news(stores, 40)
        stores.timelines.write([(bob, each) for each in written], stores.fence())
        pages = all_pages(lambda before: stores.timelines.page(bob, FIRST, before, 20))
        assert flat(pages) == written[::-1]
        assert [len(page) for page in pages] == [20, 20]

    def test_a_page_lies_strictly_between_its_bounds(self, stores: Stores) -> None:
        bob, written = stores.user("bob"), news(stores, 6)
        stores.timelines.write([(bob, each) for each in written], stores.fence())
        low, high = written[1].position, written[4].position
        assert stores.timelines.page(bob, low, high, 10) == (written[3:1:-1], None)
        assert stores.timelines.page(bob, low, high, 1) == ([written[3]], written[3].position)
        assert stores.timelines.page(bob, high, low, 10) == ([], None)

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        bob, written = stores.user("bob"), news(stores, 3)
        with pytest.raises(RetryLater):
            stores.timelines.write([(bob, each) for each in written], stores.stale())
        assert feed(stores, bob) == []
        stores.timelines.write([(bob, each) for each in written], stores.fence())
        with pytest.raises(RetryLater):
            stores.timelines.delete([(bob, each.position) for each in written], stores.stale())
        assert feed(stores, bob) == written[::-1]

    def test_what_is_older_than_retention_does_not_show(self, stores: Stores) -> None:
        bob, written = stores.user("bob"), news(stores, 3)
        stores.timelines.write([(bob, each) for each in written], stores.fence())
        stores.clock.advance(RETENTION_MS + 1)
        assert feed(stores, bob) == [written[2], written[1]]
        stores.timelines.write([(bob, written[0])], stores.fence())
        assert feed(stores, bob) == [written[2], written[1]]
