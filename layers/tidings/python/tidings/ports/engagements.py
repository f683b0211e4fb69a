"""What people do with posts, and how often it was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from tidings.domain.engagement import Counts, Engaged, Engagement
from tidings.domain.posts import Post, PostRef
from tidings.domain.stamp import Fence


class Engagements(Protocol):
    """Likes, reposts and replies.  A count changes in one transaction with what it counts."""

    def get(self, user_id: str, kind: Engagement, post: PostRef) -> Engaged | None:
        """A user's register, strongly read; None where nothing was ever done (or so long ago that it is forgotten)."""
        ...

    def put(
        self,
        user_id: str,
        kind: Engagement,
        post: PostRef,
        position: str,
        fence: Fence,
        *,
        on: bool,
        repost: Post | None = None,
    ) -> Engaged:
        """Engage, or take it back, unless the register holds a later position.  What stands now.

        `repost` is the post to be written where the user has not reposted yet; the one that stands is made a
        tombstone when it is taken back.  Raises `RetryLater`, also where another post stands at its position.
        """
        ...

    def withdraw(self, repost: Post, position: str, fence: Fence) -> None:
        """Make a repost a tombstone, and take it back if it still is its user's."""
        ...

    def answer(self, reply: Post, fence: Fence) -> Post | None:
        """Put a reply if its position is free, list and count it.  None: written.  Else what stands there."""
        ...

    def retract(self, reply: Post, fence: Fence) -> None:
        """Make a reply a tombstone, take it off the list and out of the count.  Twice is harmless."""
        ...

    def replies(self, post: PostRef, after: str, before: str, limit: int) -> tuple[list[PostRef], str | None]:
        """Up to `limit` replies to a post between the positions, newest first; the last position looked at when there
        may be more, else None."""
        ...

    def counts(self, user_id: str, posts: Iterable[PostRef]) -> Mapping[PostRef, Counts]:
        """The counts of each of `posts`, and what the user did with it (eventually consistent)."""
        ...
