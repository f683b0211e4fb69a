"""Mutes, and what home does not show of those whom the reader has muted or somebody has blocked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.timelines.rig import Rig
from tidings.domain.errors import Conflict, InvalidRequest, UnknownUser
from tidings.domain.position import stamped
from tidings.domain.posts import PostRef, TimelineEntry
from tidings.ports import Block
from tidings.ports.timelines import ReaderState
from tidings.services.visibility import Hiding


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.people("ann", "bob", "cid", "dan")
    return rig


def mute(rig: Rig, user: str, whom: str, client_id: str = "") -> str:
    rig.clock.advance(1)
    caller = rig.caller(user)
    return rig.muting.mute(caller, client_id or caller.frame_id, whom)


def unmute(rig: Rig, user: str, whom: str, client_id: str = "") -> str:
    rig.clock.advance(1)
    caller = rig.caller(user)
    return rig.muting.unmute(caller, client_id or caller.frame_id, whom)


class TestMuting:
    def test_what_was_hidden_comes_back(self, rig: Rig) -> None:
        for author in ("ann", "bob"):
            rig.follow("cid", author)
        one, other = rig.post("ann"), rig.post("bob")
        rig.settle()
        mute(rig, "cid", "ann")
        assert rig.home("cid") == [other]
        assert rig.muting.page(rig.caller("cid"), None, 10) == (["ann"], None)
        later = rig.post("ann")
        rig.settle()
        assert rig.home("cid") == [other]
        unmute(rig, "cid", "ann")
        assert rig.home("cid") == [later, other, one]
        assert rig.muting.page(rig.caller("cid"), None, 10) == ([], None)

    def test_a_resend_does_not_undo_what_came_after_it(self, rig: Rig) -> None:
        first = mute(rig, "cid", "ann", "c1")
        unmute(rig, "cid", "ann")
        for wait in (0, rig.world.times.settle + 1):
            rig.clock.advance(wait)
            assert mute(rig, "cid", "ann", "c1") == first
            assert rig.world.mutes.hidden("cid") == frozenset()

    def test_what_cannot_be(self, rig: Rig) -> None:
        with pytest.raises(InvalidRequest):
            mute(rig, "cid", "cid")
        with pytest.raises(UnknownUser):
            mute(rig, "cid", "nobody")
        mute(rig, "cid", "ann", "c1")
        with pytest.raises(Conflict):
            mute(rig, "cid", "bob", "c1")
        with pytest.raises(InvalidRequest):
            rig.muting.page(rig.caller("cid"), "not a user", 10)


class TestHiding:
    @pytest.mark.parametrize("field", ["repost_of", "quote"])
    def test_what_others_pass_on_of_them(self, rig: Rig, field: str) -> None:
        at = str(stamped(rig.clock.now(), "ann", "phone", "f"))
        entry = TimelineEntry("ann", at, "look", **{field: PostRef("bob", at)})  # type: ignore[arg-type]
        assert not ReaderState().hides(entry)
        assert ReaderState(blocked=frozenset({"bob"})).hides(entry)
        assert ReaderState(muted=frozenset({"bob"})).hides(entry)
        assert not ReaderState(removed=frozenset({"bob"})).hides(entry), "whoever is unfollowed may be passed on"
        assert not ReaderState(muted=frozenset({"bob"})).hides(replace(entry, **{field: None}))

    def test_who_is_hidden_from_too_many_is_asked_about(self, rig: Rig) -> None:
        at = str(stamped(rig.clock.now(), "ann", "phone", "f"))
        entries = [TimelineEntry(author, at, "look") for author in ("ann", "bob", "dan")]
        rig.world.blocks.put("bob", Block("cid", at), rig.world.fence())
        mute(rig, "cid", "ann")
        hiding = Hiding(rig.world.blocks, rig.world.mutes)
        assert hiding.rest("cid", ReaderState(), entries) == entries, "what is at hand has been asked already"
        assert hiding.rest("cid", ReaderState(more=True), entries) == entries[2:]
        own = [TimelineEntry("cid", at, "look"), TimelineEntry("cid", at, "see", quote=PostRef("ann", at))]
        assert hiding.rest("cid", ReaderState(more=True), own) == own

    @pytest.mark.parametrize("hide", [mute, Rig.block], ids=["mute", "block"])
    def test_ones_own_posts_stay_whatever_they_quote_or_pass_on(self, rig: Rig, hide: Callable[..., str]) -> None:
        about = PostRef("ann", rig.post("ann"))
        quoted, passed_on = rig.post("cid", quote=about), rig.repost("cid", about)
        rig.follow("cid", "bob")
        rig.post("bob", quote=about)
        rig.settle()
        hide(rig, "cid", "ann")
        assert rig.home("cid") == [passed_on, quoted]
