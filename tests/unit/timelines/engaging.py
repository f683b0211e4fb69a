"""A random world of people who post, answer, quote, like, repost and take it back; nobody changes whom they follow."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.unit.timelines.chaos import USERS, Chaos, Request
from tests.unit.timelines.rig import Died
from tidings.domain.errors import NotFound, RetryLater
from tidings.domain.posts import Post, PostRef

Mine = tuple[str, PostRef]
"""A user and what they like."""


class Engaging(Chaos):
    """bob and cid follow ann, ann and cid follow bob, ann follows cid.  `liked`: the acked frames and their places."""

    def __init__(self, random: Random) -> None:
        super().__init__(random, deaths=0.0, nesting=0.0)
        for follower, author in (("bob", "ann"), ("cid", "ann"), ("ann", "bob"), ("cid", "bob"), ("ann", "cid")):
            self.rig.follow(follower, author)
        self.rig.settle()
        self.liked: dict[Mine, list[tuple[str, bool]]] = {}
        self._deaths, self._nesting = 0.02, 0.1

    def step(self) -> None:
        """One random thing happens."""
        steps: list[Callable[[], None]] = [
            self._post,
            *[self._refer] * 3,
            *[self._like] * 3,
            *[self._repost] * 4,
            *[self._delete] * 2,
            *[self._pass_time] * 3,
            *[self._plan] * 4,
            *[self._work] * 8,
            self._resend,
        ]
        self.random.choice(steps)()

    def _request(self, request: Request) -> None:
        """What is about a post that has been deleted meanwhile fails for good."""
        try:
            request()
        except (Died, RetryLater):
            self._unacked.append(_forgiving(request))
        except NotFound:
            return

    def _any(self) -> Post | None:
        posts = list(self.rig.posts.posts.values())
        return self.random.choice(posts[:4]) if posts else None

    def _refer(self) -> None:
        about, author, client_id = self._any(), self.random.choice(USERS), self._name()
        if about is not None:
            name = self.random.choice(("reply_to", "quote"))
            self._request(lambda: self.rig.post(author, client_id, client_id, **{name: about.ref}))

    def _like(self) -> None:
        about, user, client_id = self._any(), self.random.choice(USERS), self._name()
        on = self.random.random() < 0.6
        if about is None:
            return

        def like() -> None:
            place = self.rig.like(user, about.ref, client_id, on=on)
            self.liked.setdefault((user, about.original), []).append((place, on))

        self._request(like)

    def _repost(self) -> None:
        about, user, client_id = self._any(), self.random.choice(USERS), self._name()
        on = self.random.random() < 0.6
        if about is not None:
            self._request(lambda: self.rig.repost(user, about.ref, client_id, on=on))


def _forgiving(request: Request) -> Request:
    def again() -> None:
        try:
            request()
        except NotFound:
            return

    return again
