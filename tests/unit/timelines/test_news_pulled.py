"""Live frames of posts that are pulled: for those who watch and whose marks cover them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.unit.timelines.news_steps import mark, positions, pulled, run, told, watch
from tests.unit.timelines.rig import Rig
from tidings.domain.events import Path
from tidings.domain.posts import Post, PostRef
from tidings.services.fanout import news
from tidings.services.fanout.jobs import LIVE, NewsJob, decode, encode, lane_of
from tidings.services.fanout.news import news_rule
from tidings.services.timeline_watch import WATCH_MS


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


def test_only_posts_that_are_pulled_are_for_whoever_pulls(rig: Rig) -> None:
    post = Post("ann", rig.post("ann"), "c", Path.PULL, "hello")
    job = NewsJob("ann", post.position, rig.clock.now())
    assert [each.job for each in news_rule(post)] == [job]
    assert list(news_rule(replace(post, path=Path.PUSH))) == list(news_rule(replace(post, text=None))) == []


def test_the_job_travels_on_the_live_lane() -> None:
    for job in (NewsJob("ann", "p", 5), NewsJob("ann", "p", 5, ("bob", "cid"))):
        assert lane_of(job) == LIVE
        assert decode(json.dumps(encode(job))) == job
