"""Accounts become private and public again, requests are answered, people block each other, authors cross over, and
everybody may die or give up: in the end a home shows whom its reader follows, and nothing lies where it must not."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypothesis import given, settings

from tests.contract.made import position
from tests.fakes import FakeFollowLists
from tests.unit.timelines.chaos import Request
from tests.unit.timelines.test_pulling import AUTHORS, READERS, Crossings, _long_backfills, seeds
from tidings.domain.errors import NotFound, UnknownUser
from tidings.domain.profile import ProfileChange

__all__ = ["_long_backfills"]


class Private(Crossings):
    """Two authors, of whom each may be private, and readers who follow, ask, block and are blocked."""

    def step(self) -> None:
        """One random thing happens."""
        steps: list[Callable[[], None]] = [
            *[self._post_one] * 4,
            self._delete,
            *[self._come_or_go] * 4,
            self._hide_or_show,
            *[self._answer] * 4,
            *[self._block] * 2,
            *[self._wait] * 3,
            *[self._plan] * 4,
            *[self._work] * 10,
            self._resend,
        ]
        self.random.choice(steps)()

    def _request(self, request: Request) -> None:
        """What cannot be done any more is refused for good, and some clients give up, wherever a request has got to."""

        def asked() -> None:
            try:
                request()
            except (NotFound, UnknownUser):
                return

        super()._request(asked)
        if asked in self._unacked and self.random.random() < 0.3:
            self._unacked.remove(asked)

    def _hide_or_show(self) -> None:
        self.rig.clock.advance(1)
        author, change = self.random.choice(AUTHORS), ProfileChange(private=self.random.random() < 0.6)
        self.rig.world.profiles.set(author, change, position(self.rig.clock.now()), self.rig.world.fence())

    def _answer(self) -> None:
        author, client_id = self.random.choice(AUTHORS), self._name()
        user = self.random.choice(sorted(asking(self, author)) or READERS)
        act = self.rig.requests.accept if self.random.random() < 0.5 else self.rig.requests.decline

        def answer() -> None:
            self.rig.clock.advance(1)
            act(self.rig.caller(author), client_id, user)

        self._request(answer)

    def _block(self) -> None:
        pair, client_id = [self.random.choice(AUTHORS), self.random.choice(READERS)], self._name()
        self.random.shuffle(pair)
        act = self.rig.block if self.random.random() < 0.3 else self.rig.unblock
        self._request(lambda: act(*pair, client_id))


def asking(chaos: Private, author: str) -> set[str]:
    """Who asks to follow, by the author's list."""
    return set(FakeFollowLists(chaos.rig.graph).requests(author, None, 100)[0])


def check(chaos: Private) -> None:
    """Homes, marks, copies, removals and requests agree with the registers."""
    rig = chaos.rig
    alive = [post for post in rig.posts.posts.values() if post.text is not None]
    for user in (*READERS, *AUTHORS):
        followed = {author for (who, author), edge in rig.graph.edges.items() if who == user and edge.following}
        assert not rig.world.blocks.between(user, followed, strong=True)
        expected = sorted((post.position for post in alive if post.author in {user, *followed}), reverse=True)
        assert rig.home(user, limit=3) == expected, user
        assert {mark.author for mark in rig.graph.reader(user).pulled} <= followed
        assert {post.author for post in alive if post.position in rig.feed(user)} <= {user, *followed}
        assert not rig.graph.removals.get(user)
    for author in AUTHORS:
        asked = {who for (who, whom), edge in rig.graph.edges.items() if whom == author and edge.requested}
        assert asking(chaos, author) == asked


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_every_interleaving_converges(seed: int) -> None:
    chaos = Private(Random(seed))
    chaos.run(120)
    chaos.settle()
    check(chaos)


def test_the_chaos_is_about_what_it_says() -> None:
    """Or the test above would show nothing."""
    requests = follows = blocks = 0
    for seed in range(30):
        chaos = Private(Random(seed))
        chaos.run(120)
        edges = chaos.rig.graph.edges.values()
        requests += sum(edge.requested for edge in edges)
        follows += sum(edge.following for edge in edges)
        blocks += sum(len(chaos.rig.graph.reader(user).blocked) for user in READERS)
    assert min(requests, follows, blocks) > 5
