"""`block` and `unblock`: the register, what follows from it, and the follows that race with it."""

from collections.abc import Callable
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.timelines.rig import Died, Rig
from tidings.domain.conversation import direct_id
from tidings.domain.errors import Conflict, InvalidRequest, UnknownUser
from tidings.domain.stamp import Times

SETTLE_MS = 30_000


def blocked(rig: Rig, user: str, whom: str) -> bool:
    """As messages see it."""
    row = rig.world.memberships.get(user, direct_id(user, whom))
    return row is not None and row.blocked


def registered(rig: Rig, user: str, whom: str) -> bool:
    block = rig.world.blocks.get(user, whom)
    return block is not None and block.blocking


def follows(rig: Rig, follower: str, author: str) -> bool:
    edge = rig.graph.edge(follower, author)
    return edge is not None and edge.following


def mutual(rig: Rig) -> None:
    rig.follow("bob", "ann")
    rig.follow("ann", "bob")
    rig.settle()


def test_both_vanish_from_each_others_home_at_once_and_for_good(rig: Rig) -> None:
    mutual(rig)
    hers, his = rig.post("ann"), rig.post("bob")
    rig.settle()
    assert rig.home("bob") == rig.home("ann") == [his, hers]
    rig.block("bob", "ann")
    assert (rig.home("bob"), rig.home("ann")) == ([his], [hers])
    later = rig.post("ann")
    rig.settle()
    assert (rig.feed("bob"), rig.feed("ann")) == ([his], [later, hers])
    assert not follows(rig, "bob", "ann")
    assert not follows(rig, "ann", "bob")


def test_neither_finds_the_others_posts_nor_may_follow(rig: Rig) -> None:
    rig.post("ann")
    rig.post("bob")
    rig.block("bob", "ann")
    for one, other in (("ann", "bob"), ("bob", "ann")):
        with pytest.raises(UnknownUser):
            rig.reader.user(rig.caller(one), other, None, 20)
        with pytest.raises(UnknownUser):
            rig.follow(one, other)
        assert rig.reader.user(rig.caller(one), one, None, 20).entries
    rig.follow("cid", "ann")
    rig.unfollow("ann", "bob")


def test_an_unblock_opens_again_and_brings_no_follow_back(rig: Rig) -> None:
    mutual(rig)
    old = rig.post("ann")
    rig.block("bob", "ann")
    assert blocked(rig, "bob", "ann")
    assert not blocked(rig, "ann", "bob")
    rig.unblock("bob", "ann")
    rig.settle()
    assert not blocked(rig, "bob", "ann")
    assert rig.home("bob") == []
    assert rig.reader.user(rig.caller("bob"), "ann", None, 20).entries
    rig.follow("bob", "ann")
    rig.settle()
    assert rig.home("bob") == [old]


def test_one_side_ends_its_own_block_only(rig: Rig) -> None:
    rig.block("bob", "ann")
    rig.block("ann", "bob")
    rig.unblock("bob", "ann")
    rig.settle()
    assert (blocked(rig, "ann", "bob"), blocked(rig, "bob", "ann")) == (True, False)
    with pytest.raises(UnknownUser):
        rig.follow("bob", "ann")


def test_a_block_without_follows_leaves_the_graph_alone(rig: Rig) -> None:
    rig.block("bob", "ann")
    rig.settle()
    assert not rig.graph.edges
    assert not rig.graph.removals


def test_the_list_is_in_order_of_names_and_paged(rig: Rig) -> None:
    names = [f"user{number:02d}" for number in range(7)]
    rig.people(*names)
    for name in reversed(names):
        rig.block("ann", name)
    rig.unblock("ann", names[3])
    seen: list[str] = []
    after: str | None = None
    while True:
        page, after = rig.blocking.page(rig.caller("ann"), after, 2)
        seen += page
        if after is None:
            break
    assert seen == names[:3] + names[4:]
    assert rig.blocking.page(rig.caller("bob"), None, 2) == ([], None)
    with pytest.raises(InvalidRequest):
        rig.blocking.page(rig.caller("ann"), "a#b", 2)


def test_neither_oneself_nor_nobody_nor_twice_the_same_client_id(rig: Rig) -> None:
    for act in (rig.block, rig.unblock):
        with pytest.raises(InvalidRequest):
            act("ann", "ann")
        with pytest.raises(UnknownUser):
            act("ann", "nobody")
    assert not rig.world.outbox.entries
    rig.block("ann", "bob", client_id="c-1")
    with pytest.raises(Conflict):
        rig.block("ann", "cid", client_id="c-1")
    with pytest.raises(Conflict):
        rig.unblock("ann", "bob", client_id="c-1")


