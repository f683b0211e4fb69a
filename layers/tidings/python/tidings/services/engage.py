"""`like`, `unlike`, `repost`, `unrepost`: registers of the user, counted where the post is.

Order of writes: outbox (conditional), then one transaction: the register, the count, and for a repost the post that
followers see.  A resend finds the register at its position, or a later one, and changes nothing; and it is answered as
the first try was, also where the post is gone by now.
"""

from __future__ import annotations

from tidings.domain.engagement import Engaged, Engagement
from tidings.domain.errors import Forbidden, NotFound
from tidings.domain.fingerprint import fingerprint
from tidings.domain.identity import Caller
from tidings.domain.posts import Post, PostRef
from tidings.ports.engagements import Engagements
from tidings.services.authors import Paths
from tidings.services.claim import Claims
from tidings.services.originals import Originals
from tidings.services.visibility import Visibility


class Engager:
    """Changes registers."""

    def __init__(
        self, claims: Claims, engagements: Engagements, originals: Originals, visibility: Visibility, paths: Paths
    ) -> None:
        self._claims = claims
        self._engagements = engagements
        self._originals = originals
        self._visibility = visibility
        self._paths = paths

    def like(self, caller: Caller, client_id: str, ref: PostRef, *, on: bool) -> str:
        """Like a post, or take that back.  The position of the change.

        Raises `NotFound`, `Conflict`, `RetryLater`, `Unavailable`.
        """
        return self._change(caller, client_id, Engagement.LIKE, ref, on)

    def repost(self, caller: Caller, client_id: str, ref: PostRef, *, on: bool) -> str:
        """Pass a post on to everybody who follows the caller, once, or take that back.

        The position of the repost among the caller's posts, or of the change that took it back.  Raises the same, and
        `Forbidden` for a post of a private account.
        """
        return self._change(caller, client_id, Engagement.REPOST, ref, on)

    def _change(self, caller: Caller, client_id: str, kind: Engagement, ref: PostRef, on: bool) -> str:
        user = caller.user_id
        refusal: Forbidden | NotFound | None = None
        try:
            original = self._original(caller, kind, ref) if on else self._originals.meant(ref)
        except (Forbidden, NotFound) as error:
            refusal, original = error, self._originals.meant(ref)

        def look(at: str) -> Engaged | None:
            engaged = self._engagements.get(user, kind, original)
            return engaged if engaged is not None and engaged.position >= at else None

        mark = fingerprint(kind if on else f"un{kind}", {"post": str(original)})
        if refusal is not None:
            done = self._claims.found(caller, client_id, mark, look)
            if done is None or not done.on:
                raise refusal
            return done.post or done.position
        claim = self._claims.take(caller, client_id, mark, look)
        stands = claim.fact
        if stands is None:
            repost = None
            if on and kind is Engagement.REPOST:
                repost = Post(user, claim.position, client_id, self._paths.of(user), "", repost_of=original)
            stands = self._engagements.put(user, kind, original, claim.position, claim.fence, on=on, repost=repost)
        return stands.post if on and stands.on and stands.post else claim.position

    def _original(self, caller: Caller, kind: Engagement, ref: PostRef) -> PostRef:
        post = self._originals.seen(caller.user_id, ref)
        if kind is Engagement.REPOST and post.author != caller.user_id and self._visibility.private(post.author):
            raise Forbidden("Posts of a private account are for those who follow it.")
        return post.ref
