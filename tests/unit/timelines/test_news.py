"""Live frames of home timelines: watchers only, few and fresh, and nothing that a page would hide."""

from __future__ import annotations

import pytest

from tests.unit.timelines.news_steps import online, positions, run, told, watch
from tests.unit.timelines.rig import Rig
from tidings.domain.errors import RateLimited, Unavailable
from tidings.services.fanout import news
from tidings.services.fanout.jobs import LIVE
from tidings.services.fanout.news import CROWDED_MS, FEW, LIST_MS
from tidings.services.fanout.watching import STALE_MS
from tidings.services.timeline_watch import OFTEN, WATCH_MS


def test_only_the_devices_that_watch_are_told_and_the_author_is_not(rig: Rig) -> None:
    rig.follow("bob", "ann")
    rig.follow("cid", "ann")
    run(rig)
    for device in ("phone", "laptop"):
        watch(rig, "bob", device)
    online(rig, "bob", "tablet")
    online(rig, "cid")
    watch(rig, "ann")
    post = rig.post("ann", "up early")
    run(rig)
    for device in ("phone", "laptop"):
        (event,) = told(rig, "bob", device)
        assert (event.count, [(each.author, each.position, each.text) for each in event.posts]) == (
            1,
            [("ann", post, "up early")],
        )
    assert told(rig, "bob", "tablet") == told(rig, "cid") == told(rig, "ann") == []


def test_a_device_gets_one_frame_for_all_posts_in_order(rig: Rig) -> None:
    for author in ("ann", "cid"):
        rig.follow("bob", author)
    run(rig)
    watch(rig, "bob")
    posts = [rig.post(author) for author in ("ann", "cid", "ann")]
    rig.plan()
    rig.work()
    rig.lanes.queued.reverse()
    rig.work(batch=50)
    assert positions(rig, "bob") == posts
    assert len(rig.world.sockets.posted) == 1


@pytest.mark.parametrize("number", [FEW, FEW + 1])
def test_many_posts_are_a_number(rig: Rig, number: int) -> None:
    rig.follow("bob", "ann")
    run(rig)
    watch(rig, "bob")
    posts = [rig.post("ann", f"post {each}") for each in range(number)]
    rig.plan()
    rig.work(batch=50)
    rig.work(batch=50)
    (event,) = told(rig, "bob")
    assert event.count == number
    assert [each.position for each in event.posts] == (posts if number <= FEW else [])


def test_what_a_page_would_hide_is_not_told(rig: Rig) -> None:
    rig.follow("bob", "ann")
    run(rig)
    watch(rig, "bob")
    rig.post("ann")
    rig.plan()
    rig.work()
    rig.unfollow("bob", "ann")
    rig.work()
    assert told(rig, "bob") == []


def test_what_was_deleted_meanwhile_is_not_told(rig: Rig) -> None:
    rig.follow("bob", "ann")
    run(rig)
    watch(rig, "bob")
    gone, stays = rig.post("ann"), rig.post("ann")
    rig.plan()
    rig.work()
    rig.delete("ann", gone)
    rig.work()
    assert positions(rig, "bob") == [stays]


def test_it_ends_with_off_and_by_itself(rig: Rig) -> None:
    rig.follow("bob", "ann")
    run(rig)
    assert watch(rig, "bob") == rig.clock.now() + WATCH_MS
    assert watch(rig, "bob", on=False) == rig.clock.now()
    rig.clock.advance(LIST_MS)
    rig.post("ann")
    run(rig)
    assert told(rig, "bob") == []
    watch(rig, "bob")
    rig.clock.advance(WATCH_MS + 1_000)
    rig.post("ann")
    run(rig)
    assert told(rig, "bob") == []


def test_who_watches_is_remembered_for_some_seconds(rig: Rig) -> None:
    rig.follow("bob", "ann")
    rig.post("ann")
    run(rig)
    watch(rig, "bob")
    missed = rig.post("ann")
    run(rig)
    rig.clock.advance(LIST_MS)
    heard = rig.post("ann")
    run(rig)
    assert positions(rig, "bob") == [heard]
    assert missed in rig.home("bob")