@pytest.mark.parametrize("later_ms", [0, SETTLE_MS + 1])
def test_a_resend_after_a_later_unblock_changes_nothing(rig: Rig, later_ms: int) -> None:
    position = rig.block("bob", "ann", client_id="c-1")
    rig.unblock("bob", "ann")
    rig.clock.advance(later_ms)
    assert rig.block("bob", "ann", client_id="c-1") == position
    rig.settle()
    assert not blocked(rig, "bob", "ann")
    assert not registered(rig, "bob", "ann")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_whatever_the_order_the_last_position_stands(order: tuple[int, ...]) -> None:
    """Three frames, taken in one order and answered in another."""
    rig = Rig()
    rig.people("ann", "bob")
    callers = []
    for _ in range(3):
        rig.clock.advance(1)
        callers.append(rig.caller("bob"))
    for number in order:
        act = rig.blocking.unblock if number == 1 else rig.blocking.block
        act(callers[number], f"c-{number}", "ann")
    assert blocked(rig, "bob", "ann")
    assert registered(rig, "bob", "ann")


@pytest.mark.parametrize("act", ["block", "unblock"])
@pytest.mark.parametrize("resent_after_ms", [None, 0, SETTLE_MS + 1])
def test_whatever_a_crash_leaves_out_the_resend_or_the_job_finishes(act: str, resent_after_ms: int | None) -> None:
    number = 0
    while True:
        number += 1
        rig = Rig()
        rig.people("ann", "bob")
        mutual(rig)
        if act == "unblock":
            rig.block("bob", "ann")
            rig.settle()
        rig.post("ann")
        rig.settle()
        if not _crashed_at(rig, number, lambda rig=rig: getattr(rig, act)("bob", "ann", client_id="c-1")):  # type: ignore[misc]
            assert number > 10
            return
        if resent_after_ms is not None:
            rig.clock.advance(resent_after_ms)
            getattr(rig, act)("bob", "ann", client_id="c-1")
        rig.settle()
        stands = registered(rig, "bob", "ann")
        assert blocked(rig, "bob", "ann") is stands
        assert resent_after_ms is None or stands is (act == "block")
        if stands:
            assert rig.feed("bob") == []
            assert not follows(rig, "bob", "ann")
            assert not follows(rig, "ann", "bob")


def test_a_follow_that_was_on_its_way_is_ended(rig: Rig) -> None:
    """It looked before the block and commits after its effects."""

    def meanwhile() -> None:
        rig.commit = None
        rig.block("ann", "bob")
        rig.pass_time(5_000)

    rig.commit = meanwhile
    rig.follow("bob", "ann")
    assert follows(rig, "bob", "ann")
    rig.post("ann")
    rig.settle()
    assert not follows(rig, "bob", "ann")
    assert rig.feed("bob") == []


def _crashed_at(rig: Rig, number: int, act: Callable[[], object]) -> bool:
    """Do it, dying before or after a call to a port.  Whether it died."""
    seen = 0

    def hook(_name: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise Died

    rig.hook = hook
    try:
        act()
    except Died:
        return True
    finally:
        rig.hook = None
    return False


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False))
def test_in_the_end_a_block_that_stands_has_ended_every_follow_and_shows_nothing(random: Random) -> None:
    """Two users follow, unfollow, block and unblock each other; frames wait, run into each other and die."""
    rig = Rig()
    rig.people("ann", "bob")
    pairs = (("ann", "bob"), ("bob", "ann"))

    def act() -> None:
        one, other = random.choice(pairs)
        do = random.choice([rig.follow, rig.follow, rig.unfollow, rig.block, rig.unblock])
        seen, dies = 0, random.choice([0, 0, 0, random.randrange(1, 20)])

        def hook(_name: str) -> None:
            nonlocal seen
            seen += 1
            if seen == dies:
                raise Died

        rig.hook = hook
        try:
            do(one, other)
        except (UnknownUser, Died):
            pass
        finally:
            rig.hook = None

    def meanwhile() -> None:
        rig.commit = None
        for _ in range(random.randrange(3)):
            act()
        rig.pass_time(random.choice([0, 100, 8_000]))

    for _ in range(8):
        rig.commit = meanwhile if random.random() < 0.5 else None
        act()
        rig.post(random.choice(["ann", "bob"]))
        rig.pass_time(random.choice([0, 10, 1_000, 40_000]))
        if random.random() < 0.3:
            rig.work()
    rig.commit = None
    rig.settle()
    either = False
    for one, other in pairs:
        assert blocked(rig, one, other) is registered(rig, one, other)
        either = either or registered(rig, one, other)
    for one, other in pairs:
        if either:
            assert not follows(rig, one, other)
        if not follows(rig, one, other):
            assert all(rig.timelines.feeds[one][at].author == one for at in rig.feed(one))


def test_a_block_where_all_takes_as_long_to_settle_as_a_lane_can_hold_back(rig: Rig) -> None:
    """Its job is due after twice as long: it comes earlier, and is put off again."""
    rig.world.times = Times(settle=900_000)
    rig.build()
    rig.block("bob", "ann")
    (queued,) = rig.lanes.queued
    assert queued.job["due"] == queued.due + 900_000
    assert blocked(rig, "bob", "ann")
