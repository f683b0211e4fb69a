"""`timeline.home` of who follows authors that are pulled: the feed and their posts are one timeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.timelines.rig import BOUND_MS, HOT_MS, RETENTION_MS, Rig
from tidings.domain.authors import OPEN
from tidings.domain.events import Path
from tidings.domain.position import floor, ms_of, stamped
from tidings.domain.posts import Post, PostRef
from tidings.domain.stamp import Fence
from tidings.services.fanout.posts import entry_of
from tidings.services.hot import BATCH, AuthorPages
from tidings.services.timeline import Page

SETTLE_MS = 30_000
randoms = st.integers(0, 2**32).map(Random)
"""Shrinks to another history, not to a shorter one, but draws long ones as readily as short ones."""


def fence(rig: Rig) -> Fence:
    return Fence(rig.clock.now(), rig.world.times, rig.clock.now)


def put(rig: Rig, author: str, path: Path = Path.PULL, reply_to: PostRef | None = None) -> Post:
    """A post that is there at once; nobody's feed has it."""
    rig.clock.advance(1)
    position = str(stamped(rig.clock.now(), author, "phone", f"{len(rig.posts.posts)}"))
    post = Post(author, position, position, path, "hello", reply_to=reply_to)
    rig.posts.posts[author, position] = post
    return post


def give(rig: Rig, reader: str, post: Post) -> None:
    """A copy of a post in a feed."""
    rig.timelines.write([(reader, entry_of(post))], fence(rig))


def pull(rig: Rig, reader: str, author: str, start: int | None = None) -> int:
    """The reader has a mark of the author."""
    begin = rig.clock.now() if start is None else start
    rig.graph.marks.setdefault(reader, {})[author, begin] = OPEN
    return begin


def close(rig: Rig, reader: str, author: str, start: int) -> None:
    rig.graph.marks[reader][author, start] = rig.clock.now()


def ask(rig: Rig, before: str | None = None, since: str | None = None, limit: int = 20) -> Page:
    return rig.reader.home(rig.caller("cid"), before, since, limit)


def test_pulled_posts_stand_between_the_pushed_ones(rig: Rig) -> None:
    pull(rig, "cid", "ann")
    posts = []
    for _ in range(30):
        posts.append(put(rig, "ann"))
        posts.append(put(rig, "bob", Path.PUSH))
        give(rig, "cid", posts[-1])
    expected = [post.position for post in reversed(posts)]
    for limit in (1, 7, 20, 50):
        assert rig.home("cid", limit) == expected


def test_a_mark_says_where_to_look_and_the_path_what_to_take(rig: Rig) -> None:
    put(rig, "ann")
    start = pull(rig, "cid", "ann", rig.clock.now() + 1)
    put(rig, "ann", Path.PUSH)
    taken = put(rig, "ann")
    rig.clock.advance(1)
    close(rig, "cid", "ann", start)
    put(rig, "ann")
    assert rig.home("cid") == [taken.position]


def test_what_stands_in_both_is_shown_once(rig: Rig) -> None:
    pull(rig, "cid", "ann")
    posts = [put(rig, "ann") for _ in range(12)]
    for post in posts[::2]:
        give(rig, "cid", post)
    assert rig.home("cid", 5) == [post.position for post in reversed(posts)]


def test_ones_own_posts_come_from_ones_own_feed_only(rig: Rig) -> None:
    pull(rig, "cid", "cid")
    put(rig, "cid")
    assert rig.home("cid") == []


def test_who_was_removed_is_not_pulled_either(rig: Rig) -> None:
    pull(rig, "cid", "ann")
    put(rig, "ann")
    rig.graph.removals["cid"] = {"ann": "x"}
    assert rig.home("cid") == []


def test_what_is_older_than_retention_is_not_pulled(rig: Rig) -> None:
    pull(rig, "cid", "ann")
    put(rig, "ann")
    rig.clock.advance(RETENTION_MS + 1)
    assert rig.home("cid") == []


