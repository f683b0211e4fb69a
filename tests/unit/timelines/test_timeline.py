"""`timeline.home` and `timeline.user`."""

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.timelines.rig import BOUND_MS, Rig
from tidings.domain.errors import InvalidRequest, UnknownUser
from tidings.domain.sizes import PAGE_BYTES, entry_bytes
from tidings.services.feeds import ROUNDS


@pytest.fixture
def fed(rig: Rig) -> Rig:
    """cid follows ann and bob, who have posted 30 times each, in turn."""
    rig.follow("cid", "ann")
    rig.follow("cid", "bob")
    rig.settle()
    for _ in range(30):
        rig.post("ann")
        rig.post("bob")
    rig.settle()
    return rig


def test_pages_go_down_to_the_end_without_gap_or_repeat(fed: Rig) -> None:
    assert fed.home("cid", limit=7) == fed.feed("cid")
    assert len(fed.feed("cid")) == 60


def test_a_home_timeline_of_nobody_is_empty(rig: Rig) -> None:
    page = rig.reader.home(rig.caller("ann"), None, None, 20)
    assert (list(page.entries), page.before) == ([], None)


def test_removed_authors_are_left_out_and_pages_stay_full(fed: Rig) -> None:
    fed.unfollow("cid", "ann")
    page = fed.reader.home(fed.caller("cid"), None, None, 20)
    assert [entry.author for entry in page.entries] == ["bob"] * 20
    assert len(fed.home("cid", limit=20)) == 30


def test_a_page_reads_a_bounded_number_of_times_and_goes_on(rig: Rig) -> None:
    rig.follow("cid", "ann")
    rig.follow("cid", "bob")
    rig.settle()
    kept = rig.post("bob")
    for _ in range(60):
        rig.post("ann")
    rig.settle()
    rig.unfollow("cid", "ann")
    calls = []
    rig.hook = lambda name: calls.append(name) if name == "page" else None
    page = rig.reader.home(rig.caller("cid"), None, None, 5)
    assert len(calls) == 2 * ROUNDS
    assert not page.entries
    assert page.before is not None
    assert rig.home("cid", limit=5) == [kept]


def test_wrong_cursors_are_refused(rig: Rig) -> None:
    for before, since in (("x", None), (None, "x"), ("b1.x.y", None), ("b1.x", "s1.0000000000000")):
        with pytest.raises(InvalidRequest):
            rig.reader.home(rig.caller("ann"), before, since, 20)


def test_only_a_first_page_gives_a_cursor_to_keep(fed: Rig) -> None:
    first = fed.reader.home(fed.caller("cid"), None, None, 5)
    assert first.since is not None
    down = fed.reader.home(fed.caller("cid"), first.before, None, 5)
    assert down.since is None
    fresh = fed.reader.home(fed.caller("cid"), None, first.since, 5)
    assert fresh.since is not None


def test_an_authors_posts_newest_first_without_the_deleted(rig: Rig) -> None:
    positions = [rig.post("ann", f"number {number}") for number in range(10)]
    rig.delete("ann", positions[4])
    seen, before = [], None
    while True:
        page = rig.reader.user(rig.caller("bob"), "ann", before, 3)
        seen += [entry.position for entry in page.entries]
        before = page.before
        if before is None:
            break
    assert seen == [*positions[:4], *positions[5:]][::-1]


def test_an_authors_page_holds_whole_texts(rig: Rig) -> None:
    rig.post("ann", "x" * 4_000)
    [entry] = rig.reader.user(rig.caller("bob"), "ann", None, 20).entries
    assert (len(entry.text), entry.truncated) == (4_000, False)


@pytest.mark.parametrize("text", ["🎈" * 4_096, "\u0001" * 4_096, "x" * 4_096])
def test_long_posts_make_short_pages_that_fit_a_reply(rig: Rig, text: str) -> None:
    """The gateway takes 128 KB: a page that is larger could never be read, however often it is asked for."""
    rig.follow("cid", "ann")
    positions = [rig.post("ann", text) for _ in range(50)]
    rig.settle()
    ann, cid = (
        partial(rig.reader.user, rig.caller("cid"), "ann"),
        partial(rig.reader.home, rig.caller("cid"), since=None),
    )
    for read in (ann, cid):
        seen: list[str] = []
        page = read(before=None, limit=50)
        while True:
            assert page.entries
            assert sum(map(entry_bytes, page.entries)) <= PAGE_BYTES
            seen += [entry.position for entry in page.entries]
            if page.before is None:
                break
            page = read(before=page.before, limit=50)
        assert seen == positions[::-1]


