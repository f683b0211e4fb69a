"""`like`, `repost` and their ends; replies, quotes and what deleting does to them."""

from __future__ import annotations

import pytest

from tests.unit.timelines.rig import Died, Rig
from tidings.domain.engagement import Counts
from tidings.domain.errors import Conflict, Forbidden, NotFound, RetryLater
from tidings.domain.posts import PostRef
from tidings.domain.profile import ProfileChange


def counts(rig: Rig, ref: PostRef, user: str = "cid") -> Counts:
    return rig.threads.counts(rig.caller(user), [ref])[ref]


@pytest.fixture
def ref(rig: Rig) -> PostRef:
    """A post of ann's."""
    return PostRef("ann", rig.post("ann", "tea?"))


@pytest.mark.parametrize("later_ms", [0, 14_000, 31_000])
def test_a_resent_like_is_one_like(rig: Rig, ref: PostRef, later_ms: int) -> None:
    at = rig.like("bob", ref, "c-1")
    rig.clock.advance(later_ms)
    assert rig.like("bob", ref, "c-1") == at
    assert counts(rig, ref, "bob") == Counts(likes=1, liked=True)


def test_a_resend_changes_nothing_after_a_later_change(rig: Rig, ref: PostRef) -> None:
    rig.like("bob", ref, "c-1")
    rig.like("bob", ref, "c-2", on=False)
    for later_ms in (0, 31_000):
        rig.clock.advance(later_ms)
        rig.like("bob", ref, "c-1")
        assert counts(rig, ref) == Counts()


def test_the_same_client_id_for_the_opposite_is_a_conflict(rig: Rig, ref: PostRef) -> None:
    rig.like("bob", ref, "c-1")
    with pytest.raises(Conflict):
        rig.like("bob", ref, "c-1", on=False)
    with pytest.raises(Conflict):
        rig.repost("bob", ref, "c-1")
    assert counts(rig, ref) == Counts(likes=1)


@pytest.mark.parametrize("call", ["claim", "put"])
def test_a_death_anywhere_is_made_good_by_the_resend(rig: Rig, ref: PostRef, call: str) -> None:
    for moment in (1, 2):
        left = moment

        def die(name: str) -> None:
            nonlocal left
            if name == call:
                left -= 1
                if left == 0:
                    raise Died

        rig.hook = die
        user = "bob" if moment == 1 else "cid"
        with pytest.raises(Died):
            rig.repost(user, ref, f"c-{moment}")
        rig.hook = None
        rig.clock.advance(31_000)
        at = rig.repost(user, ref, f"c-{moment}")
        assert [post.position for post in rig.posts.posts.values() if post.author == user] == [at]
    assert counts(rig, ref) == Counts(reposts=2, reposted=True)


def test_a_repost_is_a_post_for_the_followers_and_goes_with_its_end(rig: Rig, ref: PostRef) -> None:
    rig.follow("cid", "bob")
    at = rig.repost("bob", ref)
    rig.settle()
    assert rig.home("cid") == [at]
    assert rig.timelines.feeds["cid"][at].repost_of == ref
    assert rig.repost("bob", ref) == at, "it is there already"
    rig.repost("bob", ref, on=False)
    rig.settle()
    assert rig.home("cid") == rig.home("bob") == []
    again = rig.repost("bob", ref)
    assert again != at
    rig.delete("bob", again)
    rig.settle()
    assert rig.home("cid") == []
    assert counts(rig, ref, "bob") == Counts()


def test_what_is_done_to_a_repost_is_done_to_the_original(rig: Rig, ref: PostRef) -> None:
    passed = PostRef("bob", rig.repost("bob", ref))
    rig.like("cid", passed)
    again = rig.repost("cid", passed)
    answer = rig.post("cid", "yes", reply_to=passed, quote=passed)
    post = rig.posts.posts["cid", answer]
    assert (post.reply_to, post.root, post.quote) == (ref, ref, ref)
    assert rig.posts.posts["cid", again].repost_of == ref
    assert counts(rig, ref) == Counts(likes=1, reposts=2, replies=1, liked=True, reposted=True)
    rig.delete("bob", passed.position)
    rig.like("cid", passed, on=False)
    assert counts(rig, ref) == Counts(reposts=1, replies=1, reposted=True)


def test_what_is_not_there_cannot_be_engaged_with(rig: Rig, ref: PostRef) -> None:
    gone = PostRef("ann", rig.post("ann", "gone"))
    rig.delete("ann", gone.position)
    missing = PostRef("ann", gone.position[:-2] + "77")
    for each in (gone, missing):
        with pytest.raises(NotFound):
            rig.like("bob", each)
        with pytest.raises(NotFound):
            rig.post("bob", "well", reply_to=each)
        with pytest.raises(NotFound):
            rig.post("bob", "well", quote=each)
    rig.block("ann", "bob")
    with pytest.raises(NotFound):
        rig.repost("bob", ref)
    assert counts(rig, ref) == Counts()


def test_a_private_accounts_posts_are_for_its_followers(rig: Rig, ref: PostRef) -> None:
    rig.follow("bob", "ann")
    change, at = ProfileChange(private=True), rig.post("cid")
    rig.world.profiles.set("ann", change, at, rig.world.fence())
    with pytest.raises(NotFound):
        rig.like("cid", ref)
    rig.like("bob", ref)
    with pytest.raises(Forbidden):
        rig.repost("bob", ref)
    rig.repost("ann", ref)
    assert rig.threads.counts(rig.caller("cid"), [ref]) == {}


def test_deleting_an_answer_takes_it_out_of_the_thread(rig: Rig, ref: PostRef) -> None:
    answer = rig.post("bob", "yes", reply_to=ref)
    deeper = rig.post("cid", "really", reply_to=PostRef("bob", answer))
    assert rig.posts.posts["cid", deeper].root == ref
    for _ in range(2):
        rig.delete("bob", answer)
        assert counts(rig, ref) == Counts()
        thread = rig.threads.get(rig.caller("ann"), PostRef("cid", deeper), 20)
        assert [entry.ref for entry in thread.ancestors] == [ref], "the chain goes on above what is deleted"
    with pytest.raises(NotFound):
        rig.threads.get(rig.caller("ann"), PostRef("bob", answer), 20)


def test_a_resent_answer_is_one_answer(rig: Rig, ref: PostRef) -> None:
    at = rig.post("bob", "yes", "c-1", reply_to=ref)
    for later_ms in (0, 31_000):
        rig.clock.advance(later_ms)
        assert rig.post("bob", "yes", "c-1", reply_to=ref) == at
    with pytest.raises(Conflict):
        rig.post("bob", "yes", "c-1")
    assert counts(rig, ref) == Counts(replies=1)


def test_a_late_frame_writes_nothing(rig: Rig, ref: PostRef) -> None:
    caller = rig.caller("bob")
    rig.clock.advance(60_000)
    with pytest.raises(RetryLater):
        rig.engager.like(caller, "c-1", ref, on=True)
    assert counts(rig, ref) == Counts()
