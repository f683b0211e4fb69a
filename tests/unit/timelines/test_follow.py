"""`follow` and `unfollow`: the register, its jobs, and what they do to the home timeline."""

import pytest

from tests.unit.timelines.rig import BOUND_MS, Died, Rig
from tidings.domain.errors import Conflict, InvalidRequest, UnknownUser
from tidings.services.fanout.edges import BACKFILL

SETTLE_MS = 30_000


def test_a_follow_brings_recent_posts_now_and_the_rest_as_they_come(rig: Rig) -> None:
    old = rig.post("ann")
    rig.follow("bob", "ann")
    rig.work()
    assert rig.home("bob") == [old]
    new = rig.post("ann")
    rig.settle()
    assert rig.home("bob") == [new, old]


def test_a_backfill_is_bounded_and_takes_the_newest(rig: Rig) -> None:
    positions = [rig.post("ann") for _ in range(BACKFILL + 5)]
    rig.posts.stream.clear()
    rig.follow("bob", "ann")
    rig.settle()
    assert rig.feed("bob") == positions[::-1][:BACKFILL]


def test_a_backfill_leaves_deleted_posts_out(rig: Rig) -> None:
    gone, kept = rig.post("ann"), rig.post("ann")
    rig.delete("ann", gone)
    rig.follow("bob", "ann")
    rig.settle()
    assert rig.feed("bob") == [kept]


def test_the_second_backfill_finds_what_fell_between_the_two_reads(rig: Rig) -> None:
    """The planner reads the followers, then the edge is made, and its backfill reads before it sees the post."""
    rig.follow("bob", "ann")
    rig.work()
    position = rig.post("ann")
    rig.posts.stream.clear()  # planned with followers as they were: without bob
    assert rig.feed("bob") == []
    rig.settle()
    assert rig.feed("bob") == [position]


def test_an_unfollow_hides_at_once_and_purges_for_good(rig: Rig) -> None:
    rig.follow("bob", "ann")
    rig.post("ann")
    rig.settle()
    rig.unfollow("bob", "ann")
    assert rig.home("bob") == []
    assert len(rig.feed("bob")) == 1
    rig.settle()
    assert rig.feed("bob") == []
    assert rig.graph.removals["bob"] == {}


def test_the_removal_stays_until_nothing_late_can_follow(rig: Rig) -> None:
    rig.follow("bob", "ann")
    rig.settle()
    rig.unfollow("bob", "ann")
    rig.work()
    rig.clock.advance(BOUND_MS + 2 * SETTLE_MS - 1)
    rig.work()
    assert rig.graph.removals["bob"] != {}
    rig.clock.advance(1)
    rig.work()
    assert rig.graph.removals["bob"] == {}


def test_a_long_home_timeline_is_purged_in_several_jobs(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidings.services.fanout.edges.PURGE_PAGES", 1)
    monkeypatch.setattr("tidings.services.fanout.edges.PURGE_PAGE", 10)
    rig.follow("cid", "ann")
    rig.follow("cid", "bob")
    for _ in range(30):
        rig.post("ann")
    kept = [rig.post("bob") for _ in range(30)]
    rig.settle()
    rig.unfollow("cid", "ann")
    rig.settle()
    assert rig.feed("cid") == kept[::-1]


def test_one_cannot_follow_oneself_nor_nobody(rig: Rig) -> None:
    for act in (rig.follow, rig.unfollow):
        with pytest.raises(InvalidRequest):
            act("ann", "ann")
        with pytest.raises(UnknownUser):
            act("ann", "nobody")
    assert not rig.world.outbox.entries
    assert not rig.graph.edges


def test_the_same_client_id_for_somebody_else_is_a_conflict(rig: Rig) -> None:
    rig.follow("bob", "ann", client_id="c-1")
    with pytest.raises(Conflict):
        rig.follow("bob", "cid", client_id="c-1")
    with pytest.raises(Conflict):
        rig.unfollow("bob", "ann", client_id="c-1")


@pytest.mark.parametrize("later_ms", [0, 31_000])
def test_a_resend_after_a_later_unfollow_changes_nothing(rig: Rig, later_ms: int) -> None:
    position = rig.follow("bob", "ann", client_id="c-1")
    rig.unfollow("bob", "ann")
    rig.clock.advance(later_ms)
    assert rig.follow("bob", "ann", client_id="c-1") == position
    rig.settle()
    edge = rig.graph.edge("bob", "ann")
    assert edge is not None
    assert not edge.following


@pytest.mark.parametrize("later_ms", [0, 31_000])
@pytest.mark.parametrize("act", ["follow", "unfollow"])
def test_whatever_a_crash_leaves_out_the_resend_finishes(act: str, later_ms: int) -> None:
    calls = 1
    while True:
        rig = Rig()
        rig.people("ann", "bob")
        old = rig.post("ann")
        if act == "unfollow":
            rig.follow("bob", "ann")
        rig.settle()
        if _crashed_at(rig, act, calls):
            rig.clock.advance(later_ms)
            getattr(rig, act)("bob", "ann", client_id="c-1")
            rig.settle()
            assert rig.feed("bob") == ([old] if act == "follow" else [])
            assert rig.graph.removals.get("bob", {}) == {}
            calls += 1
            continue
        break
    assert calls > 8


def _crashed_at(rig: Rig, act: str, number: int) -> bool:
    """Run `act`, dying before or after a call to a port.  Whether it died."""
    seen = 0

    def hook(_name: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise Died

    rig.hook = hook
    try:
        getattr(rig, act)("bob", "ann", client_id="c-1")
    except Died:
        return True
    finally:
        rig.hook = None
    return False


def test_followed_again_before_the_purge_what_was_deleted_meanwhile_goes(rig: Rig) -> None:
    """The delete's sweeps pass a timeline by whose owner does not follow; the copies would come back with a follow."""
    rig.follow("bob", "ann")
    gone, kept = rig.post("ann"), rig.post("ann")
    rig.settle()
    rig.unfollow("bob", "ann")
    purges = rig.lanes.queued
    rig.lanes.queued = []
    rig.delete("ann", gone)
    rig.settle()
    rig.follow("bob", "ann")
    rig.lanes.queued += purges
    rig.settle()
    assert rig.feed("bob") == [kept]
