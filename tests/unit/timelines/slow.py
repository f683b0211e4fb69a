"""Stores that take their time: a write takes effect a while after its fence was checked, and others act meanwhile.

`commit` is called in between, as the network does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tests.fakes import FakeEngagements, FakeGraph, FakeMarks, FakePosts, FakeResidue, FakeTimelines
from tidings.domain.engagement import Engaged
from tidings.domain.posts import Post, TimelineEntry
from tidings.domain.stamp import Fence
from tidings.ports import Edge

T = TypeVar("T")


class StreamedPosts(FakePosts):
    """Posts, and the stream of their changes."""

    def __init__(self, commit: Callable[[], None]) -> None:
        super().__init__()
        self.stream: list[Post] = []
        self.commit = commit

    def append(self, post: Post, fence: Fence) -> Post | None:
        fence.check()
        self.commit()
        standing = super().append(post, Fence(2**50, fence.times, fence.now))
        if standing is None:
            self.stream.append(post)
        return standing

    def tombstone(self, author: str, position: str, fence: Fence) -> bool:
        fence.check()
        self.commit()
        old = self.posts.get((author, position))
        done = super().tombstone(author, position, Fence(2**50, fence.times, fence.now))
        if done and old != self.posts[author, position]:
            self.stream.append(self.posts[author, position])
        return done


class SlowEngagements(FakeEngagements):
    """A transaction, posts included, takes effect as a whole some time after its fence was checked."""

    def __init__(self, posts: StreamedPosts) -> None:
        super().__init__(posts)
        self._streamed = posts

    def put(self, *arguments: Any, **named: Any) -> Engaged:
        return self._whole(super().put, arguments, 4, named)

    def withdraw(self, *arguments: Any) -> None:
        self._whole(super().withdraw, arguments, 2)

    def answer(self, *arguments: Any) -> Post | None:
        return self._whole(super().answer, arguments, 1)

    def retract(self, *arguments: Any) -> None:
        self._whole(super().retract, arguments, 1)

    def _whole(
        self, act: Callable[..., T], given: tuple[Any, ...], fence: int, named: Mapping[str, Any] | None = None
    ) -> T:
        """`act`, the place of whose fence among the arguments is `fence`."""
        given[fence].check()
        self._streamed.commit()
        late = Fence(2**50, given[fence].times, given[fence].now)
        commit, self._streamed.commit = self._streamed.commit, lambda: None
        try:
            return act(*given[:fence], late, *given[fence + 1 :], **(named or {}))
        finally:
            self._streamed.commit = commit


class SlowTimelines(FakeTimelines):
    """Each batch takes effect some time after its fence was checked."""

    commit: Callable[[], None]

    def write(self, entries: Sequence[tuple[str, TimelineEntry]], fence: Fence) -> None:
        for start in range(0, len(entries), 25):
            fence.check()
            self.commit()
            super().write(entries[start : start + 25], Fence(2**50, fence.times, fence.now))

    def delete(self, keys: Sequence[tuple[str, str]], fence: Fence) -> None:
        for start in range(0, len(keys), 25):
            fence.check()
            self.commit()
            super().delete(keys[start : start + 25], Fence(2**50, fence.times, fence.now))


class SlowGraph(FakeGraph):
    """An edge takes effect some time after its fence was checked, if nobody changed it meanwhile."""

    commit: Callable[[], None]

    def follow(self, follower: str, author: str, position: str, fence: Fence) -> Edge | None:
        fence.check()
        self.commit()
        return super().follow(follower, author, position, Fence(2**50, fence.times, fence.now))

    def ask(self, follower: str, author: str, position: str, fence: Fence) -> Edge | None:
        fence.check()
        self.commit()
        return super().ask(follower, author, position, Fence(2**50, fence.times, fence.now))

    def answer(self, author: str, follower: str, position: str, fence: Fence, *, accept: bool) -> bool:
        fence.check()
        self.commit()
        return super().answer(author, follower, position, Fence(2**50, fence.times, fence.now), accept=accept)

    def unfollow(self, follower: str, author: str, position: str, fence: Fence) -> bool:
        fence.check()
        self.commit()
        return super().unfollow(follower, author, position, Fence(2**50, fence.times, fence.now))


class SlowMarks(FakeMarks):
    """A mark changes some time after its fence was checked."""

    commit: Callable[[], None]

    def open(self, reader: str, author: str, start: int, most: int, fence: Fence) -> bool:
        fence.check()
        self.commit()
        return super().open(reader, author, start, most, Fence(2**50, fence.times, fence.now))

    def close(self, reader: str, author: str, start: int, until: int, fence: Fence) -> None:
        fence.check()
        self.commit()
        super().close(reader, author, start, until, Fence(2**50, fence.times, fence.now))

    def drop(self, reader: str, author: str, fence: Fence) -> None:
        fence.check()
        self.commit()
        super().drop(reader, author, Fence(2**50, fence.times, fence.now))


class SlowResidue(FakeResidue):
    """Likewise."""

    commit: Callable[[], None]

    def enter(self, author: str, reader: str, start: int, fence: Fence) -> None:
        fence.check()
        self.commit()
        super().enter(author, reader, start, Fence(2**50, fence.times, fence.now))

    def drop(self, author: str, reader: str, fence: Fence) -> int | None:
        fence.check()
        self.commit()
        return super().drop(author, reader, Fence(2**50, fence.times, fence.now))
