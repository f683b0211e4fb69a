"""`post.get`, `post.replies`, `post.counts`: a post with what it answers and what answers it.

A thread is read as it is looked at: up the chain of `reply_to`, a bounded way, and down one page of the list of
replies.  Posts that are deleted, and those that the reader must not see, are left out; the chain goes on above them.
Where it goes on above what is shown, the reader is told by which post: a `reply_to` may name one they cannot ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tidings.domain.engagement import Counts
from tidings.domain.identity import Caller
from tidings.domain.posts import Post, PostRef, TimelineEntry
from tidings.domain.sizes import PAGE_BYTES, entry_bytes, fitting
from tidings.domain.timeline import Window, page_down, window
from tidings.ports.engagements import Engagements
from tidings.ports.timelines import Posts
from tidings.services.originals import Originals
from tidings.services.timeline import Page, whole
from tidings.services.visibility import Visibility

ANCESTORS: Final = 20
"""Read one after the other, half a unit each; and as many at most to find the one by which it goes on further up."""
ANCESTOR_BYTES: Final = PAGE_BYTES * 2 // 5


@dataclass(frozen=True, slots=True)
class Thread:
    """A post in its thread; `before` goes on down the replies, None at the end.

    `above` is the nearest post above the ancestors that the reader may see, None at the top.
    """

    post: TimelineEntry
    counts: Counts
    ancestors: Sequence[TimelineEntry]
    replies: Sequence[TimelineEntry]
    before: str | None
    above: PostRef | None


class ThreadReader:
    """Reads threads."""

    def __init__(self, posts: Posts, engagements: Engagements, originals: Originals, visibility: Visibility) -> None:
        self._posts = posts
        self._engagements = engagements
        self._originals = originals
        self._visibility = visibility

    def get(self, caller: Caller, ref: PostRef, limit: int) -> Thread:
        """A post, or the one that it passes on, in its thread.  Raises `NotFound`."""
        post = self._originals.seen(caller.user_id, ref)
        chain, further = self._above(post)
        shown = [whole(each) for each in self._shown(caller, chain)]
        fit = fitting(map(entry_bytes, shown), ANCESTOR_BYTES)
        nearest = shown[:fit]
        above = shown[fit].ref if fit < len(shown) else self._first_shown(caller, further)
        top = whole(post)
        room = PAGE_BYTES - entry_bytes(top) - sum(map(entry_bytes, nearest))
        page = self._page(caller, post.ref, Window(), limit, room)
        counts = self._engagements.counts(caller.user_id, [post.ref])[post.ref]
        return Thread(top, counts, nearest[::-1], page.entries, page.before, above)

    def replies(self, caller: Caller, ref: PostRef, before: str | None, limit: int) -> Page:
        """A page of the replies to a post, newest first.

        Raises `NotFound`, and `InvalidRequest` for a cursor that the server never gave.
        """
        asked = window(before, None)
        post = self._originals.seen(caller.user_id, ref)
        return self._page(caller, post.ref, asked, limit, PAGE_BYTES)

    def counts(self, caller: Caller, refs: Sequence[PostRef]) -> Mapping[PostRef, Counts]:
        """The counts of those of `refs` whose authors' posts the caller may see."""
        hidden = self._visibility.hidden(caller.user_id, (ref.author for ref in refs))
        return self._engagements.counts(caller.user_id, [ref for ref in refs if ref.author not in hidden])

    def _above(self, post: Post) -> tuple[list[Post], PostRef | None]:
        """What `post` answers, what that answers, and so on up, tombstones included; what the last one answers."""
        found: list[Post] = []
        at = post.reply_to
        while at is not None and len(found) < ANCESTORS:
            above = self._posts.get(at.author, at.position, strong=False)
            if above is None:
                return found, None
            found.append(above)
            at = above.reply_to
        return found, at

    def _first_shown(self, caller: Caller, at: PostRef | None) -> PostRef | None:
        """The first post from `at` up that is there for the caller, a bounded way."""
        for _ in range(ANCESTORS):
            post = self._posts.get(at.author, at.position, strong=False) if at is not None else None
            if post is None:
                return None
            if self._shown(caller, [post]):
                return post.ref
            at = post.reply_to
        return None

    def _page(self, caller: Caller, post: PostRef, asked: Window, limit: int, room: int) -> Page:
        refs, last = self._engagements.replies(post, asked.after, asked.before, limit)
        found = self._posts.many(refs)
        shown = self._shown(caller, (found[ref] for ref in refs if ref in found))
        entries = [whole(each) for each in shown]
        fit = fitting(map(entry_bytes, entries), room)
        if fit < len(entries):
            entries, last = entries[:fit], entries[fit - 1].position
        return Page(entries, page_down(asked, last))

    def _shown(self, caller: Caller, posts: Iterable[Post]) -> list[Post]:
        """Those of `posts` that are there for the caller."""
        alive = [post for post in posts if post.text is not None]
        hidden = self._visibility.hidden(caller.user_id, (post.author for post in alive))
        return [post for post in alive if post.author not in hidden]