def test_long_pulled_posts_come_as_the_same_excerpts(rig: Rig) -> None:
    pull(rig, "cid", "ann")
    post = put(rig, "ann")
    rig.posts.posts["ann", post.position] = long = Post("ann", post.position, "c", Path.PULL, "é" * 2_000)
    [entry] = ask(rig).entries
    assert entry == entry_of(long)
    assert entry.truncated


@pytest.mark.parametrize(("follows", "shown"), [((), 3), (("dan",), 4)])
def test_a_pulled_reply_is_shown_to_who_follows_both(rig: Rig, follows: tuple[str, ...], shown: int) -> None:
    rig.people("dan")
    pull(rig, "cid", "ann")
    for author in follows:
        rig.follow("cid", author)
    rig.clock.advance(HOT_MS)
    old = {name: put(rig, name, Path.PUSH).ref for name in ("ann", "cid", "dan")}
    said = put(rig, "ann")
    replies = [put(rig, "ann", reply_to=each) for each in old.values()]
    assert len(rig.home("cid")) == shown
    assert {replies[0].position, replies[1].position, said.position} <= set(rig.home("cid"))


def test_first_pages_are_remembered_for_a_moment(rig: Rig) -> None:
    pull(rig, "cid", "ann")
    pull(rig, "bob", "ann")
    first = put(rig, "ann").position
    reads: list[str] = []
    rig.hook = lambda name: reads.append(name) if name == "page" else None
    assert rig.home("cid") == rig.home("bob") == [first]
    assert reads.count("page") == 2 * 3, "two feeds and one author"
    second = put(rig, "ann").position
    assert rig.home("cid") == [first]
    rig.clock.advance(HOT_MS)
    assert rig.home("cid") == [second, first]


def test_only_so_many_first_pages_are_remembered(rig: Rig) -> None:
    pages = AuthorPages(rig.posts, rig.clock, HOT_MS, authors=2)
    for author in ("ann", "bob", "cid", "dan"):
        pages.read(author, "", "9" * 13 + "~", BATCH)
    assert list(pages._firsts) == ["cid", "dan"]


def test_reads_of_a_page_are_bounded(rig: Rig) -> None:
    """However few of an author's posts are to be taken."""
    pull(rig, "cid", "ann")
    last = put(rig, "ann")
    for _ in range(200):
        put(rig, "ann", Path.PUSH)
    calls: list[str] = []
    rig.hook = lambda name: calls.append(name) if name == "page" else None
    page = ask(rig)
    assert len(calls) == 2 * (1 + 5)
    assert (list(page.entries), page.before is None) == ([], False)
    rig.hook = None
    assert rig.home("cid") == [last.position]


