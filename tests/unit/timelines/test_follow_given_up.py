"""What comes before an edge does not outlive a follow, or a yes to a request, that is given up in the middle."""

from __future__ import annotations

import pytest

from tests.contract.made import position
from tests.unit.timelines.rig import Died, Rig
from tidings.domain.authors import REMEMBERED_MS, Author
from tidings.domain.errors import Unavailable
from tidings.domain.events import Path
from tidings.domain.profile import ProfileChange


@pytest.fixture(params=[1, 0], ids=["marked", "in the residue"])
def rig(request: pytest.FixtureRequest) -> Rig:
    """ann is pulled; bob has room for a mark of hers, or none."""
    rig = Rig()
    rig.most = request.param
    rig.build()
    rig.people("ann", "bob")
    rig.world.authors.all["ann"] = Author("ann", path=Path.PULL, pulled_from=rig.clock.now())
    rig.clock.advance(REMEMBERED_MS)
    return rig


def dies(rig: Rig, call: str, error: BaseException) -> None:
    def hook(name: str) -> None:
        if name == call:
            rig.hook = None
            raise error

    rig.hook = hook


def dies_behind(rig: Rig, call: str) -> None:
    """Before the call is the first time, behind it the second."""
    times = iter((False, True))

    def hook(name: str) -> None:
        if name == call and next(times):
            rig.hook = None
            raise Died

    rig.hook = hook


def nothing_is_left(rig: Rig) -> None:
    early = rig.post("ann")
    rig.plan()
    rig.work()
    rig.settle()
    late = rig.post("ann")
    rig.settle()
    assert rig.home("bob") == rig.feed("bob") == []
    assert rig.graph.reader("bob").pulled == ()
    rig.follow("bob", "ann")
    rig.settle()
    assert rig.home("bob") == [late, early]


@pytest.mark.parametrize("error", [Died(), Unavailable("The database did not answer.")])
def test_a_follow(rig: Rig, error: BaseException) -> None:
    dies(rig, "follow", error)
    with pytest.raises(type(error)):
        rig.follow("bob", "ann")
    nothing_is_left(rig)


def test_a_follow_that_somebody_else_made_meanwhile_stays(rig: Rig) -> None:
    dies(rig, "follow", Died())
    with pytest.raises(Died):
        rig.follow("bob", "ann")
    rig.follow("bob", "ann")
    post = rig.post("ann")
    rig.settle()
    assert rig.home("bob") == [post]


def test_a_yes_that_is_followed_by_a_no(rig: Rig) -> None:
    rig.world.profiles.set("ann", ProfileChange(private=True), position(rig.clock.now()), rig.world.fence())
    rig.follow("bob", "ann")
    dies(rig, "answer", Died())
    with pytest.raises(Died):
        rig.requests.accept(rig.caller("ann"), "yes", "bob")
    rig.clock.advance(1)
    rig.requests.decline(rig.caller("ann"), "no", "bob")
    rig.settle()
    post = rig.post("ann")
    rig.settle()
    assert rig.home("bob") == rig.feed("bob") == []
    assert rig.graph.reader("bob").pulled == ()
    rig.follow("bob", "ann")
    rig.clock.advance(1)
    rig.requests.accept(rig.caller("ann"), "yes after all", "bob")
    rig.settle()
    assert rig.home("bob") == [post]


@pytest.mark.parametrize("path", [Path.PUSH, Path.PULL])
@pytest.mark.parametrize("private", [False, True])
def test_who_follows_has_the_recent_posts_whoever_died_behind_the_edge(rig: Rig, path: Path, private: bool) -> None:
    rig.world.authors.all["ann"] = Author("ann", path=path, pulled_from=rig.clock.now() * (path is Path.PULL))
    rig.world.profiles.set("ann", ProfileChange(private=private), position(rig.clock.now()), rig.world.fence())
    early = rig.post("ann")
    rig.settle()
    if private:
        rig.follow("bob", "ann")
    dies_behind(rig, "answer" if private else "follow")
    with pytest.raises(Died):
        rig.clock.advance(1)
        _ = rig.requests.accept(rig.caller("ann"), "yes", "bob") if private else rig.follow("bob", "ann")
    rig.settle()
    assert rig.home("bob") == [early]
