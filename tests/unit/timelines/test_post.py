"""`post` and `post.delete`."""

from collections.abc import Callable

import pytest

from tests.unit.timelines.rig import Died, Rig
from tidings.domain.errors import Conflict, NotFound, RetryLater
from tidings.domain.events import Path
from tidings.domain.posts import PostRef
from tidings.services.post import Draft


def test_a_post_is_one_item_at_the_position_of_its_frame(rig: Rig) -> None:
    caller = rig.caller("ann")
    position = rig.poster.post(caller, "c-1", Draft("hello"))
    assert position.startswith(str(caller.stamp))
    [post] = rig.posts.posts.values()
    assert (post.author, post.position, post.text, post.path) == ("ann", position, "hello", Path.PUSH)


@pytest.mark.parametrize("later_ms", [0, 14_999, 30_001, 86_400_000])
def test_a_resend_gives_the_same_position_and_no_second_post(rig: Rig, later_ms: int) -> None:
    position = rig.post("ann", client_id="c-1")
    rig.clock.advance(later_ms)
    assert rig.post("ann", client_id="c-1") == position
    assert len(rig.posts.posts) == 1


def test_between_the_fence_and_settling_nothing_is_decided(rig: Rig) -> None:
    rig.post("ann", client_id="c-1")
    rig.clock.advance(20_000)
    with pytest.raises(RetryLater) as refused:
        rig.post("ann", client_id="c-1")
    assert refused.value.retry_after_ms is not None
    rig.clock.advance(refused.value.retry_after_ms)
    rig.post("ann", client_id="c-1")
    assert len(rig.posts.posts) == 1


def test_another_text_under_the_same_client_id_is_a_conflict(rig: Rig) -> None:
    rig.post("ann", "one", client_id="c-1")
    with pytest.raises(Conflict):
        rig.post("ann", "two", client_id="c-1")
    assert [post.text for post in rig.posts.posts.values()] == ["one"]


def test_a_claim_that_was_never_written_gets_a_new_position_after_settling(rig: Rig) -> None:
    rig.hook = _die_before("append")
    with pytest.raises(Died):
        rig.post("ann", client_id="c-1")
    [entry] = rig.world.outbox.entries.values()
    rig.hook = None
    rig.clock.advance(31_000)
    position = rig.post("ann", client_id="c-1")
    assert position > entry.position
    assert [post.position for post in rig.posts.posts.values()] == [position]


def test_a_frame_that_waited_too_long_writes_nothing(rig: Rig) -> None:
    caller = rig.caller("ann")
    rig.clock.advance(60_000)
    with pytest.raises(RetryLater):
        rig.poster.post(caller, "c-1", Draft("hello"))
    assert not rig.posts.posts
    assert not rig.world.outbox.entries
    rig.post("ann", client_id="c-1")


def test_a_resend_of_a_deleted_post_is_acked_and_stays_deleted(rig: Rig) -> None:
    position = rig.post("ann", client_id="c-1")
    rig.delete("ann", position)
    for later_ms in (0, 31_000):
        rig.clock.advance(later_ms)
        assert rig.post("ann", client_id="c-1") == position
    [post] = rig.posts.posts.values()
    assert post.text is None


@pytest.mark.parametrize("later_ms", [0, 31_000])
def test_a_resend_is_acked_also_when_what_it_is_about_is_gone(rig: Rig, later_ms: int) -> None:
    tea, milk = (PostRef("ann", rig.post("ann", text)) for text in ("tea?", "milk?"))
    acts: list[Callable[[], str]] = [
        lambda: rig.post("bob", "yes", "c-1", reply_to=tea),
        lambda: rig.post("bob", "well", "c-2", quote=milk),
        lambda: rig.like("bob", tea, "c-3"),
        lambda: rig.repost("bob", milk, "c-4"),
    ]
    first = [act() for act in acts]
    rig.delete("ann", tea.position)
    rig.block("ann", "bob")
    rig.clock.advance(later_ms)
    assert [act() for act in acts] == first
    for act in (rig.like, rig.repost):
        with pytest.raises(NotFound):
            act("bob", milk, "c-5")
    with pytest.raises(NotFound):
        rig.post("bob", "yes", "c-6", reply_to=tea)


def test_a_collision_of_tags_overwrites_nothing(rig: Rig) -> None:
    caller = rig.caller("ann")
    first = rig.poster.post(caller, "c-1", Draft("one"))
    with pytest.raises(RetryLater):
        rig.poster.post(caller, "c-2", Draft("two"))
    assert [post.text for post in rig.posts.posts.values()] == ["one"]
    rig.clock.advance(31_000)
    second = rig.post("ann", "two", client_id="c-2")
    assert second != first
    assert len(rig.posts.posts) == 2


def test_only_ones_own_posts_can_be_deleted(rig: Rig) -> None:
    position = rig.post("ann")
    with pytest.raises(NotFound):
        rig.delete("bob", position)
    rig.delete("ann", position)
    rig.delete("ann", position)
    assert [post.text for post in rig.posts.posts.values()] == [None]
    assert len(rig.posts.stream) == 2


def _die_before(name: str):  # type: ignore[no-untyped-def]
    def hook(called: str) -> None:
        if called == name:
            raise Died

    return hook
