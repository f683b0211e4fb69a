"""Live frames of home timelines: watchers only, few and fresh, and nothing that a page would hide."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.unit.timelines.rig import Rig
from tidings.domain.errors import RateLimited, Unavailable
from tidings.domain.events import NewPosts, Path
from tidings.domain.identity import Connection
from tidings.domain.posts import Post, PostRef
from tidings.services.fanout import news
from tidings.services.fanout.jobs import LIVE, NewsJob, decode, encode, lane_of
from tidings.services.fanout.news import CROWDED_MS, FEW, LIST_MS, news_rule
from tidings.services.fanout.watching import STALE_MS
from tidings.services.timeline_watch import OFTEN, WATCH_MS


def online(rig: Rig, user: str, device: str = "phone") -> None:
    now = rig.clock.now()
    rig.world.registry.register(user, Connection(device, f"{user}-{device}", now - 1_000), now, 5)


def watch(rig: Rig, user: str, device: str = "phone", on: bool = True) -> int:
    online(rig, user, device)
    caller = rig.caller(user)
    identity = replace(caller.identity, device_id=device)
    return rig.watches.set(replace(caller, identity=identity), on)


def run(rig: Rig) -> None:
    """What is due at once: plans, copies, live frames."""
    rig.plan()
    while rig.work(batch=50):
        pass


def told(rig: Rig, user: str, device: str = "phone") -> list[NewPosts]:
    events = rig.world.sockets.seen(f"{user}-{device}")
    assert all(isinstance(event, NewPosts) for event in events)
    return [event for event in events if isinstance(event, NewPosts)]


def positions(rig: Rig, user: str, device: str = "phone") -> list[str]:
    return [entry.position for event in told(rig, user, device) for entry in event.posts]


def pulled(rig: Rig, author: str, text: str = "hello", reply_to: PostRef | None = None) -> str:
    """A post that is pulled."""
    position = rig.post(author, text)
    old = rig.posts.posts[author, position]
    rig.posts.posts[author, position] = new = replace(old, path=Path.PULL, reply_to=reply_to)
    rig.posts.stream = [new if post == old else post for post in rig.posts.stream]
    return position


def mark(rig: Rig, reader: str, author: str, until: int = 0) -> None:
    rig.graph.marks.setdefault(reader, {})[author, rig.clock.now() - 1_000] = until


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


def test_who_pulls_an_author_is_told_where_a_mark_covers_it(rig: Rig) -> None:
    for reader in ("bob", "cid"):
        rig.follow(reader, "ann")
    run(rig)
    mark(rig, "bob", "ann")
    for reader in ("bob", "cid"):
        watch(rig, reader)
    post = pulled(rig, "ann")
    run(rig)
    assert positions(rig, "bob") == [post]
    assert told(rig, "cid") == []
    # The mark is closed while the device still stands among those who pull.
    rig.graph.marks["bob"] = {each: rig.clock.now() for each in rig.graph.marks["bob"]}
    pulled(rig, "ann")
    run(rig)
    assert positions(rig, "bob") == [post]
    assert rig.world.home_watchers.authors == {"ann": {"bob": pytest.approx(rig.clock.now() + WATCH_MS, abs=1_000)}}


def test_pulled_and_pushed_posts_travel_together(rig: Rig) -> None:
    for author in ("ann", "cid"):
        rig.follow("bob", author)
    run(rig)
    mark(rig, "bob", "ann")
    watch(rig, "bob")
    first, second = rig.post("cid"), pulled(rig, "ann")
    rig.plan()
    live = rig.lanes.due(LIVE)
    rig.work()
    rig.lanes.send(LIVE, live)
    rig.work(batch=50)
    assert positions(rig, "bob") == [first, second]
    assert len(rig.world.sockets.posted) == 1


def test_a_pulled_reply_is_for_those_who_follow_both(rig: Rig) -> None:
    rig.people("dan")
    for reader, author in (("bob", "ann"), ("dan", "ann"), ("dan", "cid")):
        rig.follow(reader, author)
    run(rig)
    for reader in ("bob", "dan"):
        mark(rig, reader, "ann")
        watch(rig, reader)
    to_cid = pulled(rig, "ann", reply_to=PostRef("cid", rig.post("cid")))
    to_bob = pulled(rig, "ann", reply_to=PostRef("bob", rig.post("bob")))
    to_herself = pulled(rig, "ann", reply_to=PostRef("ann", to_cid))
    rig.posts.stream = [post for post in rig.posts.stream if post.author == "ann"]
    run(rig)
    assert positions(rig, "bob") == [to_bob, to_herself]
    assert positions(rig, "dan") == [to_cid, to_herself]


def test_a_crowd_that_pulls_is_told_in_parts(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "AT_ONCE", 3)
    rig.world.home_watchers.page = 2
    names = [f"r{number}" for number in range(8)]
    rig.people(*names)
    for name in names:
        rig.follow(name, "ann")
    run(rig)
    for name in names:
        mark(rig, name, "ann")
        watch(rig, name)
    post = pulled(rig, "ann")
    run(rig)
    assert all(positions(rig, name) == [post] for name in names)


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


def test_only_posts_that_are_pulled_are_for_whoever_pulls(rig: Rig) -> None:
    post = Post("ann", rig.post("ann"), "c", Path.PULL, "hello")
    job = NewsJob("ann", post.position, rig.clock.now())
    assert [each.job for each in news_rule(post)] == [job]
    assert list(news_rule(replace(post, path=Path.PUSH))) == list(news_rule(replace(post, text=None))) == []


def test_the_job_travels_on_the_live_lane() -> None:
    for job in (NewsJob("ann", "p", 5), NewsJob("ann", "p", 5, ("bob", "cid"))):
        assert lane_of(job) == LIVE
        assert decode(json.dumps(encode(job))) == job


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
