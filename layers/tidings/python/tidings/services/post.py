"""`post` and `post.delete`: one item a post; the stream does the rest.

The item is the fact.  Whoever has its ack can rely on the planner seeing it in the stream of `Posts`, and on the
author's followers having it in their home timelines soon after; nothing else is written here.
"""

from __future__ import annotations

from tidings.domain.errors import NotFound
from tidings.domain.events import Path
from tidings.domain.fingerprint import fingerprint
from tidings.domain.identity import Caller
from tidings.domain.position import ms_of
from tidings.domain.posts import Post
from tidings.ports.timelines import Posts
from tidings.services.claim import Claims


class Poster:
    """Writes posts and their tombstones."""

    def __init__(self, claims: Claims, posts: Posts) -> None:
        self._claims = claims
        self._posts = posts

    def post(self, caller: Caller, client_id: str, text: str) -> str:
        """Publish to everybody who follows the caller.  The position, for good; a resend gives the same one.

        Raises `Conflict`, `RetryLater`, `Unavailable`.
        """

        def look(at: str) -> Post | None:
            return _own(self._posts.get(caller.user_id, at, strong=True), client_id)

        claim = self._claims.take(caller, client_id, fingerprint("post", {"text": text}), look)
        if claim.fact is not None:
            return claim.position
        post = Post(caller.user_id, claim.position, client_id, Path.PUSH, text)
        standing = self._posts.append(post, claim.fence)
        if standing is not None and _own(standing, client_id) is None:
            # A collision of tags.  Past `T` the resend finds that it was never written, and claims a new position.
            raise self._claims.unsettled(ms_of(claim.position))
        return claim.position

    def delete(self, caller: Caller, position: str) -> None:
        """Take one of the caller's own posts back, everywhere.  Twice is harmless.

        Raises `NotFound` for a position where the caller has no post.
        """
        fence = self._claims.fence(self._claims.stamp(caller))
        if not self._posts.tombstone(caller.user_id, position, fence):
            raise NotFound("You have no post at this position.")


def _own(post: Post | None, client_id: str) -> Post | None:
    """`post` if it is this very request's, or its tombstone."""
    return post if post is not None and post.client_id == client_id else None