def test_a_crowd_of_watchers_is_looked_up_one_by_one(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "LISTED", 3)
    names = [f"r{number}" for number in range(6)]
    rig.people(*names)
    for name in names:
        rig.follow(name, "ann")
    run(rig)
    for name in names[:4]:
        watch(rig, name)
    first = rig.post("ann")
    run(rig)
    watch(rig, names[4])
    second = rig.post("ann")
    run(rig)
    assert [positions(rig, name) for name in names] == [[first, second]] * 4 + [[second], []]
    for name in names[:3]:
        watch(rig, name, on=False)
    rig.clock.advance(CROWDED_MS)
    third = rig.post("ann")
    run(rig)
    assert [positions(rig, name)[-1:] for name in names[3:]] == [[third], [third], []]


def test_what_is_stale_is_dropped_and_counted(rig: Rig) -> None:
    rig.follow("bob", "ann")
    run(rig)
    watch(rig, "bob")
    rig.post("ann")
    rig.plan()
    rig.work()
    rig.clock.advance(STALE_MS + 1)
    rig.work()
    assert told(rig, "bob") == []
    assert rig.world.meter.counts["LiveDropped"] == 1


def test_a_chunk_that_is_late_is_told_when_it_is_written(rig: Rig) -> None:
    rig.follow("bob", "ann")
    run(rig)
    watch(rig, "bob")
    post = rig.post("ann")
    rig.plan()
    rig.clock.advance(2 * STALE_MS)
    run(rig)
    assert positions(rig, "bob") == [post]


@pytest.mark.parametrize("port", ["home_watchers", "posts", "graph", "registry"])
def test_nothing_is_raised_for_a_dependency_that_does_not_answer(
    rig: Rig, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.follow("bob", "ann")
    run(rig)
    watch(rig, "bob")
    rig.post("ann")
    rig.plan()
    rig.work()

    def busy(*_: object, **__: object) -> None:
        raise Unavailable("busy")

    method = {"home_watchers": "devices", "posts": "get", "graph": "reader", "registry": "lookup"}[port]
    owner = rig if port in ("posts", "graph") else rig.world
    monkeypatch.setattr(getattr(owner, port), method, busy)
    rig.work()
    assert told(rig, "bob") == []
    assert rig.world.meter.counts["LiveLookupFailed"] == 1


@pytest.mark.parametrize("fails", ["listed", "send"])
def test_copies_are_written_whatever_becomes_of_their_watchers(
    rig: Rig, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.follow("bob", "ann")
    run(rig)
    watch(rig, "bob")
    post = rig.post("ann")
    rig.plan()
    send = rig.world.chunks.send

    def busy(*given: object, **more: object) -> None:
        if fails == "listed" or given[0] == LIVE:
            raise Unavailable("busy")
        send(*given, **more)

    monkeypatch.setattr(rig.world.home_watchers if fails == "listed" else rig.world.chunks, fails, busy)
    rig.build()
    run(rig)
    assert rig.feed("bob") == [post]
    assert rig.world.meter.counts["LiveLookupFailed"] == 1


def test_nobody_asks_too_often(rig: Rig) -> None:
    for _ in range(OFTEN):
        watch(rig, "bob")
    with pytest.raises(RateLimited) as refused:
        watch(rig, "bob")
    assert refused.value.retry_after_ms
    rig.clock.advance(refused.value.retry_after_ms)
    watch(rig, "bob")


def test_what_is_muted_is_not_told(rig: Rig) -> None:
    for author in ("ann", "cid"):
        rig.follow("bob", author)
    run(rig)
    watch(rig, "bob")
    caller = rig.caller("bob")
    rig.muting.mute(caller, caller.frame_id, "ann")
    rig.post("ann")
    heard = rig.post("cid")
    run(rig)
    assert positions(rig, "bob") == [heard]
