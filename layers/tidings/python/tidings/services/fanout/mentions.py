"""Mentions as a task: whoever a post mentions, answers or quotes gets a copy into the timeline of their mentions.

Few are told, so one worker does it.  As with the copies at home, one is written under a stamp that was taken before the
post was read strongly, and a delete sweeps at once and once more after `T`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tidings.domain.posts import Post
from tidings.domain.timeline import mentions_of
from tidings.ports.streams import Shown
from tidings.ports.timelines import Posts, Timelines
from tidings.ports.world import Clock
from tidings.services.claim import Stamps
from tidings.services.fanout.jobs import TaskJob
from tidings.services.fanout.kinds import Wanted
from tidings.services.fanout.posts import entry_of
from tidings.services.visibility import Visibility

MENTION: Final = "mention"


def mention_rule(shown: Shown) -> Iterator[Wanted]:
    """A post that tells somebody, and its tombstone, twice."""
    if isinstance(shown, Post) and shown.told:
        yield Wanted(TaskJob(MENTION, shown.author, shown.position), again=shown.text is None)


class Mentioning:
    """Does it."""

    def __init__(
        self, posts: Posts, timelines: Timelines, visibility: Visibility, stamps: Stamps, clock: Clock
    ) -> None:
        self._posts = posts
        self._timelines = timelines
        self._visibility = visibility
        self._stamps = stamps
        self._clock = clock

    def run(self, job: TaskJob) -> TaskJob | None:
        """Tell all of them, or none any more.  Raises `RetryLater`, `Unavailable`."""
        fence = self._stamps.fence(self._clock.now())
        post = self._posts.get(job.owner, job.position, strong=True)
        if post is None:
            return None
        if post.text is None:
            self._timelines.delete([(mentions_of(user), post.position) for user in post.told], fence)
            return None
        entry = entry_of(post)
        told = [user for user in post.told if not self._visibility.hidden(user, [post.author])]
        self._timelines.write([(mentions_of(user), entry) for user in told], fence)
        return None
