"""A random world: requests, planners and workers run into each other, die at any call, and are delivered again."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.unit.timelines.rig import BOUND_MS, Died, Rig
from tidings.domain.errors import RetryLater, TidingsError

USERS = ("ann", "bob", "cid")
PAUSES = (1, 50, 2_000, 9_000, 16_000, 31_000, BOUND_MS, 120_000)

Request = Callable[[], object]


class Chaos:
    """`random` decides everything.  `deaths` and `nesting` are probabilities a call."""

    def __init__(self, random: Random, deaths: float = 0.03, nesting: float = 0.08) -> None:
        self.random = random
        self.rig = Rig()
        self.rig.people(*USERS)
        self.rig.hook = lambda _name: self._at_a_call()
        self.rig.commit = self._in_flight
        self._deaths = deaths
        self._nesting = nesting
        self._depth = 0
        self._number = 0
        self._unacked: list[Request] = []

    def run(self, steps: int) -> None:
        """So many steps at the top."""
        for _ in range(steps):
            self.step()

    def step(self) -> None:
        """One random thing happens."""
        steps: list[Callable[[], None]] = [
            *[self._post] * 3,
            self._delete,
            *[self._follow] * 3,
            *[self._unfollow] * 2,
            *[self._pass_time] * 3,
            *[self._plan] * 4,
            *[self._work] * 8,
            self._resend,
        ]
        self.random.choice(steps)()

    def settle(self) -> None:
        """No more trouble: clients resend until they are acked, and everything on its way arrives."""
        self.rig.hook = self.rig.commit = None
        for _ in range(1_000):
            if not self._unacked:
                break
            request = self._unacked.pop(0)
            try:
                request()
            except RetryLater as later:
                self.rig.pass_time(later.retry_after_ms or 1_000)
                self._unacked.append(request)
        assert not self._unacked, "a request is never acked"
        self.rig.settle()

    def _request(self, request: Request) -> None:
        """What a client does: send, and send again whatever was not acked."""
        try:
            request()
        except (Died, RetryLater):
            self._unacked.append(request)

    def _name(self) -> str:
        self._number += 1
        return f"c-{self._number}"

    def _two(self) -> tuple[str, str]:
        one, other = self.random.sample(USERS, 2)
        return one, other

    def _post(self) -> None:
        author, client_id = self.random.choice(USERS), self._name()
        self._request(lambda: self.rig.post(author, client_id, client_id))

    def _delete(self) -> None:
        alive = [post for post in self.rig.posts.posts.values() if post.text is not None]
        if alive:
            post = self.random.choice(alive)
            self._request(lambda: self.rig.delete(post.author, post.position))

    def _follow(self) -> None:
        (follower, author), client_id = self._two(), self._name()
        self._request(lambda: self.rig.follow(follower, author, client_id))

    def _unfollow(self) -> None:
        (follower, author), client_id = self._two(), self._name()
        self._request(lambda: self.rig.unfollow(follower, author, client_id))

    def _resend(self) -> None:
        if self._unacked:
            self._request(self._unacked.pop(self.random.randrange(len(self._unacked))))

    def _pass_time(self) -> None:
        self.rig.pass_time(self.random.choice(PAUSES))

    def _plan(self) -> None:
        """Any record of the stream, sometimes delivered twice."""
        stream = self.rig.posts.stream
        if stream:
            record = stream.pop(self.random.randrange(len(stream)))
            if self.random.random() < 0.2:
                stream.append(record)
            self.rig.plan_record(record)

    def _work(self) -> None:
        """A few of the jobs that are due, in any order, sometimes delivered twice."""
        due = self.rig.lanes.due()
        self.random.shuffle(due)
        taken, left = due[:3], due[3:]
        again = [job for job in taken if self.random.random() < 0.2]
        self.rig.lanes.send("small", left)
        self.rig.lanes.send("small", again, self.random.choice(PAUSES))
        shift = self.rig.worker.begin()
        for job in taken:
            self.rig.do(job, shift)

    def _at_a_call(self) -> None:
        """Before or after any call to a port."""
        if self.random.random() < self._deaths:
            raise Died
        self._others()

    def _in_flight(self) -> None:
        """A write has passed its fence and has not taken effect."""
        self._others()
        if self.random.random() < 0.2:
            self.rig.pass_time(self.random.choice(PAUSES))
        if self.random.random() < self._deaths:
            raise Died

    def _others(self) -> None:
        """Now and then others get a whole series of things done meanwhile."""
        if self._depth < 2 and self.random.random() < self._nesting:
            self._depth += 1
            try:
                for _ in range(self.random.choice((1, 1, 2, 8))):
                    self.step()
            except (TidingsError, Died):
                pass  # theirs, not ours
            finally:
                self._depth -= 1


class OneEdge(Chaos):
    """bob follows ann, who has posted once; both change their minds while the fan-out is at work."""

    def __init__(self, random: Random) -> None:
        super().__init__(random, deaths=0.0, nesting=0.0)
        self.rig.follow("bob", "ann")
        self._position = self.rig.post("ann")
        self._deaths, self._nesting = 0.05, 0.2

    def step(self) -> None:
        """One random thing happens."""
        steps: list[Callable[[], None]] = [
            self._delete_it,
            *[lambda: self._change(self.rig.follow)] * 2,
            *[lambda: self._change(self.rig.unfollow)] * 2,
            *[self._pass_time] * 2,
            *[self._plan] * 4,
            *[self._work] * 8,
            self._resend,
        ]
        self.random.choice(steps)()

    def _delete_it(self) -> None:
        if self.random.random() < 0.3:
            self._request(lambda: self.rig.delete("ann", self._position))

    def _change(self, act: Callable[[str, str, str], str]) -> None:
        client_id = self._name()
        self._request(lambda: act("bob", "ann", client_id))


class OnePost(Chaos):
    """bob follows ann, who posts and takes it back at once; the fan-out is slow."""

    def __init__(self, random: Random) -> None:
        super().__init__(random, deaths=0.0, nesting=0.0)
        self.rig.follow("bob", "ann")
        self.rig.settle()
        self._deaths, self._nesting = 0.02, 0.25

    def step(self) -> None:
        """One random thing happens."""
        alive = any(post.text is not None for post in self.rig.posts.posts.values())
        steps: list[Callable[[], None]] = [
            self._delete if alive else self._post,
            *[self._pass_time] * 2,
            *[self._plan] * 3,
            *[self._work] * 4,
            self._resend,
        ]
        self.random.choice(steps)()
