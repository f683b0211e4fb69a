"""Everything at once: answers, quotes and reposts, requests, blocks and mutes, absences, authors who cross over, and
whoever dies in the middle of it.  In the end homes, mentions, counts and marks agree with the registers."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypothesis import given, settings

from tests.unit.timelines.rig import RETENTION_MS
from tests.unit.timelines.test_absences import Absences, IdleRig, _long_backfills
from tests.unit.timelines.test_engaging_chaos import counted
from tests.unit.timelines.test_private_chaos import Private, asking
from tests.unit.timelines.test_pulling import AUTHORS, READERS, SmallRig, seeds
from tidings.domain.errors import Forbidden
from tidings.domain.events import Path
from tidings.domain.policy import Policy
from tidings.domain.position import floor, ms_of
from tidings.domain.posts import Post
from tidings.domain.timeline import mentions_of

__all__ = ["_long_backfills"]

EVERYBODY = (*AUTHORS, *READERS)
LATE_MS = 200_000
"""So much later than its frame a follow, resent or not, has been written, and what was on its way has arrived."""


class BusyRig(IdleRig):
    """Two followers are pushed to, if they have looked within two days."""

    policy = Policy(always_pull=2, never_pull=1_000)


class Together(Absences, Private):
    """What the two do, and between it people refer to each other's posts, and change how they stand to anybody."""

    make = BusyRig

    def step(self) -> None:
        """One random thing happens."""
        steps: list[Callable[[], None]] = [*[self._refer] * 4, *[self._pass_on] * 3, self._like, *[self._mute] * 2]
        steps += [*[self._meet] * 2, self._part]
        self.random.choice(steps)() if self.random.random() < 0.35 else super().step()

    def _request(self, request: Callable[[], object]) -> None:
        """A post of a private account is not passed on."""

        def asked() -> None:
            try:
                request()
            except Forbidden:
                return

        super()._request(asked)

    def _recent(self) -> Post | None:
        posts = list(self.rig.posts.posts.values())
        return self.random.choice(posts[-8:]) if posts else None

    def _somebody(self) -> str:
        return self.random.choice((*AUTHORS, *EVERYBODY))

    def _refer(self) -> None:
        about, user, client_id = self._recent(), self._somebody(), self._name()
        name = self.random.choice(("reply_to", "reply_to", "quote"))
        if about is not None:
            self._request(lambda: self.rig.post(user, client_id, client_id, **{name: about.ref}))

    def _pass_on(self) -> None:
        about, user, client_id = self._recent(), self._somebody(), self._name()
        on = self.random.random() < 0.7
        if about is not None:
            self._request(lambda: self.rig.repost(user, about.ref, client_id, on=on))

    def _like(self) -> None:
        about, user, client_id = self._recent(), self._somebody(), self._name()
        on = self.random.random() < 0.6
        if about is not None:
            self._request(lambda: self.rig.like(user, about.ref, client_id, on=on))

    def _mute(self) -> None:
        user, whom, client_id = self.random.choice(READERS), self.random.choice(AUTHORS), self._name()
        act = self.rig.muting.mute if self.random.random() < 0.4 else self.rig.muting.unmute

        def mute() -> None:
            self.rig.clock.advance(1)
            act(self.rig.caller(user), client_id, whom)

        self._request(mute)

    def _meet(self) -> None:
        pair, client_id = self.random.sample(EVERYBODY, 2), self._name()
        act = self.rig.follow if self.random.random() < 0.7 else self.rig.unfollow
        self._request(lambda: act(*pair, client_id))

    def _part(self) -> None:
        pair, client_id = self.random.sample(EVERYBODY, 2), self._name()
        act = self.rig.block if self.random.random() < 0.3 else self.rig.unblock
        self._request(lambda: act(*pair, client_id))


