"""Terms go live while posts arrive, workers are slow, die and remember: none is ever missed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.search.rig import AWAKE_MS, BOUND_MS, Died, Rig
from tidings.domain.errors import TidingsError
from tidings.domain.posts import Post
from tidings.services.fanout.index import INDEX

TERMS = ("a", "b", "#c")
PAUSES = (1, 300, 2_000, 9_000, 14_000, 31_000, BOUND_MS + 1, 120_000, AWAKE_MS // 2, AWAKE_MS)


class Chaos:
    """`random` decides everything: whatever runs may be interrupted at any call to a store, by anything else."""

    def __init__(self, random: Random, nesting: float = 0.15, deaths: float = 0.02) -> None:
        self.random = random
        self.rig = Rig()
        self.rig.hook = lambda _name: self._at_a_call()
        self._nesting = nesting
        self._deaths = deaths
        self._depth = 0
        self._unseen: list[Post] = []
        self.posts: list[Post] = []

    def step(self) -> None:
        """One random thing happens."""
        acts: list[Callable[[], None]] = [
            *[self._post] * 4,
            *[self._show] * 4,
            *[self._work] * 8,
            *[self._search] * 2,
            *[self._pause] * 2,
            self._delete,
        ]
        with suppress(Died, TidingsError):
            self.random.choice(acts)()

    def settle(self) -> None:
        """No more trouble: everything on its way arrives."""
        self.rig.hook = None
        while self._unseen:
            self.rig.show(self._unseen.pop())
        self.rig.settle()

    def check(self) -> None:
        """Every live term has all posts that hold it, but for those that nobody has entered yet."""
        waiting = {(post.author, post.position) for post in self._unseen}
        for queued in self.rig.lanes.queued:
            job = queued.job
            if INDEX in (job["kind"], job.get("of")):
                waiting.add((job["owner"], job["position"]))
        for name, term in self.rig.world.search.terms().items():
            if not term.live:
                continue
            there = {(each.author, each.position) for each in self.rig.world.search.entered.get(name, ())}
            wanted = {(ref.author, ref.position) for ref in self.rig.expected(name)}
            assert wanted <= there | waiting, name

    def _post(self) -> None:
        text = " ".join(self.random.sample((*TERMS, "z"), self.random.randint(1, 3)))
        post = self.rig.post(self.random.choice(("ann", "bob")), text, planned=False)
        self.posts.append(post)
        self._unseen.append(post)

    def _show(self) -> None:
        if self._unseen:
            post = self._unseen.pop(self.random.randrange(len(self._unseen)))
            self.rig.show(post)

    def _work(self) -> None:
        due = self.rig.lanes.due()
        if not due:
            return
        job = due.pop(self.random.randrange(len(due)))
        self.rig.lanes.send("small", due)
        if self.random.random() < 0.1:
            self.rig.lanes.send("small", [job])
        self.rig.do(job, self.random)

    def _search(self) -> None:
        self.rig.ask(" ".join(self.random.sample(TERMS, self.random.randint(1, 2))))

    def _pause(self) -> None:
        self.rig.clock.advance(self.random.choice(PAUSES[: 8 if self._depth else None]))

    def _delete(self) -> None:
        if self.posts:
            self.rig.delete(self.posts.pop(self.random.randrange(len(self.posts))))

    def _at_a_call(self) -> None:
        if self.random.random() < self._deaths:
            raise Died
        if self._depth < 2 and self.random.random() < self._nesting:
            self._depth += 1
            try:
                self.step()
            finally:
                self._depth -= 1


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(10, 120))
def test_a_live_term_misses_no_post(seed: int, steps: int) -> None:
    chaos = Chaos(Random(seed))
    for _ in range(steps):
        chaos.step()
        chaos.check()
    chaos.settle()
    chaos.check()
    for term in TERMS:
        assert chaos.rig.live(term) == chaos.rig.expected(term)
    kept = {position for position, _ in chaos.rig.world.search.posts}
    alive = [*chaos.rig.expected("from:ann"), *chaos.rig.expected("from:bob")]
    assert kept == {ref.position for ref in alive}, "of deleted posts nothing is kept"
