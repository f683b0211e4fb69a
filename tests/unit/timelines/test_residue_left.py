"""Who is pushed to because they pull too many, and follows no more: what was planned before comes before the purge."""

from __future__ import annotations

import pytest

from tests.contract.made import position
from tests.unit.timelines.rig import BOUND_MS, Died, Rig
from tidings.domain.authors import REMEMBERED_MS, Author
from tidings.domain.events import Path
from tidings.domain.posts import Post


@pytest.fixture
def rig() -> Rig:
    """ann is pulled; bob follows her, and has no room for a mark."""
    rig = Rig()
    rig.most = 0
    rig.build()
    rig.people("ann", "bob")
    rig.world.authors.all["ann"] = Author("ann", path=Path.PULL, pulled_from=rig.clock.now())
    rig.clock.advance(REMEMBERED_MS)
    rig.follow("bob", "ann")
    rig.settle()
    return rig


def posted(rig: Rig) -> str:
    """A post of ann's, which is pulled."""
    at = position(rig.clock.advance(1))
    rig.posts.append(Post("ann", at, "c", Path.PULL, "hello"), rig.world.fence())
    return at


@pytest.mark.parametrize("dies_at", [None, "drop", "page", "delete"])
def test_a_chunk_that_comes_after_the_purges(rig: Rig, dies_at: str | None) -> None:
    """The lane is behind: both purges of the unfollow are due by the time that the first one begins, and the worker of
    that one dies, perhaps when bob has left the residue already."""
    old = posted(rig)
    rig.settle()
    assert rig.feed("bob") == [old]
    rig.unfollow("bob", "ann")
    rig.clock.advance(2 * rig.world.times.settle + BOUND_MS)
    purges = rig.lanes.due()
    assert [purge["kind"] for purge in purges] == ["purge", "purge"]
    posted(rig)
    rig.plan()
    chunks = rig.lanes.due()
    assert [chunk["recipients"] for chunk in chunks if chunk["kind"] == "pulled"] == [["ann", "bob"]]

    def hook(name: str) -> None:
        if name == dies_at:
            rig.hook = None
            raise Died

    rig.hook = hook
    for purge in sorted(purges, key=lambda each: each.get("final", False)):
        rig.do(purge)
    rig.hook = None
    again = [each.job for each in rig.lanes.queued if not each.job.get("final")]
    rig.lanes.queued[:] = [each for each in rig.lanes.queued if each.job.get("final")]
    for purge in again:
        rig.do(purge)
    for chunk in chunks:
        rig.do(chunk)
    rig.settle()
    assert rig.home("bob") == rig.feed("bob") == []
    assert not rig.graph.reader("bob").removed