def homes(chaos: Together, user: str) -> tuple[set[str], set[str]]:
    """What home must, and what it may show.  An answer to somebody must where both were followed before it was
    written, or before its author was."""
    rig = chaos.rig
    edges = {author: edge for (who, author), edge in rig.graph.edges.items() if who == user and edge.following}
    hidden = rig.graph.reader(user).hidden
    kept = floor(rig.clock.now() - RETENTION_MS)
    must: set[str] = set()
    may: set[str] = set()
    for post in rig.posts.posts.values():
        shown = {post.author, *(ref.author for ref in (post.quote, post.repost_of) if ref)}
        if post.text is None or post.position <= kept or post.author not in {user, *edges}:
            continue
        if post.author != user and shown & hidden:
            continue
        may.add(post.position)
        if post.author == user or post.answers in (None, user):
            must.add(post.position)
        elif post.answers in edges:
            since = max(ms_of(post.position), ms_of(edges[post.author].position))
            must |= {post.position} if ms_of(edges[post.answers].position) + LATE_MS < since else set()
    return must, may


def check(chaos: Together, user: str) -> None:
    """Somebody's pages, and what lies behind them."""
    rig = chaos.rig
    must, may = homes(chaos, user)
    for limit in (3, 20):
        shown = rig.home(user, limit)
        assert shown == sorted(set(shown), reverse=True), user
        assert must <= set(shown) <= may, user
    rig.settle()
    alive = [post for post in rig.posts.posts.values() if post.text is not None]
    followed = {author for (who, author), edge in rig.graph.edges.items() if who == user and edge.following}
    reader, feed = rig.graph.reader(user), set(rig.feed(user))
    others = [each for each in EVERYBODY if each != user]
    assert reader.blocked == rig.world.blocks.between(user, others, strong=True)
    assert reader.muted == rig.world.mutes.among(user, others)
    assert not reader.blocked & followed
    assert not reader.removed
    assert feed <= {post.position for post in alive if post.author in {user, *followed}}
    assert {mark.author for mark in reader.pulled} <= followed
    assert sum(mark.open for mark in reader.pulled) <= SmallRig.most
    for post in alive:
        if post.path is Path.PULL and post.author != user and post.position in feed:
            assert user in rig.residue.all[post.author], user
    assert set(rig.feed(mentions_of(user))) <= {post.position for post in alive if user in post.told}
    page = rig.mentions.page(rig.caller(user), None, None, 50)
    assert not [entry for entry in page.entries if reader.hides(entry)]
    asked = {who for (who, author), edge in rig.graph.edges.items() if author == user and edge.requested}
    assert asking(chaos, user) == asked
    author = rig.world.authors.get(user, strong=True)
    assert (author.path is Path.PULL, author.leaving) == (author.pulled_from > 0, 0)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_every_interleaving_converges(seed: int) -> None:
    chaos = Together(Random(seed))
    chaos.run(150)
    chaos.settle()
    for user in EVERYBODY:
        check(chaos, user)
    counted(chaos, [post for post in chaos.rig.posts.posts.values() if post.text is not None])


def test_it_is_about_what_it_says() -> None:
    """Or the test above would show nothing."""
    found = dict.fromkeys(("must", "only may", "hidden", "answers", "passed on", "pulled", "away"), 0)
    for seed in range(8):
        chaos = Together(Random(seed))
        chaos.run(150)
        posts = list(chaos.rig.posts.posts.values())
        found["answers"] += sum(post.answers is not None for post in posts)
        found["passed on"] += sum(post.repost_of is not None for post in posts)
        found["pulled"] += sum(post.path is Path.PULL for post in posts)
        found["away"] += chaos.rig.world.meter.counts.get("ReadersBack", 0)
        for user in EVERYBODY:
            must, may = homes(chaos, user)
            found["must"] += len(must)
            found["only may"] += len(may - must)
            found["hidden"] += len(chaos.rig.graph.reader(user).hidden)
    assert min(found.values()) > 10, found
