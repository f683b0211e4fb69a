"""`timeline.home` and `timeline.user`: pages of posts, newest first.

Paging down goes by position and continues from the last position *looked at*, so what a page leaves out (authors
whom the reader has just removed) makes no gap.  "What is new" goes by the safe cursor of `tidings.domain.timeline`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidings.domain.identity import Caller
from tidings.domain.posts import Post, TimelineEntry
from tidings.domain.sizes import PAGE_BYTES, entry_bytes, fitting
from tidings.domain.timeline import keep, page_down, window
from tidings.ports.timelines import Graph, Posts
from tidings.ports.world import Clock
from tidings.services.feeds import Feeds
from tidings.services.people import People, unknown
from tidings.services.rates import HomeReads
from tidings.services.returning import Returns
from tidings.services.visibility import Hiding, Visibility


@dataclass(frozen=True, slots=True)
class Page:
    """`before` goes on down, None at the end; `since` is kept for the next refresh, None where there is none."""

    entries: Sequence[TimelineEntry]
    before: str | None
    since: str | None = None


class TimelineReader:
    """Reads timelines."""

    def __init__(
        self,
        feeds: Feeds,
        returns: Returns,
        posts: Posts,
        graph: Graph,
        visibility: Visibility,
        hiding: Hiding,
        people: People,
        reads: HomeReads,
        clock: Clock,
        bound_ms: int,
    ) -> None:
        self._feeds = feeds
        self._returns = returns
        self._posts = posts
        self._graph = graph
        self._visibility = visibility
        self._hiding = hiding
        self._people = people
        self._reads = reads
        self._clock = clock
        self._bound = bound_ms

    def home(self, caller: Caller, before: str | None, since: str | None, limit: int) -> Page:
        """A page of the caller's home timeline.  Raises `InvalidRequest` for a cursor that the server never gave.

        A page that goes on down gives no `since`: the one to keep came with its first page, and a newer one would
        step over what arrived above in between.  Nor does that of somebody who has been away step over what is still
        being copied into their feed.
        """
        clock = self._clock.now()
        asked = window(before, since)
        reader = self._graph.reader(caller.user_id)
        self._reads.note(caller, reader)
        away = self._returns.notice(caller.user_id, reader.seen, clock)
        shown, last = self._feeds.page(caller.user_id, reader, asked, limit, away)
        shown, last = one_page(shown, last)
        shown = self._hiding.rest(caller.user_id, reader, shown)
        sure = clock - self._bound if away is None else min(clock - self._bound, away.since)
        return Page(shown, page_down(asked, last), None if before else keep(sure, 0))

    def user(self, caller: Caller, author: str, before: str | None, limit: int) -> Page:
        """A page of `author`'s posts; the caller's own are read strongly.

        Raises `UnknownUser`, also where one of the two has blocked the other, `Forbidden` where only followers may
        see them, and `InvalidRequest` for a cursor that the server never gave.
        """
        asked = window(before, None)
        own = author == caller.user_id
        self._visibility.check(caller.user_id, author)
        posts, last = self._posts.page(author, asked.after, asked.before, limit, strong=own)
        if not posts and last is None and not own and not self._people.circle(caller, [author], own=False).known:
            raise unknown()
        entries = [whole(post) for post in posts]
        entries, last = one_page(entries, last)
        return Page(entries, page_down(asked, last))


def whole(post: Post) -> TimelineEntry:
    """A post that is no tombstone, with all of its text."""
    return TimelineEntry(
        post.author,
        post.position,
        post.text or "",
        reply_to=post.reply_to,
        quote=post.quote,
        repost_of=post.repost_of,
    )


def one_page(entries: list[TimelineEntry], last: str | None) -> tuple[list[TimelineEntry], str | None]:
    """What of `entries` fits a reply, and the last position it looked at, where they looked at `last`."""
    fit = fitting(map(entry_bytes, entries), PAGE_BYTES)
    return (entries, last) if fit == len(entries) else (entries[:fit], entries[fit - 1].position)
