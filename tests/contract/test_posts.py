"""`Posts`: each post once; a tombstone stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contract.engines import Stores
from tests.contract.made import all_pages, flat, position, post
from tidings.domain.errors import RetryLater
from tidings.domain.events import Path
from tidings.domain.position import FIRST, LAST, floor
from tidings.domain.posts import Post, PostRef


def write(stores: Stores, count: int) -> list[Post]:
    """`count` posts of one author, a millisecond apart, oldest first."""
    now = stores.clock.now()
    made = [post(stores.user("ann"), position(now + n), f"news {n}") for n in range(count)]
    for each in made:
        assert stores.posts.append(each, stores.fence()) is None
    return made


class TestPosts:
    def test_a_position_is_written_once(self, stores: Stores) -> None:
        ann, at = stores.user("ann"), position(stores.clock.now())
        mine = Post(ann, at, "c-1", Path.PULL, "ä 🎈")
        assert stores.posts.get(ann, at, strong=True) is None
        assert stores.posts.append(mine, stores.fence()) is None
        assert stores.posts.append(post(ann, at, "other"), stores.fence()) == mine
        assert stores.posts.get(ann, at, strong=True) == mine
        assert stores.posts.get(ann, at, strong=False) == mine

    def test_a_post_keeps_what_it_refers_to_and_its_tombstone_too(self, stores: Stores) -> None:
        ann, now = stores.user("ann"), stores.clock.now()
        root, parent = PostRef("a/b", position(now, 1)), PostRef("bob", position(now, 2))
        several: tuple[dict[str, Any], ...] = (
            {"reply_to": parent, "root": root},
            {"quote": parent},
            {"repost_of": root},
        )
        for number, refs in enumerate(several):
            mine = replace(post(ann, position(now, 10 + number)), **refs)
            assert stores.posts.append(mine, stores.fence()) is None
            assert stores.posts.get(ann, mine.position, strong=True) == mine
            assert stores.posts.tombstone(ann, mine.position, stores.fence())
            assert stores.posts.get(ann, mine.position, strong=True) == replace(mine, text=None)

    def test_a_tombstone_stays(self, stores: Stores) -> None:
        [mine] = write(stores, 1)
        assert stores.posts.tombstone(mine.author, mine.position, stores.fence())
        assert stores.posts.tombstone(mine.author, mine.position, stores.fence())
        gone = Post(mine.author, mine.position, mine.client_id, mine.path, None)
        assert stores.posts.get(mine.author, mine.position, strong=True) == gone
        assert stores.posts.append(mine, stores.fence()) == gone

    def test_there_is_no_tombstone_of_nothing(self, stores: Stores) -> None:
        ann, at = stores.user("ann"), position(stores.clock.now())
        assert not stores.posts.tombstone(ann, at, stores.fence())
        assert stores.posts.get(ann, at, strong=True) is None

    def test_a_passed_fence_writes_nothing(self, stores: Stores) -> None:
        [mine] = write(stores, 1)
        other = post(mine.author, position(stores.clock.now(), 9))
        with pytest.raises(RetryLater):
            stores.posts.append(other, stores.stale())
        assert stores.posts.get(other.author, other.position, strong=True) is None
        with pytest.raises(RetryLater):
            stores.posts.tombstone(mine.author, mine.position, stores.stale())
        assert stores.posts.get(mine.author, mine.position, strong=True) == mine

    @pytest.mark.parametrize("strong", [True, False])
    def test_pages_go_down_to_the_first_post(self, stores: Stores, strong: bool) -> None:
        written = write(stores, 23)
        ann = stores.user("ann")
        pages = all_pages(lambda before: stores.posts.page(ann, FIRST, before, 10, strong=strong))
        assert flat(pages) == written[::-1]
        assert [len(page) for page in pages] == [10, 10, 3]

    def test_a_page_lies_strictly_between_its_bounds(self, stores: Stores) -> None:
        written, ann = write(stores, 6), stores.user("ann")
        low, high = written[1].position, written[4].position
        assert stores.posts.page(ann, low, high, 10, strong=True) == (written[3:1:-1], None)
        assert stores.posts.page(ann, floor(stores.clock.now() + 2), LAST, 10, strong=True) == (written[:1:-1], None)
        assert stores.posts.page(ann, high, high, 10, strong=True) == ([], None)
        assert stores.posts.page(ann, high, low, 10, strong=True) == ([], None)

    def test_pages_leave_tombstones_out_and_still_end(self, stores: Stores) -> None:
        written, ann = write(stores, 30), stores.user("ann")
        for gone in written[3:27]:
            stores.posts.tombstone(ann, gone.position, stores.fence())
        pages = all_pages(lambda before: stores.posts.page(ann, FIRST, before, 4, strong=True))
        assert flat(pages) == (written[:3] + written[27:])[::-1]
        assert max(map(len, pages)) <= 4
        assert len(pages) <= 10