def test_nobody_has_no_timeline_and_somebody_quiet_an_empty_one(rig: Rig) -> None:
    with pytest.raises(UnknownUser):
        rig.reader.user(rig.caller("ann"), "nobody", None, 20)
    assert not rig.reader.user(rig.caller("ann"), "bob", None, 20).entries
    assert not rig.reader.user(rig.caller("ann"), "ann", None, 20).entries


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 7))
def test_paging_down_while_posts_arrive_has_no_gap_and_no_repeat(random: object, limit: int) -> None:
    """Everything that was there when the reader began is seen once, in order; nothing is seen twice."""
    from random import Random

    assert isinstance(random, Random)
    rig = Rig()
    rig.people("ann", "bob", "cid")
    rig.follow("cid", "ann")
    rig.follow("cid", "bob")
    for _ in range(random.randrange(20)):
        rig.post(random.choice(["ann", "bob"]))
    rig.settle()
    there = rig.feed("cid")
    if random.random() < 0.3:
        rig.unfollow("cid", "bob")
        there = [position for position in there if rig.timelines.feeds["cid"][position].author == "ann"]
    seen, before = [], None
    while True:
        page = rig.reader.home(rig.caller("cid"), before, None, limit)
        seen += [entry.position for entry in page.entries]
        before = page.before
        if before is None:
            break
        for _ in range(random.randrange(3)):
            rig.post(random.choice(["ann", "bob"]))
            rig.plan()
            rig.work()
    assert seen == sorted(set(seen), reverse=True)
    assert [position for position in seen if position in there] == there


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 5))
def test_refreshing_loses_nothing_that_lags_up_to_the_bound(random: object, limit: int) -> None:
    """A reader who refreshes with the kept cursor, paging each refresh to its end, ends up with every post, however
    late its copy came within the bound, and however the copies overtook each other."""
    from random import Random

    assert isinstance(random, Random)
    rig = Rig()
    rig.people("ann", "cid")
    rig.follow("cid", "ann")
    rig.settle()
    known: set[str] = set()
    since: str | None = None
    waiting: list[tuple[int, object]] = []
    for _ in range(25):
        rig.pass_time(random.choice([1, 500, 5_000, 30_000]))
        if random.random() < 0.6:
            rig.post("ann")
            record = rig.posts.stream.pop()
            waiting.append((rig.clock.now() + random.choice([0, 1_000, 20_000, BOUND_MS]), record))
        _arrive(rig, waiting)
        if random.random() < 0.5:
            since = _refresh(rig, known, since, limit, waiting)
    rig.pass_time(BOUND_MS)
    _arrive(rig, waiting)
    _refresh(rig, known, since, limit, waiting)
    assert known == {post.position for post in rig.posts.posts.values()}


def _arrive(rig: Rig, waiting: list[tuple[int, object]]) -> None:
    """What is due is fanned out at the moment at which it was due, and not a moment later."""
    now = rig.clock.now()
    for due, record in sorted(waiting, key=lambda each: each[0]):
        if due <= now:
            waiting.remove((due, record))
            rig.plan_record(record)  # type: ignore[arg-type]
            rig.work()


def _refresh(rig: Rig, known: set[str], since: str | None, limit: int, waiting: list[tuple[int, object]]) -> str:
    page = rig.reader.home(rig.caller("cid"), None, since, limit)
    kept = page.since
    known.update(entry.position for entry in page.entries)
    while page.before is not None:
        rig.pass_time(700)
        _arrive(rig, waiting)
        page = rig.reader.home(rig.caller("cid"), page.before, None, limit)
        known.update(entry.position for entry in page.entries)
    assert kept is not None
    return kept