@dataclass
class Life:
    """Authors who post, cross from push to pull and back as the walks do it, while cid reads."""

    random: Random
    hot_ms: int
    rig: Rig = field(default_factory=Rig)
    late: list[tuple[int, Callable[[], None]]] = field(default_factory=list)
    starts: dict[str, int] = field(default_factory=dict)
    paths: dict[str, Path] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)

    def __post_init__(self) -> None:
        rig = self.rig
        rig.people("ann", "bob", "cid")
        pages = AuthorPages(rig.posts, rig.clock, self.hot_ms)
        rig.reader._feeds._pages = pages

    def step(self) -> None:
        """Somebody posts or crosses, or time passes; what is due arrives."""
        author = self.random.choice(["ann", "bob"])
        path = self.paths.get(author, Path.PUSH)
        match self.random.randrange(8):
            case 0 if path is Path.PUSH and author not in self.starts:
                self.starts[author] = pull(self.rig, "cid", author)
                self.late.append((self.rig.clock.now() + SETTLE_MS, lambda: self._turn(author, Path.PULL)))
            case 1 if path is Path.PULL:
                self.paths[author] = Path.PUSH
                self.late.append((self.rig.clock.now() + SETTLE_MS, lambda: self._end(author)))
            case 2 | 3:
                self.rig.clock.advance(self.random.choice([1, 300, 1_500, 9_000, 31_000]))
            case _:
                self._post(author)
        self.arrive()

    def _turn(self, author: str, path: Path) -> None:
        self.paths[author] = path

    def _end(self, author: str) -> None:
        close(self.rig, "cid", author, self.starts.pop(author))

    def _post(self, author: str) -> None:
        """A post is written within `T` of its stamp, and copied within the bound."""
        path = self.paths.get(author, Path.PUSH)
        post = put(self.rig, author, path)
        now, late = self.rig.clock.now(), self.random.choice([0, 0, 0, 800, 14_000])
        self.posts.append(post)
        if late:
            del self.rig.posts.posts[author, post.position]
            self.late.append((now + late, lambda: self._write(post)))
        if path is Path.PUSH:
            self.late.append((now + late + self.random.choice([0, 0, 2_000, 30_000]), lambda: self._copy(post)))

    def _write(self, post: Post) -> None:
        self.rig.posts.posts[post.author, post.position] = post

    def _copy(self, post: Post) -> None:
        give(self.rig, "cid", post)

    def arrive(self) -> None:
        """What is due happens, in its order."""
        now = self.rig.clock.now()
        due = sorted((each for each in self.late if each[0] <= now), key=lambda each: each[0])
        self.late = [each for each in self.late if each[0] > now]
        for _, happens in due:
            happens()


@settings(max_examples=80, deadline=None)
@given(randoms, st.integers(1, 7))
def test_paging_down_while_authors_cross_has_no_gap_and_no_repeat(random: Random, limit: int) -> None:
    """Everything that was there when the reader began is seen once, in order; nothing is seen twice."""
    life = Life(random, hot_ms=0)
    for _ in range(random.randrange(120)):
        life.step()
    there = life.rig.home("cid")
    expected = {post.position for post in life.posts if _readable(life.rig, post)}
    assert there == sorted(expected, reverse=True)
    seen: list[str] = []
    before: str | None = None
    while True:
        page = ask(life.rig, before, None, limit)
        seen += [entry.position for entry in page.entries]
        before = page.before
        if before is None:
            break
        for _ in range(random.randrange(4)):
            life.step()
    assert seen == sorted(set(seen), reverse=True)
    assert [position for position in seen if position in there] == there


@settings(max_examples=80, deadline=None)
@given(randoms, st.integers(1, 6), st.sampled_from([0, HOT_MS, BOUND_MS - SETTLE_MS]))
def test_refreshing_while_authors_cross_loses_nothing(random: Random, limit: int, hot_ms: int) -> None:
    """Also with what is remembered of authors as old as settings allow."""
    life, known, since = Life(random, hot_ms), set[str](), None
    for _ in range(40):
        for _ in range(random.randrange(5)):
            life.step()
        if random.random() < 0.5:
            since = _refresh(life, known, since, limit)
    life.rig.clock.advance(BOUND_MS)
    life.arrive()
    _refresh(life, known, since, limit)
    assert known == {post.position for post in life.posts}


def _readable(rig: Rig, post: Post) -> bool:
    """Whether a reader can have it by now."""
    if post.path is Path.PUSH:
        return post.position in rig.timelines.feeds.get("cid", {})
    return (post.author, post.position) in rig.posts.posts


def _refresh(life: Life, known: set[str], since: str | None, limit: int) -> str:
    page = ask(life.rig, None, since, limit)
    kept = page.since
    assert kept is not None
    known.update(entry.position for entry in page.entries)
    while page.before is not None:
        life.rig.clock.advance(life.random.choice([1, 700]))
        life.arrive()
        page = ask(life.rig, page.before, None, limit)
        known.update(entry.position for entry in page.entries)
    assert ms_of(kept[3:]) <= life.rig.clock.now() - BOUND_MS
    assert floor(ms_of(kept[3:])) == kept[3:]
    return kept
