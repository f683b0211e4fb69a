"""Authors cross over and back while people follow, read, post and die: every home ends as it has to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.timelines.chaos import PAUSES, Chaos
from tests.unit.timelines.rig import Rig
from tidings.domain.authors import REMEMBERED_MS
from tidings.domain.events import Path
from tidings.domain.policy import Policy

seeds = st.integers(0, 2**32)
READERS = ("bob", "cid", "dan", "eve", "fay")
AUTHORS = ("ann", "amy")
LONGER = (*PAUSES, 2 * REMEMBERED_MS, 90_000)


@pytest.fixture(autouse=True, scope="module")
def _long_backfills() -> Iterator[None]:
    """However much is posted, a follow brings all of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tidings.services.fanout.edges.BACKFILL", 1_000)
        yield


class SmallRig(Rig):
    """Two followers are pushed to; a reader pulls one author."""

    policy = Policy(always_pull=2, never_pull=1_000)
    most = 1


class Crossings(Chaos):
    """Two authors whose followers come and go in waves, so that they cross both ways, together and apart."""

    make: type[Rig] = SmallRig

    def __init__(self, random: Random, deaths: float = 0.02, nesting: float = 0.06) -> None:
        super().__init__(random, deaths=0.0, nesting=0.0)
        hook, commit = self.rig.hook, self.rig.commit
        self.rig = self.make()
        self.rig.people(*AUTHORS, *READERS)
        self.rig.graph.shard_counts = {name: random.choice((1, 3)) for name in AUTHORS}
        self.rig.hook, self.rig.commit = hook, commit
        self._deaths, self._nesting = deaths, nesting
        self._growing = dict.fromkeys(AUTHORS, True)
        self.paths: set[Path] = set()
        self.turns = 0
        self._path = Path.PUSH

    def step(self) -> None:
        """One random thing happens."""
        steps: list[Callable[[], None]] = [
            *[self._post_one] * 5,
            self._delete,
            *[self._come_or_go] * 5,
            *[self._wait] * 3,
            *[self._plan] * 4,
            *[self._work] * 10,
            self._resend,
        ]
        self.random.choice(steps)()
        path = self.rig.world.authors.get("ann", strong=True).path
        self.turns += path is not self._path
        self._path = path

    def _post_one(self) -> None:
        author, client_id = self.random.choice((*AUTHORS, "bob")), self._name()
        self._request(lambda: self.rig.post(author, client_id, client_id))

    def _come_or_go(self) -> None:
        author = self.random.choice(AUTHORS)
        if self.random.random() < 0.1:
            self._growing[author] = not self._growing[author]
        act = self.rig.follow if self._growing[author] or self.random.random() < 0.15 else self.rig.unfollow
        reader, client_id = self.random.choice(READERS), self._name()

        def request() -> str:
            return act(reader, author, client_id)

        self._request(request)
        if request in self._unacked and self.random.random() < 0.3:
            self._unacked.remove(request)  # The client gives it up, wherever it has got to.

    def _wait(self) -> None:
        self.rig.pass_time(self.random.choice(LONGER))


def check(chaos: Crossings) -> None:
    """Each home shows the posts that are not deleted, one's own and of those one follows, and no others; what is
    pulled lies with nobody but its author and the residue; and marks are as the authors are."""
    rig = chaos.rig
    alive = [post for post in rig.posts.posts.values() if post.text is not None]
    for user in (*READERS, *AUTHORS):
        followed = {author for (who, author), edge in rig.graph.edges.items() if who == user and edge.following}
        expected = sorted((post.position for post in alive if post.author in {user, *followed}), reverse=True)
        assert rig.home(user, limit=3) == expected, user
        marks = rig.graph.reader(user).pulled
        assert {mark.author for mark in marks} <= followed
        assert sum(mark.open for mark in marks) <= SmallRig.most
        for mark in marks:
            author = rig.world.authors.get(mark.author, strong=True)
            assert not mark.open or mark.start == author.pulled_from
        for post in alive:
            if post.path is Path.PULL and post.author != user and post.position in rig.feed(user):
                assert user in rig.residue.all[post.author], user
    gone = {post.position for post in rig.posts.posts.values() if post.text is None}
    assert not gone & {position for user in (*READERS, *AUTHORS) for position in rig.feed(user)}
    for name in AUTHORS:
        author = rig.world.authors.get(name, strong=True)
        assert (author.path is Path.PULL) is (author.pulled_from > 0)
        assert author.leaving == 0


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_every_interleaving_converges(seed: int) -> None:
    chaos = Crossings(Random(seed))
    chaos.run(150)
    chaos.settle()
    check(chaos)


def test_the_chaos_crosses_both_ways_and_fills_readers() -> None:
    """Or the test above would show nothing."""
    paths: set[Path] = set()
    turns, left, closed = 0, 0, 0
    for seed in range(25):
        chaos = Crossings(Random(seed))
        chaos.run(150)
        turns += chaos.turns
        paths |= {post.path for post in chaos.rig.posts.posts.values()}
        left += sum(map(len, chaos.rig.residue.all.values()))
        closed += sum(not mark.open for user in READERS for mark in chaos.rig.graph.reader(user).pulled)
    assert paths == {Path.PUSH, Path.PULL}
    assert turns > 5
    assert left > 5
    assert closed > 5
