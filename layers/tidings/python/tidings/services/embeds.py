"""What the posts of a page quote or pass on, so that a reader need not ask for each.

The originals are read when the page is: a copy of one in every timeline would have to be taken out of all of them
when it is deleted.  As excerpts, and as many as fit beside the page; the rest is there for the asking (`post.get`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tidings.domain.identity import Caller
from tidings.domain.posts import TimelineEntry
from tidings.domain.sizes import entry_bytes
from tidings.ports.timelines import Posts
from tidings.services.fanout.posts import entry_of
from tidings.services.visibility import Visibility

ROOM: Final = 24_576
"""Bytes on the wire: with `sizes.PAGE_BYTES` and the frame around them under the gateway's 128 KB."""


class Embeds:
    """Reads originals."""

    def __init__(self, posts: Posts, visibility: Visibility) -> None:
        self._posts = posts
        self._visibility = visibility

    def of(self, caller: Caller, entries: Iterable[TimelineEntry]) -> list[TimelineEntry]:
        """What `entries` quote or pass on, as far as the caller may see it, in their order, each once.

        Half a read unit each, and what `Visibility.hidden` costs for their authors; nothing where there are none.
        """
        refs = list(dict.fromkeys(ref for entry in entries for ref in (entry.repost_of, entry.quote) if ref))
        if not refs:
            return []
        found = self._posts.many(refs)
        alive = [post for ref in refs if (post := found.get(ref)) is not None and post.text is not None]
        hidden = self._visibility.hidden(caller.user_id, (post.author for post in alive))
        shown: list[TimelineEntry] = []
        room = ROOM
        for post in alive:
            entry = entry_of(post)
            room -= entry_bytes(entry)
            if room < 0:
                break
            if post.author not in hidden:
                shown.append(entry)
        return shown
