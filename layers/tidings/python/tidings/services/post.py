"""`post` and `post.delete`: one item a post; the stream does the rest.

The item is the fact.  Whoever has its ack can rely on the planner seeing it in the stream of `Posts`, and on the
author's followers having it in their home timelines soon after.  Beside it only what is counted is written, in the
same transaction: a reply in the list and the count of the post that it answers.
"""

from __future__ import annotations

from dataclasses import dataclass

from tidings.domain.entities import handles
from tidings.domain.errors import NotFound
from tidings.domain.fingerprint import fingerprint
from tidings.domain.identity import Caller
from tidings.domain.position import ms_of
from tidings.domain.posts import Post, PostRef
from tidings.ports.engagements import Engagements
from tidings.ports.profiles import Handles
from tidings.ports.timelines import Posts
from tidings.services.authors import Paths
from tidings.services.claim import Claims
from tidings.services.originals import Originals


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be posted: an answer to `reply_to`, with the post `quote` beside it."""

    text: str
    reply_to: PostRef | None = None
    quote: PostRef | None = None

    @property
    def mark(self) -> str:
        """Its fingerprint."""
        refs = {"reply_to": self.reply_to, "quote": self.quote}
        return fingerprint("post", {"text": self.text, **{name: str(ref) for name, ref in refs.items() if ref}})


class Poster:
    """Writes posts and their tombstones."""

    def __init__(
        self,
        claims: Claims,
        posts: Posts,
        engagements: Engagements,
        originals: Originals,
        handles: Handles,
        paths: Paths,
    ) -> None:
        self._claims = claims
        self._posts = posts
        self._engagements = engagements
        self._originals = originals
        self._handles = handles
        self._paths = paths

    def post(self, caller: Caller, client_id: str, draft: Draft) -> str:
        """Publish to everybody who follows the caller.  The position, for good; a resend gives the same one.

        Raises `NotFound` where the post that it answers or quotes is not there for the caller, `Conflict`,
        `RetryLater`, `Unavailable`.
        """

        def look(at: str) -> Post | None:
            return _own(self._posts.get(caller.user_id, at, strong=True), client_id)

        claim = self._claims.take(caller, client_id, draft.mark, look)
        if claim.fact is not None:
            return claim.position
        try:
            post = self._made(caller, claim.position, client_id, draft)
        except NotFound:
            # What it is about is gone by now.  An earlier try that came before that has posted all the same.
            if look(claim.position) is None:
                raise
            return claim.position
        write = self._posts.append if post.reply_to is None else self._engagements.answer
        standing = write(post, claim.fence)
        if standing is not None and _own(standing, client_id) is None:
            # A collision of tags.  Past `T` the resend finds that it was never written, and claims a new position.
            raise self._claims.unsettled(ms_of(claim.position))
        return claim.position

    def delete(self, caller: Caller, position: str) -> None:
        """Take one of the caller's own posts back, everywhere, and out of all counts.  Twice is harmless.

        Raises `NotFound` for a position where the caller has no post.
        """
        stamp = self._claims.stamp(caller)
        fence = self._claims.fence(stamp)
        post = self._posts.get(caller.user_id, position, strong=True)
        if post is None:
            raise NotFound("You have no post at this position.")
        if post.repost_of is not None:
            self._engagements.withdraw(post, self._claims.proposed(caller, stamp), fence)
        elif post.reply_to is not None:
            self._engagements.retract(post, fence)
        else:
            self._posts.tombstone(caller.user_id, position, fence)

    def _made(self, caller: Caller, position: str, client_id: str, draft: Draft) -> Post:
        """The post, with the posts that are meant and the users whom it names."""
        answered = self._seen(caller, draft.reply_to)
        quoted = self._seen(caller, draft.quote)
        named = handles(draft.text)
        mentioned = self._handles.resolve(named).values() if named else ()
        return Post(
            caller.user_id,
            position,
            client_id,
            self._paths.of(caller.user_id),
            draft.text,
            reply_to=answered.ref if answered else None,
            root=(answered.root or answered.ref) if answered else None,
            quote=quoted.ref if quoted else None,
            mentions=tuple(sorted(set(mentioned))),
        )

    def _seen(self, caller: Caller, ref: PostRef | None) -> Post | None:
        return None if ref is None else self._originals.seen(caller.user_id, ref)


def _own(post: Post | None, client_id: str) -> Post | None:
    """`post` if it is this very request's, or its tombstone."""
    return post if post is not None and post.client_id == client_id else None
